"""``readiness.md``: the report for a pull request or a step summary."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from cursus_readiness.model.audit import Level, Outcome
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult, StepResult
from cursus_readiness.units import MIB, format_bytes, format_seconds

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~&])")
_STEP_LIMIT = 200
_LIMIT_BYTES = 900 * 1024  # GitHub drops step summaries of more than 1 MiB


def render_markdown(report: ReadinessReport) -> str:
    """The report as GitHub Markdown, shortened with a note where it would be too long to be shown."""
    parts = [
        f"# {report.verdict.value.replace('_', ' ')}",
        _text(report.reason),
        _scenarios(report),
        _gates(report),
        *(_steps(scenario) for scenario in report.scenarios if scenario.steps),
        _recommendations(report),
        _checklist(report),
        _origin(report),
    ]
    text = "\n\n".join(part for part in parts if part) + "\n"
    encoded = text.encode()
    if len(encoded) <= _LIMIT_BYTES:
        return text
    kept = encoded[:_LIMIT_BYTES].decode("utf-8", "ignore").rpartition("\n")[0]
    return f"{kept}\n\n*{len(encoded) - len(kept.encode()):,} bytes left out; the page has all of it.*\n"


def _scenarios(report: ReadinessReport) -> str:
    rows = [
        (
            _text(scenario.scenario_name),
            "passed" if scenario.success else "**not passed**",
            f"{scenario.steps_executed} / {len(scenario.steps)}",
            str(scenario.steps_failed),
            format_seconds(scenario.total_duration),
            format_bytes(_peak_bytes(scenario)),
        )
        for scenario in report.scenarios
    ]
    return _table(("Scenario", "Result", "Steps executed", "Failed", "Time", "Peak memory"), rows) if rows else ""


def _peak_bytes(scenario: E2ETestResult) -> float | None:
    peak = scenario.peak_memory_usage
    return None if math.isnan(peak) else peak * MIB


def _gates(report: ReadinessReport) -> str:
    rows = [
        (audit.outcome.value, _text(audit.scenario or ""), _text(audit.title), _text(audit.message))
        for audit in report.audits
        if audit.level is Level.GATE and audit.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
    ]
    return (
        "## What keeps it from being ready\n\n" + _table(("Outcome", "Scenario", "Gate", "Found"), rows) if rows else ""
    )


def _steps(scenario: E2ETestResult) -> str:
    rows = [_step(step) for step in scenario.steps[:_STEP_LIMIT]]
    table = _table(("Step", "Status", "Time", "CPU", "Peak memory", "Limit"), rows)
    left = len(scenario.steps) - len(rows)
    note = f"\n\n*{left} more steps are on the page.*" if left else ""
    return f"## {_text(scenario.scenario_name)}\n\n{table}{note}"


def _step(step: StepResult) -> tuple[str, ...]:
    status = f"{step.status.value}: {step.reason}" if step.reason else step.status.value
    status += f" (stand-in: {step.stand_in})" if step.stand_in else ""
    return (
        _text(step.step_name),
        _text(status),
        format_seconds(step.wall_s),
        format_seconds(step.usage.cpu_s),
        format_bytes(step.usage.peak_memory_bytes),
        format_bytes(step.memory_limit_bytes),
    )


def _recommendations(report: ReadinessReport) -> str:
    if not report.recommendations:
        return ""
    lines = [
        f"- **{item.severity}** ({item.category}) {_text(item.description)}. {_text(item.suggested_action)}"
        for item in report.recommendations
    ]
    return "## Recommendations\n\n" + "\n".join(lines)


def _checklist(report: ReadinessReport) -> str:
    rows = [
        (str(item.item), item.title, item.outcome.value.replace("_", " "), _text(item.remedy or ""))
        for item in report.checklist
    ]
    return "## Production readiness checklist\n\n" + _table(("#", "Item", "Outcome", "To do"), rows)


def _origin(report: ReadinessReport) -> str:
    environment = report.environment
    commit = f", commit `{environment.commit[:12]}`" if environment.commit else ""
    started = report.started_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"Run `{report.run_id}`, {started}{commit}, cursus-readiness {environment.tool_version}."


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _text(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
