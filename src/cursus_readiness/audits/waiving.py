"""Failures that the policy accepts for a while: they stay failures, and say until when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from cursus_readiness.model.audit import AuditResult, Level, Outcome, Waiver
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.policy import PROJECT, PolicyWaiver, WaiverUse

LONGEST_DAYS = 90
USUAL_DAYS = 30
_RUNWAY_DAYS = 14


def waive(
    audits: Sequence[AuditResult], waivers: Sequence[PolicyWaiver], today: date
) -> tuple[list[AuditResult], tuple[WaiverUse, ...]]:
    """The audits, failures that are waived marked so, and what became of each waiver.

    A failure is waived when every step that it is about is covered. Only failures are: what is not known stays so.
    """
    counting = [waiver for waiver in waivers if _state(waiver, today) is None]
    used: set[PolicyWaiver] = set()
    results = []
    for audit in audits:
        covering = _covering(audit, counting)
        used.update(covering)
        results.append(audit.model_copy(update={"waiver": _shown(covering)}) if covering else audit)
    uses = tuple(
        WaiverUse(**waiver.model_dump(), state=_state(waiver, today) or ("applied" if waiver in used else "unused"))
        for waiver in waivers
    )
    return results, uses


def _state(waiver: PolicyWaiver, today: date) -> str | None:
    """Why a waiver does not count on a day."""
    if waiver.expires < today:
        return "expired"
    return "too far ahead" if waiver.expires > today + timedelta(days=LONGEST_DAYS) else None


def _covering(audit: AuditResult, waivers: Sequence[PolicyWaiver]) -> list[PolicyWaiver]:
    if audit.outcome is not Outcome.FAIL or audit.level is not Level.GATE or audit.is_must:
        return []
    scenario = audit.scenario or PROJECT
    found = []
    for step in audit.steps or (audit.step or "",):
        mine = [waiver for waiver in waivers if waiver.audit == audit.id and waiver.covers(scenario, step)]
        if not mine:
            return []
        found += mine
    return found


def _shown(covering: Sequence[PolicyWaiver]) -> Waiver:
    """The waiver that ends first says until when."""
    first = min(covering, key=lambda waiver: waiver.expires)
    return Waiver(reason=first.reason, owner=first.owner, expires=first.expires.isoformat(), issue=first.issue)


def waiver_findings(uses: Sequence[WaiverUse], today: date) -> Iterator[Finding]:
    """What somebody should know of the waivers."""
    for use in uses:
        place = f"waiver of {use.audit} in {use.scenario}/{use.step}"
        renew = f"Mend it, or renew it with {use.owner}: expires = {today + timedelta(days=USUAL_DAYS)}"
        if use.state == "expired":
            message = f"it expired on {use.expires} and applies no more ({use.issue})"
            yield _finding("expired-waiver", Severity.WARNING, message, place, f"{renew}.")
        elif use.state == "too far ahead":
            message = f"it expires on {use.expires}, more than {LONGEST_DAYS} days ahead, and does not apply"
            remedy = f"Set expires to {today + timedelta(days=LONGEST_DAYS)} or earlier; look at the clock."
            yield _finding("long-waiver", Severity.WARNING, message, place, remedy)
        elif use.state == "unused":
            message = "nothing that it is for has failed"
            yield _finding("unused-waiver", Severity.WARNING, message, place, "Remove it from the policy.")
        elif use.expires <= today + timedelta(days=_RUNWAY_DAYS):
            yield _finding(
                "ending-waiver", Severity.NOTE, f"it ends on {use.expires} ({use.owner})", place, renew + "."
            )


def _finding(name: str, severity: Severity, message: str, place: str, remedy: str) -> Finding:
    return Finding(id=name, severity=severity, message=message, place=place, remedy=remedy)
