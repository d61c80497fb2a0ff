"""trace.json: the steps on a time line."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from builders import START, a_report, a_result, a_step, a_step_that_never_ran, a_usage
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import StepStatus
from cursus_readiness.render.trace import render_trace


def events(report: ReadinessReport, phase: str = "X") -> list[dict[str, Any]]:
    return [event for event in json.loads(render_trace(report))["traceEvents"] if event["ph"] == phase]


def test_a_step_is_a_slice_at_its_time_in_microseconds() -> None:
    step = a_step("Train", offset_s=2.0, process_offset_s=2.5, wall_s=10.0)
    (found,) = events(a_report(a_result([step], started_at=START + timedelta(seconds=3))))
    assert (found["name"], found["ts"], found["dur"]) == ("Train", 5_500_000, 10_000_000)
    assert found["args"] == {"status": "succeeded", "cpu_s": 10.0, "peak_memory_bytes": 1 << 30}


def test_what_was_not_measured_is_left_out() -> None:
    steps = [
        a_step("A", usage=a_usage(cpu_s=None, peak_memory_bytes=None), status=StepStatus.FAILED, reason="exit code 1"),
        a_step("B", wall_s=None),
        a_step_that_never_ran("C", StepStatus.BLOCKED),
    ]
    (found,) = events(a_report(a_result(steps, started_at=None)))
    assert found["args"] == {"status": "failed", "reason": "exit code 1"}


def test_steps_of_one_time_do_not_cover_each_other() -> None:
    report = a_report(a_result([a_step("A"), a_step("B")]), a_result([a_step("A")], scenario_name="other"))
    places = [(event["pid"], event["tid"]) for event in events(report)]
    assert len(set(places)) == 3
    names = {event["args"]["name"] for event in events(report, "M")}
    assert names == {"churn", "other", "A", "B"}
