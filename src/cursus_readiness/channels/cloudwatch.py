"""Metrics of Amazon CloudWatch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cursus_readiness.channels.aws import client
from cursus_readiness.channels.base import News
from cursus_readiness.errors import UsageError
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.verdict import Verdict
from cursus_readiness.units import MIB

_NAMESPACE = re.compile(r"(?!AWS/)[0-9A-Za-z._/#:-]{1,255}")
_MOST_AT_ONCE = 1_000
_LONGEST_NAME = 255
_READY = (Verdict.READY, Verdict.READY_WITH_WAIVERS)


class CloudWatch:
    """Puts the figures of every run: of the whole, and of each scenario."""

    name = "CloudWatch"
    is_for_changes = False

    def __init__(self, namespace: str) -> None:
        """Raises UsageError for a namespace that CloudWatch would refuse."""
        if not _NAMESPACE.fullmatch(namespace):
            raise UsageError(f"{namespace!r} is no namespace for metrics", fix="--cloudwatch CursusReadiness")
        self._namespace = namespace

    def tell(self, news: News) -> None:
        """Put the metrics. Raises NotToldError."""
        data = list(_metrics(news.report))
        with client("cloudwatch") as cloudwatch:
            for start in range(0, len(data), _MOST_AT_ONCE):
                batch = data[start : start + _MOST_AT_ONCE]
                cloudwatch.put_metric_data(Namespace=self._namespace, MetricData=batch)


def _metrics(report: ReadinessReport) -> Iterator[dict[str, Any]]:
    """What was not measured is not put."""
    scenarios = report.scenarios
    yield from _metric(report, "Ready", float(report.verdict in _READY), "Count")
    yield from _metric(report, "RunDuration", report.wall_s, "Seconds")
    yield from _metric(report, "ScenariosFailed", sum(not item.success for item in scenarios), "Count")
    yield from _metric(report, "StepsFailed", sum(item.steps_failed for item in scenarios), "Count")
    yield from _metric(report, "Recommendations", len(report.recommendations), "Count")
    for item in scenarios:
        name = item.scenario_name
        yield from _metric(report, "ScenarioSuccess", float(item.success), "Count", name)
        yield from _metric(report, "ScenarioDuration", item.total_duration, "Seconds", name)
        yield from _metric(report, "ScenarioPeakMemory", item.peak_memory_usage * MIB, "Bytes", name)


def _metric(
    report: ReadinessReport, name: str, value: float | None, unit: str, scenario: str | None = None
) -> Iterator[dict[str, Any]]:
    if value is None or value != value:  # noqa: PLR0124 - NaN is *not measured*
        return
    found = {"MetricName": name, "Timestamp": report.started_at, "Value": float(value), "Unit": unit}
    if scenario is not None:
        plain = scenario.encode("ascii", "replace").decode()[:_LONGEST_NAME]  # the service takes ASCII only
        found["Dimensions"] = [{"Name": "Scenario", "Value": plain}]
    yield found
