"""What trying execution parameters on one step has shown."""

from __future__ import annotations

from enum import StrEnum
from statistics import median

from pydantic import AwareDatetime, Field

from cursus_readiness.model.base import Bytes, Model, Seconds
from cursus_readiness.model.report import RunEnvironment

OPTIMIZATION_SCHEMA_VERSION = 1


class Goal(StrEnum):
    """What is to become less."""

    MEMORY = "memory"
    TIME = "time"


class TrialOutcome(StrEnum):
    """What became of a set of parameters."""

    KEPT = "kept"
    BEATEN = "beaten"
    NO_GAIN = "no gain"
    REJECTED = "rejected"


class TrialFigures(Model):
    """What one run of the step used."""

    peak_memory_bytes: Bytes
    wall_s: Seconds
    cpu_s: Seconds | None = None

    def value(self, goal: Goal) -> float:
        """The figure that is to become less."""
        return float(self.peak_memory_bytes) if goal is Goal.MEMORY else self.wall_s


class ParameterTrial(Model):
    """One set of environment variables and the runs with it; the baseline has none.

    ``gain_ratio`` is the share by which the median fell, ``needed_ratio`` what it had to exceed to be more than noise.
    """

    name: str
    variables: dict[str, str] = Field(default_factory=dict)
    runs: tuple[TrialFigures, ...] = ()
    outcome: TrialOutcome = TrialOutcome.NO_GAIN
    reason: str = ""
    gain_ratio: float | None = None
    needed_ratio: float | None = None

    def median(self, goal: Goal) -> float | None:
        """The middle of its figures; ``None`` without a run that succeeded."""
        return median(run.value(goal) for run in self.runs) if self.runs else None


class Optimization(Model):
    """Everything that was tried on one step, on the same input, interleaved with the baseline."""

    schema_version: int = OPTIMIZATION_SCHEMA_VERSION
    scenario_name: str
    step_name: str
    goal: Goal
    started_at: AwareDatetime
    environment: RunEnvironment
    baseline: ParameterTrial
    trials: tuple[ParameterTrial, ...] = ()
    is_complete: bool = True
    conclusion: str = ""

    @property
    def winner(self) -> ParameterTrial | None:
        """The parameters that were kept; ``None`` when nothing helps."""
        return next((trial for trial in self.trials if trial.outcome is TrialOutcome.KEPT), None)
