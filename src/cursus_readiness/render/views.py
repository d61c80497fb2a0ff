"""What the templates are given: results with their place on the page, and how much of long lists is shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cursus_readiness.model.attachments import LogTail
from cursus_readiness.model.audit import AuditResult, Level, Outcome
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.render.anchors import anchor, part_anchor
from cursus_readiness.render.looks import Look, scenario_look
from cursus_readiness.render.text import log_text

MOST_FAILURES = 6
_UNSETTLED = (Outcome.FAIL, Outcome.ERROR, Outcome.NO_EVIDENCE, Outcome.WARN, Outcome.PASS, Outcome.NOT_APPLICABLE)
_SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


@dataclass(frozen=True, slots=True)
class Listed:
    """The beginning of a list, and how many of it are left out."""

    shown: Sequence[Any]
    left_count: int

    @property
    def total_count(self) -> int:
        """How long the list is."""
        return len(self.shown) + self.left_count


def listed(items: Sequence[Any], most: int) -> Listed:
    """At most ``most`` of them."""
    return Listed(items[:most], max(len(items) - most, 0))


@dataclass(frozen=True, slots=True)
class LogView:
    """The end of one log: what stands before its first error, that line, and the rest."""

    stream: str
    before: str
    error: str
    after: str
    dropped_bytes: int


@dataclass(frozen=True, slots=True)
class StepView:
    """A step with where it stands on the page. ``memory_used_ratio`` is what counts of the peak, by the limit."""

    anchor: str
    result: StepResult

    @property
    def memory_used_ratio(self) -> float | None:
        """The share of its limit that the step needed."""
        needed, limit = self.result.limited_memory_bytes, self.result.memory_limit_bytes
        return needed / limit if needed is not None and limit else None


@dataclass(frozen=True, slots=True)
class AuditView:
    """An audit with where it stands on the page."""

    anchor: str
    result: AuditResult


@dataclass(frozen=True, slots=True)
class FailureView:
    """Steps that failed in the same way: the first of them, and the others of its kind."""

    step: StepView
    scenario: str
    others: Sequence[tuple[str, StepView]]
    logs: Sequence[LogView]


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """All that the page shows of one scenario without its steps; rules and findings with the worst first."""

    anchor: str
    result: E2ETestResult
    look: Look
    duration_s: float | None
    peak: StepView | None
    steps: Sequence[StepView]
    gates: Sequence[AuditView]
    advice: Sequence[AuditView]
    rules: Sequence[RuleResult]
    findings: Sequence[Finding]
    failures: Listed

    @property
    def reused_count(self) -> int:
        """How many of its steps were reused from an earlier run."""
        return sum(step.result.status is StepStatus.REUSED for step in self.steps)


def scenario_views(report: ReadinessReport, logs: Sequence[LogTail]) -> list[ScenarioView]:
    """One for each scenario, in the order of the report."""
    audits: dict[str | None, list[AuditResult]] = defaultdict(list)
    for audit in report.audits:
        audits[audit.scenario].append(audit)
    kept: dict[tuple[str, str], list[LogTail]] = defaultdict(list)
    for log in logs:
        kept[log.scenario, log.step].append(log)
    return [_scenario(result, audits[result.scenario_name], kept) for result in report.scenarios]


def project_gates(report: ReadinessReport) -> list[AuditView]:
    """The gates that are about no scenario, which stand with their item of the checklist; the worst first."""
    audits = [audit for audit in report.audits if audit.scenario is None]
    return _worst_first([AuditView(f"item-{audit.checklist_item}", audit) for audit in audits], Level.GATE)


def failures_of(scenarios: Sequence[ScenarioView]) -> Listed:
    """The failures of a run, equal ones of different scenarios together as well."""
    all_of_them = [view for scenario in scenarios for view in scenario.failures.shown]
    unseen = sum(scenario.failures.left_count for scenario in scenarios)
    folded = _folded(
        [(view.scenario, view.step, view.logs) for view in all_of_them], [view.others for view in all_of_them]
    )
    found = listed(folded, MOST_FAILURES)
    return Listed(found.shown, found.left_count + unseen)


def hunger(step: StepView) -> tuple[float, int]:
    """Order of steps by how near their peak comes to their limit, then by the peak itself."""
    return step.memory_used_ratio or 0.0, step.result.usage.peak_memory_bytes or 0


def _scenario(
    result: E2ETestResult, audits: Sequence[AuditResult], logs: Mapping[tuple[str, str], Sequence[LogTail]]
) -> ScenarioView:
    name = result.scenario_name
    steps = [StepView(anchor(name, step.step_name), step) for step in result.steps]
    views = [AuditView(part_anchor(name, f"audit-{place}"), audit) for place, audit in enumerate(audits, 1)]
    failed = [step for step in steps if _needs_a_look(step.result)]
    folded = _folded(
        [(name, step, [_log(log) for log in logs.get((name, step.result.step_name), ())]) for step in failed],
        [()] * len(failed),
    )
    return ScenarioView(
        anchor=anchor(name),
        result=result,
        look=scenario_look(result),
        duration_s=result.total_duration if result.total_duration > 0 else None,
        peak=max((step for step in steps if step.result.usage.peak_memory_bytes), key=hunger, default=None),
        steps=steps,
        gates=_worst_first(views, Level.GATE),
        advice=_worst_first(views, Level.ADVICE),
        rules=sorted(result.rules, key=lambda rule: (False, None, True).index(rule.held)),
        findings=sorted(result.findings, key=lambda finding: _SEVERITIES.index(finding.severity)),
        failures=listed(folded, MOST_FAILURES),
    )


def _needs_a_look(step: StepResult) -> bool:
    return step.status.has_failed or step.status is StepStatus.INTERRUPTED


def _worst_first(views: Sequence[AuditView], level: Level) -> list[AuditView]:
    return sorted(
        (view for view in views if view.result.level is level),
        key=lambda view: (view.result.waiver is not None, _UNSETTLED.index(view.result.outcome)),
    )


def _folded(
    failed: Sequence[tuple[str, StepView, Sequence[LogView]]], others: Sequence[Sequence[tuple[str, StepView]]]
) -> list[FailureView]:
    """Steps with the same status and reason are one failure, however many they are."""
    kinds: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, (_, step, _logs) in enumerate(failed):
        kinds[step.result.status, step.result.reason or step.anchor].append(place)
    return [
        FailureView(
            step=failed[places[0]][1],
            scenario=failed[places[0]][0],
            others=[
                *others[places[0]],
                *(pair for place in places[1:] for pair in (failed[place][:2], *others[place])),
            ],
            logs=failed[places[0]][2],
        )
        for places in kinds.values()
    ]


def _log(log: LogTail) -> LogView:
    text, error = log_text(log.text)
    start, end = error or (len(text), len(text))
    return LogView(log.stream, text[:start], text[start:end], text[end:], log.dropped_bytes)
