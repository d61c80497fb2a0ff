"""How the figures of steps grow with the size of the input, and what they would be at another size."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from cursus_readiness.model.base import Bytes, Model, Seconds
from cursus_readiness.model.report import RunEnvironment

SCALING_SCHEMA_VERSION = 1


class ScalePoint(Model):
    """What a step used at one size; ``None`` where it did not succeed or was not measured."""

    factor: float = Field(gt=0, description="Rows of the synthetic inputs by those of the scenario.")
    peak_memory_bytes: Bytes | None = None
    wall_s: Seconds | None = None


class Prediction(Model):
    """A figure at another size with its interval; all ``None`` when ``problem`` says why nothing can be said."""

    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    problem: str | None = None


class StepScaling(Model):
    """One step at every size that was run."""

    step_name: str
    points: tuple[ScalePoint, ...]
    peak_memory_bytes: Prediction
    wall_s: Prediction
    instance_type: str | None = None
    instance_memory_bytes: Bytes | None = None

    @property
    def fits_its_instance(self) -> bool | None:
        """Whether the upper end of the interval fits the instance of the definition; ``None`` when nobody can tell."""
        upper = self.peak_memory_bytes.upper
        if upper is None or self.instance_memory_bytes is None:
            return None
        return upper <= self.instance_memory_bytes


class Scaling(Model):
    """A scenario at several sizes. ``target`` is the size that was asked for."""

    schema_version: int = SCALING_SCHEMA_VERSION
    scenario_name: str
    started_at: AwareDatetime
    environment: RunEnvironment
    target: float = Field(gt=0)
    steps: tuple[StepScaling, ...] = ()
    is_complete: bool = True
