"""Metrics of a run and of a health check as text for Prometheus's textfile collector."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from cursus_readiness.model.health import HealthReport
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult, StepResult
from cursus_readiness.render.text import measured, visible
from cursus_readiness.units import MIB

LARGEST_STEP_COUNT = 2_000  # of more steps only the scenarios are shown: each step is half a dozen series
_SEVERITIES = ("low", "medium", "high", "critical")


class Metric(NamedTuple):
    """A gauge: its help text and its labels."""

    help: str
    labels: tuple[str, ...] = ()


RUN_METRICS = {
    "readiness_run_started_timestamp_seconds": Metric("When the newest run began."),
    "readiness_run_duration_seconds": Metric("Wall time of the newest run."),
    "readiness_run_verdict": Metric("1 for the verdict of the newest run, 0 for the others.", ("verdict",)),
    "readiness_run_audits": Metric("Audits of the newest run by level and outcome.", ("level", "outcome")),
    "readiness_run_recommendations": Metric("Open recommendations of the newest run by severity.", ("severity",)),
    "readiness_run_checklist_item": Metric("1 for the outcome of each item of the checklist.", ("item", "outcome")),
    "readiness_scenario_success": Metric("1 when the scenario passed.", ("scenario",)),
    "readiness_scenario_duration_seconds": Metric("Wall time of the scenario.", ("scenario",)),
    "readiness_scenario_peak_memory_bytes": Metric("Largest peak of its steps.", ("scenario",)),
    "readiness_scenario_steps_failed": Metric("Steps that failed.", ("scenario",)),
    "readiness_step_succeeded": Metric("1 when the step succeeded or was reused.", ("scenario", "step")),
    "readiness_step_duration_seconds": Metric("Wall time of the step.", ("scenario", "step")),
    "readiness_step_cpu_seconds": Metric("CPU time of the step.", ("scenario", "step")),
    "readiness_step_peak_memory_bytes": Metric("Peak memory of the step's process tree.", ("scenario", "step")),
    "readiness_step_memory_limit_bytes": Metric("What the step's memory is held to.", ("scenario", "step")),
    "readiness_run_steps_left_out": Metric("Steps that have no series because there are too many."),
}
HEALTH_METRICS = {
    "readiness_health_checked_timestamp_seconds": Metric("When health was checked last."),
    "readiness_health_outcome": Metric(
        "1 for the outcome of each health check, 0 for the others.", ("check", "outcome")
    ),
    "readiness_health_status": Metric("1 for the worst outcome of all checks, 0 for the others.", ("outcome",)),
    "readiness_health_check_duration_seconds": Metric("How long each health check took.", ("check",)),
}


class _Page:
    """Gauges that are made when they get their first value: what was not measured has no series."""

    def __init__(self, metrics: dict[str, Metric]) -> None:
        self._metrics = metrics
        self._registry = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}

    def put(self, name: str, value: float | None, **labels: str) -> None:
        known = measured(value)
        if known is None:
            return
        if name not in self._gauges:
            metric = self._metrics[name]
            self._gauges[name] = Gauge(name, metric.help, metric.labels, registry=self._registry)
        gauge = self._gauges[name]
        (gauge.labels(**{key: visible(text) for key, text in labels.items()}) if labels else gauge).set(known)

    def put_state(self, name: str, state: StrEnum, label: str, **labels: str) -> None:
        """1 for one of several states, 0 for the others, so that each series goes on when the state changes."""
        for item in type(state):
            self.put(name, item is state, **{label: item.value}, **labels)

    def text(self) -> str:
        return generate_latest(self._registry).decode()


def render_run_metrics(report: ReadinessReport) -> str:
    """The newest run: verdict, counts, and the figures of its scenarios and steps."""
    page = _Page(RUN_METRICS)
    page.put("readiness_run_started_timestamp_seconds", report.started_at.timestamp())
    page.put("readiness_run_duration_seconds", report.wall_s)
    page.put_state("readiness_run_verdict", report.verdict, "verdict")
    counted = [(audit.level.value, audit.outcome.value) for audit in report.audits]
    for level, outcome in sorted(set(counted)):
        page.put("readiness_run_audits", counted.count((level, outcome)), level=level, outcome=outcome)
    severities = [item.severity for item in report.recommendations]
    for severity in _SEVERITIES:
        page.put("readiness_run_recommendations", severities.count(severity), severity=severity)
    for item in report.checklist:
        page.put_state("readiness_run_checklist_item", item.outcome, "outcome", item=str(item.item))
    step_count = sum(len(scenario.steps) for scenario in report.scenarios)
    has_steps = step_count <= LARGEST_STEP_COUNT
    page.put("readiness_run_steps_left_out", 0 if has_steps else step_count)
    for scenario in report.scenarios:
        _put_scenario(page.put, scenario)
        for step in scenario.steps if has_steps else ():
            _put_step(page.put, scenario.scenario_name, step)
    return page.text()


def render_health_metrics(report: HealthReport) -> str:
    """The newest health check."""
    page = _Page(HEALTH_METRICS)
    page.put("readiness_health_checked_timestamp_seconds", report.checked_at.timestamp())
    page.put_state("readiness_health_status", report.status, "outcome")
    for check in report.checks:
        page.put_state("readiness_health_outcome", check.outcome, "outcome", check=check.id)
        page.put("readiness_health_check_duration_seconds", check.duration_s, check=check.id)
    return page.text()


def _put_scenario(put: Callable[..., Any], scenario: E2ETestResult) -> None:
    name, peak_mib = scenario.scenario_name, measured(scenario.peak_memory_usage)
    put("readiness_scenario_success", scenario.success, scenario=name)
    put("readiness_scenario_duration_seconds", scenario.total_duration, scenario=name)
    put("readiness_scenario_peak_memory_bytes", None if peak_mib is None else peak_mib * MIB, scenario=name)
    put("readiness_scenario_steps_failed", scenario.steps_failed, scenario=name)


def _put_step(put: Callable[..., Any], scenario: str, step: StepResult) -> None:
    labels = {"scenario": scenario, "step": step.step_name}
    put("readiness_step_succeeded", step.status.has_succeeded, **labels)
    put("readiness_step_duration_seconds", step.wall_s, **labels)
    put("readiness_step_cpu_seconds", step.usage.cpu_s, **labels)
    put("readiness_step_peak_memory_bytes", step.usage.peak_memory_bytes, **labels)
    put("readiness_step_memory_limit_bytes", step.memory_limit_bytes, **labels)
