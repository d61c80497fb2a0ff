"""The plan's eight items, each judged from evidence."""

from __future__ import annotations

from collections.abc import Sequence

from cursus_readiness.model.audit import AuditResult, OptimizationRecommendation, Outcome
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
GATING_ITEMS = (1, 2)
_WANTED = {
    3: "a record of the automated pipeline that tests and deploys this project",
    4: "a record of the image: built, run, by digest",
    5: "a health check that is not older than a day",
    6: "a record of the user and operator documentation",
    7: "a record of the security review: vulnerabilities, secrets, licences",
    8: "a record of a backup and recovery drill",
}
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
    mine = [audit for audit in audits if audit.checklist_item == number and audit.level.value == "gate"]
    if number not in GATING_ITEMS:
        remedy = f"Needs {_WANTED[number]}; a run of scenarios does not show it."
        return ChecklistItem(item=number, title=TITLES[number], outcome=Outcome.NO_EVIDENCE, remedy=remedy)
    evidence = [Evidence(statement=_statement(audit), outcome=audit.outcome, audit=audit.id) for audit in mine]
    if number == 2 and recommendations:
        statement = f"{len(recommendations)} recommendations are open"
        evidence.append(Evidence(statement=statement, outcome=Outcome.WARN))
    return ChecklistItem(
        item=number,
        title=TITLES[number],
        outcome=worst([item.outcome for item in evidence]),
        evidence=tuple(evidence),
        remedy=next((audit.remedy for audit in mine if audit.outcome is Outcome.FAIL), None),
    )


def _statement(audit: AuditResult) -> str:
    return f"{audit.scenario}: {audit.message}"
