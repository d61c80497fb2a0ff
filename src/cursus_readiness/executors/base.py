"""The seam of executors: what they are given, what they give back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cursus_readiness.environments.container import ContainerEnvironment
from cursus_readiness.errors import CannotRunError, InterruptedRunError
from cursus_readiness.executors.disk import SharedDisk
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.job import Job
from cursus_readiness.model.result import StepCause, StepStatus, Usage
from cursus_readiness.objectstore.endpoint import S3Endpoint
from cursus_readiness.sampling.sampler import Sampler
from cursus_readiness.sandbox.view import View


@dataclass(frozen=True, slots=True)
class Assignment:
    """One attempt of one step: inputs are in place below ``root``. Without ``container`` it runs on this machine.

    What it holds on ``disk`` counts together with what others do. Of each log ``log_limit_bytes`` are kept. With
    ``reaches_only`` the step has no network: it comes to this endpoint, or is not started.
    """

    job: Job
    root: Path
    view: View
    shown: tuple[str, ...]
    folders: tuple[str, ...]
    argv: tuple[str, ...]
    environment: dict[str, str]
    stdout: Path
    stderr: Path
    memory_limit_bytes: int
    time_limit_s: float
    disk: SharedDisk
    container: ContainerEnvironment | None = None
    log_limit_bytes: int | None = None
    reaches_only: S3Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What held a step to its limits, and what that came to: fields of a step's result by their names there."""

    limited_by: str | None = None
    oom_kill_count: int | None = None
    stdout_dropped_bytes: int | None = None
    stderr_dropped_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """How one attempt ended, with everything that was measured; ``started_s`` is of the clock's ``monotonic``.

    ``isolation`` is how it was kept apart from the machine. ``fatal`` is why the run cannot go on after it.
    """

    started_s: float
    status: StepStatus
    reason: str | None
    exit_code: int | None
    signal: int | None
    wall_s: float | None
    usage: Usage
    samples: Sampler
    isolation: str
    fatal: CannotRunError | InterruptedRunError | None = None
    findings: tuple[Finding, ...] = ()
    cause: StepCause | None = None
    held: Held = Held()


class StopRequest:
    """Whether the steps that run are to end: asked by one thread, looked at by those that watch steps."""

    def __init__(self) -> None:
        self.is_asked = False
        self.is_urgent = False

    def ask(self) -> None:
        """Ask the steps to end; when asked again, at once."""
        self.is_urgent = self.is_asked
        self.is_asked = True


class StepExecutor(Protocol):
    """Runs steps, one at a time."""

    @property
    def is_exclusive(self) -> bool:
        """Whether no other step of this machine may run meanwhile."""
        ...

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What everybody should know who reads what came of steps that were run here."""
        ...

    def root(self, folder: Path) -> Path:
        """The folder to be a step's root: ``folder``, unless steps can have theirs in one place only."""
        ...

    def execute(self, assignment: Assignment) -> Execution:
        """Run a step to its end, within its limits.

        When it is asked to stop, the execution comes back as interrupted.
        """
        ...
