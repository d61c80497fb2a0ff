"""The judgement of one audit, and the recommendation that can follow from it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from cursus_readiness.model.base import Model
from cursus_readiness.units import format_bytes, format_count, format_ratio, format_seconds


class Outcome(StrEnum):
    """Six different things that an audit can say; only PASS is good news."""

    PASS = "PASS"  # noqa: S105 - an outcome
    WARN = "WARN"
    FAIL = "FAIL"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NO_EVIDENCE = "NO_EVIDENCE"
    ERROR = "ERROR"


class Level(StrEnum):
    """What a failure means: a gate decides the verdict, advice becomes a recommendation."""

    GATE = "gate"
    ADVICE = "advice"


class Unit(StrEnum):
    """Units of a quantity, SI base units."""

    BYTES = "bytes"
    SECONDS = "seconds"
    RATIO = "ratio"
    COUNT = "count"


_FORMAT = {
    Unit.BYTES: format_bytes,
    Unit.SECONDS: format_seconds,
    Unit.RATIO: format_ratio,
    Unit.COUNT: format_count,
}


class Quantity(Model):
    """A number that cannot lose its unit."""

    value: float
    unit: Unit

    def __str__(self) -> str:
        return _FORMAT[self.unit](self.value)


class Waiver(Model):
    """An accepted failure: by whom, why, until when."""

    reason: str
    owner: str
    expires: str
    issue: str | None = None


class AuditResult(Model):
    """One audit of one scenario (or step, or the project): measured against threshold, with a remedy.

    ``steps`` are all those that a failure is about, ``step`` the first. A failure of a ``must`` cannot be waived; one
    that is stays FAIL and has its ``waiver``.
    """

    id: str
    title: str
    level: Level
    checklist_item: int
    outcome: Outcome
    message: str
    scenario: str | None = None
    step: str | None = None
    measured: Quantity | None = None
    threshold: Quantity | None = None
    remedy: str | None = None
    waiver: Waiver | None = None
    steps: tuple[str, ...] = ()
    is_must: bool = False


class OptimizationRecommendation(Model):
    """One piece of advice, derived from an audit that did not pass.

    ``category`` is memory, cpu, io or concurrency; ``severity`` low, medium, high or critical.
    ``confidence`` that it is right, and ``effort`` to follow it, are low, medium or high. ``verified`` is true only
    when the advice was tried by running again.
    """

    category: str
    severity: str
    description: str
    suggested_action: str
    estimated_improvement: str
    audit: str | None = None
    scenario: str | None = None
    step: str | None = None
    measured: Quantity | None = None
    threshold: Quantity | None = None
    verified: bool = False
    evidence: tuple[str, ...] = Field(default=(), description="The figures that it rests on.")
    confidence: str = "medium"
    effort: str = "medium"
