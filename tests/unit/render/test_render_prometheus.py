"""Metrics as Prometheus reads them: parsed again with its own parser."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from builders import START, a_report, a_result, a_step, a_step_that_never_ran, a_usage
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthReport, HealthResult
from cursus_readiness.model.result import StepStatus
from cursus_readiness.render import prometheus
from cursus_readiness.render.prometheus import HEALTH_METRICS, RUN_METRICS, render_health_metrics, render_run_metrics
from cursus_readiness.units import GIB

HOSTILE = 'a"b\\c\nd\u202e\ud800'


def values(text: str) -> dict[tuple[str, ...], float]:
    """Metric and values of its labels -> value."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class TestRun:
    def test_every_metric_is_there(self) -> None:
        report = a_report(a_result([a_step(usage=a_usage(peak_memory_bytes=4 * GIB))]))
        assert {name for name, *_ in values(render_run_metrics(report))} == set(RUN_METRICS)

    def test_figures_have_their_scenario_and_step(self) -> None:
        found = values(render_run_metrics(a_report(a_result([a_step("Train", wall_s=3.5)]))))
        assert found["readiness_step_duration_seconds", "churn", "Train"] == 3.5
        assert found["readiness_step_peak_memory_bytes", "churn", "Train"] == GIB
        assert found["readiness_scenario_peak_memory_bytes", "churn"] == GIB
        assert found["readiness_run_started_timestamp_seconds",] == START.timestamp()

    def test_the_verdict_is_one_of_four(self) -> None:
        found = values(render_run_metrics(a_report(a_result([a_step(status=StepStatus.FAILED)]))))
        verdicts = {labels[0]: value for (name, *labels), value in found.items() if name == "readiness_run_verdict"}
        assert verdicts == {"READY": 0, "READY_WITH_WAIVERS": 0, "NOT_READY": 1, "INCONCLUSIVE": 0}

    def test_what_was_not_measured_has_no_value(self) -> None:
        step = a_step_that_never_ran("Train", StepStatus.NOT_EXECUTED, "no such type")
        found = values(render_run_metrics(a_report(a_result([step]), wall_s=None)))
        assert found["readiness_step_succeeded", "churn", "Train"] == 0
        names = {name for name, *_ in found}
        assert not names & {
            "readiness_step_duration_seconds", "readiness_step_peak_memory_bytes", "readiness_run_duration_seconds",
            "readiness_scenario_peak_memory_bytes",
        }  # fmt: skip

    def test_names_that_would_break_the_format_are_read_back(self) -> None:
        text = render_run_metrics(a_report(a_result(scenario_name=HOSTILE)))
        assert text.encode()
        scenario = 'a"b\\c\nd\u27e8U+202E\u27e9\u27e8U+D800\u27e9'
        assert values(text)["readiness_scenario_success", scenario] == 1

    def test_of_too_many_steps_only_scenarios_are_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(prometheus, "LARGEST_STEP_COUNT", 2)
        steps = [a_step(name) for name in "abc"]
        found = values(render_run_metrics(a_report(a_result(steps))))
        assert found["readiness_run_steps_left_out",] == 3
        assert not any(name.startswith("readiness_step_") for name, *_ in found)
        found = values(render_run_metrics(a_report(a_result(steps[:2]))))
        assert found["readiness_run_steps_left_out",] == 0

    def test_the_same_run_gives_the_same_bytes(self) -> None:
        assert render_run_metrics(a_report(a_result())) == render_run_metrics(a_report(a_result()))


def test_every_health_check_has_its_outcome() -> None:
    checked_at = datetime(2026, 3, 14, tzinfo=UTC)
    checks = (
        HealthResult(id="memory", outcome=Outcome.PASS, message="m", duration_s=0.5),
        HealthResult(id="python", outcome=Outcome.FAIL, message="m"),
    )
    report = HealthReport(checked_at=checked_at, tool_version="1", workspace="/w", status=Outcome.FAIL, checks=checks)
    found = values(render_health_metrics(report))
    assert {name for name, *_ in found} == set(HEALTH_METRICS)
    assert found["readiness_health_outcome", "memory", "PASS"] == 1
    assert found["readiness_health_outcome", "memory", "FAIL"] == 0
    assert found["readiness_health_status", "FAIL"] == 1
    assert found["readiness_health_check_duration_seconds", "memory"] == 0.5
    assert found["readiness_health_checked_timestamp_seconds",] == checked_at.timestamp()
