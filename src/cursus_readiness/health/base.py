"""The seam of health checks, and how one is run: within its time, whatever it does."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from cursus_readiness.clock import Clock
from cursus_readiness.model.audit import Outcome, Quantity
from cursus_readiness.model.health import HealthPart, HealthResult, worst_of


class HealthCheck(Protocol):
    """Looks at one thing. ``id`` equals its file name with dashes; ``timeout_s`` is how long it may take."""

    id: str
    timeout_s: float

    def run(self) -> HealthResult:
        """Check now; a failure is a result, not an exception."""
        ...


def run_check(check: HealthCheck, clock: Clock) -> HealthResult:
    """Run a check in a thread of its own: one that hangs or breaks is an ERROR, and keeps nobody waiting."""
    found: list[HealthResult] = []

    def look() -> None:
        try:
            found.append(check.run())
        except Exception as error:  # noqa: BLE001 - a check that breaks must not hide what the others found
            message = f"the check itself broke: {type(error).__name__}: {error}"
            remedy = "Report it: this is a mistake of cursus-readiness."
            found.append(HealthResult(id=check.id, outcome=Outcome.ERROR, message=message, remedy=remedy))

    started = clock.monotonic()
    thread = threading.Thread(target=look, name=check.id, daemon=True)  # a hung one must not hold up the end
    thread.start()
    thread.join(check.timeout_s)
    result = (
        found[0]
        if found
        else HealthResult(
            id=check.id,
            outcome=Outcome.ERROR,
            message=f"no answer within {check.timeout_s:g} s",
            remedy="Look for a disk or a service that hangs, then check again.",
        )
    )
    return result.model_copy(
        update={"duration_s": clock.monotonic() - started, "timeout_s": check.timeout_s},
    )


def summed_up(
    id_: str,
    parts: Sequence[HealthPart],
    remedies: dict[str, str],
    *,
    good: str,
    measured: Quantity | None = None,
    threshold: Quantity | None = None,
) -> HealthResult:
    """One result of several parts: the worst decides, and speaks, with the remedy that goes by its name."""
    outcome = worst_of([part.outcome for part in parts])
    bad = [part for part in parts if part.outcome is outcome] if outcome is not Outcome.PASS else []
    return HealthResult(
        id=id_,
        outcome=outcome,
        message="; ".join(part.message for part in bad) or good,
        remedy=next((remedies[part.name] for part in bad if part.name in remedies), None),
        parts=tuple(parts),
        measured=measured,
        threshold=threshold,
    )
