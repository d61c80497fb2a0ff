"""The plan's eight items, each judged from evidence."""

from __future__ import annotations

from collections.abc import Sequence

from cursus_readiness.audits.criteria import CRITERIA, VALIDATE
from cursus_readiness.model.audit import AuditResult, Level, OptimizationRecommendation, Outcome
from cursus_readiness.model.report import ChecklistItem, Evidence

TITLES = {
    1: "System Validation",
    2: "Performance Optimization",
    3: "CI/CD Integration",
    4: "Containerization",
    5: "Monitoring",
    6: "Documentation",
    7: "Security",
    8: "Backup/Recovery",
}
_WANTED = {
    3: "workflows that test and deploy this project",
    4: "a record of the image: built, run, by digest",
    5: "a health check that is not older than a day",
    6: "pages for users and operators",
    7: "records of vulnerabilities, code and packages, and a look for secrets",
    8: "a record of a backup and recovery drill",
}
_ADVISORY = frozenset(item.meta.id for item in CRITERIA if item.meta.level is Level.ADVICE)
_WORST_FIRST = (
    Outcome.FAIL,
    Outcome.ERROR,
    Outcome.NO_EVIDENCE,
    Outcome.WARN,
    Outcome.PASS,
    Outcome.NOT_APPLICABLE,
)


def checklist(
    audits: Sequence[AuditResult], recommendations: Sequence[OptimizationRecommendation]
) -> tuple[ChecklistItem, ...]:
    """Eight items. Those that a run alone says nothing about have NO_EVIDENCE and name what is wanted."""
    return tuple(_item(number, audits, recommendations) for number in TITLES)


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome that decides; NO_EVIDENCE when there is none."""
    return min(outcomes, key=_WORST_FIRST.index, default=Outcome.NO_EVIDENCE)


def _item(
    number: int, audits: Sequence[AuditResult], recommendations: Sequence[OptimizationRecommendation]
) -> ChecklistItem:
    mine = [
        audit
        for audit in audits
        if audit.checklist_item == number and (audit.level is Level.GATE or audit.scenario is None)
    ]
    if not mine and number in _WANTED:
        remedy = f"Needs {_WANTED[number]}, which a run does not look at: {VALIDATE}"
        return ChecklistItem(item=number, title=TITLES[number], outcome=Outcome.NO_EVIDENCE, remedy=remedy)
    evidence = [Evidence(statement=_statement(audit), outcome=audit.outcome, audit=audit.id) for audit in mine]
    if number == 2 and recommendations:
        statement = f"{len(recommendations)} recommendations are open"
        evidence.append(Evidence(statement=statement, outcome=Outcome.WARN))
    return ChecklistItem(
        item=number,
        title=TITLES[number],
        outcome=worst([item.outcome for item in evidence if item.audit not in _ADVISORY]),
        evidence=tuple(evidence),
        remedy=_remedy(mine),
    )


def _remedy(mine: Sequence[AuditResult]) -> str | None:
    """What to do first: about what failed, else about what is not known."""
    for outcome in (Outcome.FAIL, Outcome.ERROR, Outcome.NO_EVIDENCE):
        found = [audit for audit in mine if audit.outcome is outcome and not audit.waiver and audit.id not in _ADVISORY]
        if found:
            return found[0].remedy
    return None


def _statement(audit: AuditResult) -> str:
    waived = f"; failed, waived until {audit.waiver.expires} by {audit.waiver.owner}" if audit.waiver else ""
    return f"{audit.scenario or audit.title}: {audit.message}{waived}"
