"""Every step to the executor that its environment asks for."""

from __future__ import annotations

from pathlib import Path

from cursus_readiness.executors.base import Assignment, Execution, StepExecutor
from cursus_readiness.model.finding import Finding


class Dispatcher:
    """Runs steps that have a container in it, all others as processes of this machine."""

    def __init__(self, processes: StepExecutor, containers: StepExecutor) -> None:
        self._processes = processes
        self._containers = containers

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What both have to say."""
        return (*self._processes.findings, *self._containers.findings)

    @property
    def is_exclusive(self) -> bool:
        """Whether processes are."""
        return self._processes.is_exclusive

    def root(self, folder: Path) -> Path:
        """The folder to be a step's root: processes are particular about it, containers are not."""
        return self._processes.root(folder)

    def execute(self, assignment: Assignment) -> Execution:
        """Run a step to its end, within its limits."""
        executor = self._processes if assignment.container is None else self._containers
        return executor.execute(assignment)
