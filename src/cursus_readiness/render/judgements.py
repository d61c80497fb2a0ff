"""All that was judged or found, as rows of one table: gates, advice, rules, findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cursus_readiness.model.audit import AuditResult
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.render.looks import OUTCOMES, RULES, SEVERITIES, WAIVED, Look
from cursus_readiness.render.text import visible

_ORDER = ("fail", "error", "no-evidence", "warn", "waived", "blocked", "pass", "not-applicable")


def judgements(report: ReadinessReport) -> list[dict[str, Any]]:
    """One row each, what stands in the way first; scenarios by number, steps by their place among all steps."""
    scenarios = {scenario.scenario_name: number for number, scenario in enumerate(report.scenarios)}
    steps: dict[tuple[str, str], int] = {}
    for scenario in report.scenarios:
        for step in scenario.steps:
            steps[scenario.scenario_name, step.step_name] = len(steps)
    rows = []
    for name, step_name, row in _rows(report):
        place = steps.get((name or "", step_name or ""))
        rows.append({**row, "scenario": scenarios.get(name or ""), "step": place})
    return sorted(rows, key=lambda row: _ORDER.index(row["look"]))


def _rows(report: ReadinessReport) -> Iterator[tuple[str | None, str | None, dict[str, Any]]]:
    for audit in report.audits:
        yield audit.scenario, audit.step, _audit(audit)
    for scenario in report.scenarios:
        for rule in scenario.rules:
            yield scenario.scenario_name, rule.step, _rule(rule)
        for finding in scenario.findings:
            yield scenario.scenario_name, finding.step, _finding(finding)
    for finding in report.problems:
        yield None, None, _finding(finding)


def _audit(audit: AuditResult) -> dict[str, Any]:
    text = audit.message
    if audit.waiver:
        text = f"{text} (waived by {audit.waiver.owner} until {audit.waiver.expires}: {audit.waiver.reason})"
    return _row(
        audit.level.value,
        WAIVED if audit.waiver else OUTCOMES[audit.outcome],
        name=audit.id,
        title=audit.title,
        text=text,
        remedy=audit.remedy,
        measured=str(audit.measured) if audit.measured else None,
        threshold=str(audit.threshold) if audit.threshold else None,
    )


def _rule(rule: RuleResult) -> dict[str, Any]:
    return _row("rule", RULES[rule.held], name=rule.rule, title=rule.target, text=rule.message, examples=rule.examples)


def _finding(finding: Finding) -> dict[str, Any]:
    return _row(
        "finding",
        SEVERITIES[finding.severity],
        name=finding.id,
        title=finding.place,
        text=finding.message,
        remedy=finding.remedy,
        examples=finding.examples,
    )


def _row(
    kind: str,
    look: Look,
    *,
    name: str,
    title: str,
    text: str,
    remedy: str | None = None,
    measured: str | None = None,
    threshold: str | None = None,
    examples: tuple[str, ...] = (),
) -> dict[str, Any]:
    return {
        "kind": kind,
        "look": look[0],
        "word": look[1],
        "id": visible(name),
        "title": visible(title),
        "text": visible(text),
        "remedy": visible(remedy) if remedy else None,
        "measured": measured,
        "threshold": threshold,
        "examples": [visible(example) for example in examples[:5]],
    }
