"""The plan of a scenario: its steps in order, resolved, and what serves their inputs."""

from __future__ import annotations

from cursus_readiness.model.base import Model
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.job import Job
from cursus_readiness.model.scenario import E2ETestScenario, InputBinding


class PlannedStep(Model):
    """One step of the definition; ``job`` is ``None`` when it cannot be executed here, and ``reason`` says why."""

    name: str
    step_type: str
    depends_on: tuple[str, ...] = ()
    job: Job | None = None
    reason: str | None = None


class ServedInput(Model):
    """An S3 URI that no step of the pipeline writes, and what serves it."""

    uri: str
    prefix: str
    binding: InputBinding


class Plan(Model):
    """Everything that is known before the first step starts."""

    scenario: E2ETestScenario
    steps: tuple[PlannedStep, ...]
    served: tuple[ServedInput, ...] = ()
    findings: tuple[Finding, ...] = ()
    definition_sha256: str = ""

    @property
    def expected_steps(self) -> tuple[str, ...]:
        """The steps that must have been executed: as declared, else all of them."""
        return tuple(self.scenario.expected_steps) or tuple(step.name for step in self.steps)
