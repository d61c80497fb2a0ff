"""``readiness.md``: the report for a pull request or a step summary.

GitHub drops step summaries of more than 1 MiB. This one stays below 900 KiB whatever it is made from: each foreign text
and each table has its limit, and what is left out is counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from cursus_readiness.model.audit import Level, Outcome
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult, StepResult
from cursus_readiness.render.text import markdown_text
from cursus_readiness.units import MIB, format_bytes, format_seconds

_NAME_LIMIT = 120  # characters; at most 4 bytes each, or 2 when escaped
_SCENARIO_LIMIT = _GATE_LIMIT = _FAILURE_LIMIT = 50
_STEP_LIMIT = 150  # of all scenarios together
_RECOMMENDATION_LIMIT = _PROBLEM_LIMIT = 20


def render_markdown(report: ReadinessReport) -> str:
    """The report as GitHub Markdown: the verdict first, then what to do, then what was measured."""
    parts = [
        f"# {report.verdict.value.replace('_', ' ')}",
        markdown_text(report.reason),
        _scenarios(report),
        _gates(report),
        _failures(report),
        _problems(report.problems),
        _recommendations(report),
        _checklist(report),
        _steps(report),
        _origin(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _scenarios(report: ReadinessReport) -> str:
    rows = [
        (
            _name(scenario.scenario_name),
            "passed" if scenario.success else "**not passed**",
            f"{scenario.steps_executed} / {len(scenario.steps)}",
            str(scenario.steps_failed),
            format_seconds(scenario.total_duration),
            format_bytes(_peak_bytes(scenario)),
        )
        for scenario in sorted(report.scenarios, key=lambda item: item.success)[:_SCENARIO_LIMIT]
    ]
    header = ("Scenario", "Result", "Steps executed", "Failed", "Time", "Peak memory")
    return _table(header, rows, len(report.scenarios), "scenarios") if rows else ""


def _peak_bytes(scenario: E2ETestResult) -> float | None:
    peak = scenario.peak_memory_usage
    return None if math.isnan(peak) else peak * MIB


def _gates(report: ReadinessReport) -> str:
    open_gates = [
        audit
        for outcome in (Outcome.FAIL, Outcome.ERROR, Outcome.NO_EVIDENCE, Outcome.WARN)
        for audit in report.audits
        if audit.level is Level.GATE and audit.outcome is outcome
    ]
    rows = [
        (
            audit.outcome.value.replace("_", " "),
            _name(audit.scenario or ""),
            markdown_text(audit.title),
            markdown_text(audit.message),
        )
        for audit in open_gates[:_GATE_LIMIT]
    ]
    table = _table(("Outcome", "Scenario", "Gate", "Found"), rows, len(open_gates), "gates")
    return f"## What keeps it from being ready\n\n{table}" if rows else ""


def _failures(report: ReadinessReport) -> str:
    """Steps that failed and rules that are broken, each with its reason."""
    found = [
        (scenario.scenario_name, f"step {step.step_name}", _status(step))
        for scenario in report.scenarios
        for step in scenario.steps
        if step.status.has_failed
    ] + [
        (scenario.scenario_name, f"rule {rule.rule} on {rule.target} of {rule.step}", rule.message)
        for scenario in report.scenarios
        for rule in scenario.rules
        if rule.held is False
    ]
    rows = [
        (_name(scenario), markdown_text(what), markdown_text(why)) for scenario, what, why in found[:_FAILURE_LIMIT]
    ]
    table = _table(("Scenario", "What", "Reason"), rows, len(found), "failures")
    return f"## Failures\n\n{table}" if found else ""


def _problems(problems: Sequence[Finding]) -> str:
    lines = [f"- {markdown_text(problem.line())}" for problem in problems[:_PROBLEM_LIMIT]]
    left = _left(len(problems) - len(lines), "files")
    return "## What could not be read\n\n" + "\n".join(lines) + left if lines else ""


def _recommendations(report: ReadinessReport) -> str:
    lines = [
        f"- **{item.severity}** ({item.category}) {markdown_text(item.description)}. "
        + markdown_text(item.suggested_action)
        for item in report.recommendations[:_RECOMMENDATION_LIMIT]
    ]
    left = _left(len(report.recommendations) - len(lines), "recommendations")
    return "## Recommendations\n\n" + "\n".join(lines) + left if lines else ""


def _checklist(report: ReadinessReport) -> str:
    rows = [
        (str(item.item), item.title, item.outcome.value.replace("_", " "), markdown_text(item.remedy or ""))
        for item in report.checklist
    ]
    table = _table(("#", "Item", "Outcome", "To do"), rows, len(rows), "items")
    return f"## Production readiness checklist\n\n{table}"


def _steps(report: ReadinessReport) -> str:
    """Steps in the order of the pipelines, as far as the limit goes."""
    sections, shown = [], 0
    for scenario in report.scenarios:
        steps = scenario.steps[: _STEP_LIMIT - shown]
        if steps:
            shown += len(steps)
            table = _table(
                ("Step", "Status", "Time", "CPU", "Peak memory", "Limit"),
                [_step(step) for step in steps],
                len(scenario.steps),
                "steps",
            )
            sections.append(f"## {_name(scenario.scenario_name)}\n\n{table}")
    untold = sum(bool(scenario.steps) for scenario in report.scenarios) - len(sections)
    return "\n\n".join(sections) + _left(untold, "scenarios with their steps")


def _step(step: StepResult) -> tuple[str, ...]:
    return (
        _name(step.step_name),
        markdown_text(_status(step) + (f" (stand-in: {step.stand_in})" if step.stand_in else "")),
        format_seconds(step.wall_s),
        format_seconds(step.usage.cpu_s),
        format_bytes(step.usage.peak_memory_bytes),
        format_bytes(step.memory_limit_bytes),
    )


def _status(step: StepResult) -> str:
    status = step.status.value.replace("_", " ")
    return f"{status}: {step.reason}" if step.reason else status


def _origin(report: ReadinessReport) -> str:
    environment = report.environment
    commit = f", commit `{environment.commit[:12]}`" if environment.commit else ""
    started = report.started_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    run = _name(report.run_id)
    return f"Run {run}, {started}{commit}, cursus-readiness {_name(environment.tool_version)}."


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]], count: int, things: str) -> str:
    """A table of the first of ``count`` things."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + _left(count - len(rows), things)


def _left(count: int, things: str) -> str:
    return f"\n\n*{count:,} more {things} left out: see readiness.html or readiness.json.*" if count > 0 else ""


def _name(text: str) -> str:
    return markdown_text(text, _NAME_LIMIT)
