"""What health checks found of a machine and an installation."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import AwareDatetime, Field

from cursus_readiness.model.audit import Outcome, Quantity
from cursus_readiness.model.base import Model, Seconds

_WORST_FIRST = (Outcome.FAIL, Outcome.ERROR, Outcome.NO_EVIDENCE, Outcome.WARN, Outcome.PASS)
_EXIT_CODES = {Outcome.FAIL: 10, Outcome.ERROR: 11, Outcome.NO_EVIDENCE: 11}


class HealthPart(Model):
    """One thing of several that a check looked at: an action of AWS, a use of a folder."""

    name: str
    outcome: Outcome
    message: str


class HealthResult(Model):
    """One check of this machine and installation. A check that is not over within ``timeout_s`` is an ERROR."""

    id: str
    outcome: Outcome
    message: str
    measured: Quantity | None = None
    threshold: Quantity | None = None
    remedy: str | None = None
    parts: tuple[HealthPart, ...] = ()
    duration_s: Seconds = 0.0
    timeout_s: Seconds | None = None


class HealthReport(Model):
    """Every check at one time: the evidence that somebody looked, and what there was to see."""

    source: str = Field(default="readiness health-check", description="The command that makes this evidence.")
    checked_at: AwareDatetime
    tool_version: str
    workspace: str
    status: Outcome
    checks: tuple[HealthResult, ...]

    @property
    def exit_code(self) -> int:
        """0 with nothing worse than a warning, 10 with a failure, 11 where a check could not tell."""
        return _EXIT_CODES.get(self.status, 0)


def worst_of(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome that decides; what does not apply does not count, and nothing at all is NO_EVIDENCE."""
    counted = [outcome for outcome in outcomes if outcome is not Outcome.NOT_APPLICABLE]
    return min(counted, key=_WORST_FIRST.index, default=Outcome.NO_EVIDENCE)
