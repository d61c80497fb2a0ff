"""The plan of a scenario: its steps in order, resolved, and what serves their inputs."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from cursus_readiness.model.base import Model
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.job import Job
from cursus_readiness.model.scenario import E2ETestScenario


class PlannedBranch(Model):
    """The side of a Condition step on which a step stands."""

    condition: str
    is_if: bool


class PlannedStep(Model):
    """One step of the definition.

    It is executed as ``job``; or decided by the tool itself: a Condition by its ``conditions``, a Fail step with its
    ``fail_message``; or it cannot be executed here, and ``reason`` says why. When ``has_fixture``, what it would have
    written is served, and the steps after it run.

    ``arguments`` are there when something of the job is known only during the run: it is built again when its turn has
    come.
    """

    name: str
    step_type: str
    depends_on: tuple[str, ...] = ()
    triggers: dict[str, str] = Field(default_factory=dict, description="Upstream step -> how it must have ended.")
    branch: PlannedBranch | None = None
    job: Job | None = None
    conditions: list[Any] | None = None
    fail_message: str | None = None
    reason: str | None = None
    has_fixture: bool = False
    served_from: str | None = Field(default=None, description="The execution that stands for it in this run.")
    properties: dict[str, Any] = Field(default_factory=dict, description="Run-time properties that a fixture gives.")
    arguments: dict[str, Any] | None = None
    members: dict[str, Any] = Field(default_factory=dict)
    property_files: dict[str, str] = Field(default_factory=dict, description="Name -> URI of the file.")
    at: str = Field(default="", description="JSON path in the definition.")

    @property
    def is_control(self) -> bool:
        """Whether the tool decides the step itself: no process runs."""
        return self.conditions is not None or self.fail_message is not None


class ServedInput(Model):
    """An S3 URI that no step of the pipeline writes, and what serves it."""

    uri: str
    prefix: str
    binding: InputBinding
    is_for_scripts: bool = Field(default=False, description="No input names it: scripts may fetch it themselves.")
    place: str = Field(default="", description="Where the scenario says so, if not among its inputs.")


class Plan(Model):
    """Everything that is known before the first step starts."""

    scenario: E2ETestScenario
    steps: tuple[PlannedStep, ...]
    served: tuple[ServedInput, ...] = ()
    findings: tuple[Finding, ...] = ()
    late: dict[str, Any] = Field(default_factory=dict, description="Marker -> the expression that it stands for.")
    models: dict[str, dict[str, Any]] = Field(default_factory=dict, description="Model -> Arguments of its step.")
    framework_requirements: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Step -> packages that who wrote the pipeline says it needs."
    )
    definition_sha256: str = ""

    @property
    def expected_steps(self) -> tuple[str, ...]:
        """The steps that must have been executed: as declared, else all but those that the scenario has a fixture for.

        A step that this run alone leaves to an execution is still expected: it was not tested.
        """
        declared = tuple(self.scenario.expected_steps)
        return declared or tuple(step.name for step in self.steps if step.served_from or not step.has_fixture)
