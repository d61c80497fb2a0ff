"""``readiness.html``: the whole report as one page that needs nothing but a browser."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cursus_readiness.model.attachments import Attachments, LogTail
from cursus_readiness.model.audit import AuditResult, Level, Outcome
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.render.assets import page_assets
from cursus_readiness.render.charts import Chart, scenario_charts
from cursus_readiness.render.figures import CONFIG, DARK
from cursus_readiness.render.text import LogLine, log_lines, measured, script_json, visible
from cursus_readiness.resources import templates_dir
from cursus_readiness.units import format_bytes, format_count, format_ratio, format_seconds

UNMEASURED = "not measured"
_OUTCOME_WORDS = {
    Outcome.PASS: "Pass",
    Outcome.WARN: "Warning",
    Outcome.FAIL: "Fail",
    Outcome.NOT_APPLICABLE: "Not applicable",
    Outcome.NO_EVIDENCE: "No evidence",
    Outcome.ERROR: "Error",
}
_STATUS_LOOKS = {
    StepStatus.SUCCEEDED: "pass",
    StepStatus.REUSED: "pass",
    StepStatus.FLAKY: "warn",
    StepStatus.FAILED: "fail",
    StepStatus.TIMED_OUT: "fail",
    StepStatus.OUT_OF_MEMORY: "fail",
    StepStatus.INTERRUPTED: "error",
    StepStatus.BLOCKED: "blocked",
    StepStatus.NOT_EXECUTED: "no-evidence",
    StepStatus.NOT_TAKEN: "not-applicable",
}
_UNSETTLED = (Outcome.FAIL, Outcome.ERROR, Outcome.NO_EVIDENCE)


@dataclass(frozen=True, slots=True)
class LogView:
    """The end of one log of one step."""

    anchor: str
    scenario: str
    step: str
    stream: str
    lines: Sequence[LogLine]
    dropped_bytes: int


@dataclass(frozen=True, slots=True)
class StepView:
    """A step with where it stands on the page. ``memory_used_ratio`` is the peak as a share of the limit."""

    anchor: str
    result: StepResult
    memory_used_ratio: float | None
    logs: Sequence[LogView]


@dataclass(frozen=True, slots=True)
class AuditView:
    """An audit with where it stands on the page."""

    anchor: str
    result: AuditResult


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """All that the page shows of one scenario; rules with the broken ones first."""

    anchor: str
    result: E2ETestResult
    duration_s: float | None
    peak: StepView | None
    steps: Sequence[StepView]
    audits: Sequence[AuditView]
    rules: Sequence[RuleResult]
    charts: Sequence[Chart]

    @property
    def reused_count(self) -> int:
        """How many of its steps were reused from an earlier run."""
        return sum(step.result.status is StepStatus.REUSED for step in self.steps)

    @property
    def failed(self) -> list[StepView]:
        """The steps that an engineer looks at first."""
        return [step for step in self.steps if step.result.status.has_failed or step.logs]


def render_html(report: ReadinessReport, attachments: Attachments) -> str:
    """The page: one file without a request to anywhere; the same report gives the same bytes."""
    scenarios = [_scenario(number, item, report, attachments) for number, item in enumerate(report.scenarios, 1)]
    audits = [view for scenario in scenarios for view in scenario.audits]
    gates = [view for view in audits if view.result.level is Level.GATE]
    peaks = [(scenario, scenario.peak) for scenario in scenarios if scenario.peak]
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            scenarios=scenarios,
            gates=gates,
            unsettled=[
                view
                for outcome in _UNSETTLED
                for view in gates
                if view.result.outcome is outcome and not view.result.waiver
            ],
            waived=[view for view in audits if view.result.waiver],
            steps_total=sum(len(item.steps) for item in report.scenarios),
            worst_peak=max(peaks, key=lambda pair: _hunger(pair[1]), default=None),
            audit_anchors={_audit_key(view.result): view.anchor for view in audits},
            step_anchors={
                (scenario.result.scenario_name, step.result.step_name): step.anchor
                for scenario in scenarios
                for step in scenario.steps
            },
            assets=page_assets(),
            chart_settings=Markup(script_json({"config": CONFIG, "dark": DARK})),  # noqa: S704 - script_json escapes
        )
    )


@cache
def _environment() -> Environment:
    """Templates in which nothing foreign is markup and nothing missing is shown as a value."""
    made = Environment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {
        "bytes": _when_measured(format_bytes),
        "seconds": _when_measured(format_seconds),
        "ratio": _when_measured(format_ratio),
        "count": _when_measured(format_count),
        "utc": _utc,
        "words": lambda value: value.value.replace("_", " "),
        "outcome_words": _OUTCOME_WORDS.__getitem__,
        "outcome_look": lambda outcome: outcome.value.lower().replace("_", "-"),
        "status_look": _STATUS_LOOKS.__getitem__,
        "figure_json": lambda figure: Markup(script_json(figure)),  # noqa: S704 - script_json escapes
    }
    return made


def _shown(value: Any) -> Any:
    """What an expression of a template becomes: no ``None``, no NaN, no hidden characters."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNMEASURED
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _when_measured(form: Callable[[float | None], str]) -> Callable[[float | None], str]:
    return lambda value: form(measured(value))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _scenario(number: int, result: E2ETestResult, report: ReadinessReport, attachments: Attachments) -> ScenarioView:
    name, anchor = result.scenario_name, f"scenario-{number}"
    logs = [item for item in attachments.logs if item.scenario == name]
    series = [item for item in attachments.series if item.scenario == name]
    audits = [item for item in report.audits if item.scenario == name]
    steps = [_step(f"{anchor}-step-{place}", step, logs) for place, step in enumerate(result.steps, 1)]
    has_run = result.total_duration > 0  # a scenario that never started has no duration, and the model says 0 for it
    return ScenarioView(
        anchor=anchor,
        result=result,
        duration_s=result.total_duration if has_run else None,
        peak=max((step for step in steps if step.result.usage.peak_memory_bytes), key=_hunger, default=None),
        steps=steps,
        audits=[AuditView(f"{anchor}-audit-{place}", audit) for place, audit in enumerate(audits, 1)],
        rules=sorted(result.rules, key=lambda rule: (False, None, True).index(rule.held)),
        charts=scenario_charts(result, series, report.environment.cpu_count),
    )


def _step(anchor: str, step: StepResult, logs: Sequence[LogTail]) -> StepView:
    mine = [log for log in logs if log.step == step.step_name]
    peak, limit = step.limited_memory_bytes, step.memory_limit_bytes
    return StepView(
        anchor=anchor,
        result=step,
        memory_used_ratio=peak / limit if peak is not None and limit else None,
        logs=[_log(f"{anchor}-log-{place}", log) for place, log in enumerate(mine, 1)],
    )


def _log(anchor: str, log: LogTail) -> LogView:
    return LogView(anchor, log.scenario, log.step, log.stream, log_lines(log.text), log.dropped_bytes)


def _hunger(step: StepView) -> tuple[float, int]:
    """Order of steps by how near their peak comes to their limit, then by the peak itself."""
    return step.memory_used_ratio or 0.0, step.result.usage.peak_memory_bytes or 0


def _audit_key(audit: AuditResult) -> tuple[str, str]:
    """What the checklist and the recommendations say of an audit they rest on: its id, and scenario with message."""
    return audit.id, f"{audit.scenario}: {audit.message}"
