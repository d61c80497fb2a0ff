"""What a run measured, in short: the history lists it, a promoted one is a baseline, two of them are compared."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from cursus_readiness.model.base import Bytes, Model, Seconds
from cursus_readiness.model.report import RunEnvironment
from cursus_readiness.model.result import StepStatus
from cursus_readiness.model.verdict import Verdict


class Measurement(Model):
    """What one run measured of one step that succeeded at its first attempt. ``None`` means *not measured*.

    ``disturbances`` say why its times cannot be compared with those of a quiet machine; empty when they can.
    """

    run_id: str
    wall_s: Seconds | None = None
    cpu_s: Seconds | None = None
    peak_memory_bytes: Bytes | None = None
    peak_memory_lower_bytes: Bytes | None = None
    peak_memory_upper_bytes: Bytes | None = None
    disturbances: tuple[str, ...] = ()


class StepSummary(Model):
    """One step. A step that was reused, or did not succeed at once, has no measurement.

    ``fingerprint`` tells whether two runs executed the same; ``command_digest`` finds a step under another name.
    ``metrics`` are the numbers that its rules judged: files of an output -> path in them -> value.
    """

    step_name: str
    step_type: str
    status: StepStatus
    reused_from: str | None = None
    fingerprint: str | None = None
    command_digest: str | None = None
    output_rows: int | None = Field(default=None, ge=0)
    output_bytes: Bytes | None = None
    metrics: dict[str, dict[str, float]] = Field(default_factory=dict)
    measurements: tuple[Measurement, ...] = ()


class ScenarioSummary(Model):
    """One scenario, its steps in the order of the pipeline."""

    scenario_name: str
    success: bool
    problem: str | None = None
    wall_s: Seconds | None = None
    peak_memory_bytes: Bytes | None = None
    steps_executed: int = Field(ge=0)
    steps_reused: int = Field(default=0, ge=0)
    steps_failed: int = Field(ge=0)
    steps: tuple[StepSummary, ...] = ()


class RunStamp(Model):
    """Which run it was, and what came of it."""

    run_id: str
    started_at: AwareDatetime
    wall_s: Seconds | None = None
    verdict: Verdict
    reason: str
    is_complete: bool
    is_selection: bool = Field(default=False, description="Whether only some scenarios or steps were asked for.")


class RunSummary(Model):
    """What one run, or several of the same code on the same machine, measured.

    Of several, ``runs`` has the oldest first, and everything but the measurements of steps is that of the newest.
    ``forced_because`` is why a run was made a baseline that is not fit to be one.
    """

    runs: tuple[RunStamp, ...] = Field(min_length=1)
    forced_because: str | None = None
    environment: RunEnvironment
    scenarios: tuple[ScenarioSummary, ...]

    @property
    def newest(self) -> RunStamp:
        """The run that says what became of scenarios and steps."""
        return self.runs[-1]
