"""What a run is compared with: an earlier run, or a baseline that was promoted."""

from __future__ import annotations

from pydantic import Field

from cursus_readiness.model.base import Model
from cursus_readiness.model.result import InputRecord, OutputRecord


class ReferenceStep(Model):
    """What one step of one scenario was given, wrote and was measured by then."""

    inputs: tuple[InputRecord, ...] = ()
    outputs: tuple[OutputRecord, ...] = ()
    metrics: dict[str, dict[str, float]] = Field(
        default_factory=dict, description="Target of a rule -> path in the file -> value."
    )


class Reference(Model):
    """One scenario as it was. ``name`` says where that is from: ``run 20260101T...``, ``baseline main``."""

    name: str
    steps: dict[str, ReferenceStep] = Field(default_factory=dict)
