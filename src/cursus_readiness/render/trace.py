"""``trace.json``: the steps on a time line, for Perfetto and chrome://tracing."""

from __future__ import annotations

import json
from typing import Any

from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult, StepResult

_MICROSECONDS = 1_000_000


def render_trace(report: ReadinessReport) -> str:
    """Trace events: a process per scenario, a thread per step, a slice for each step whose time was measured."""
    events: list[dict[str, Any]] = []
    for number, scenario in enumerate(report.scenarios, 1):
        events.append(_name("process_name", number, 0, scenario.scenario_name))
        start_s = _start_s(report, scenario)
        for place, step in enumerate(scenario.steps, 1):
            if step.offset_s is not None and step.wall_s is not None:
                events.append(_name("thread_name", number, place, step.step_name))
                events.append(_slice(step, number, place, start_s))
    return json.dumps({"displayTimeUnit": "ms", "traceEvents": events}, allow_nan=False, separators=(",", ":")) + "\n"


def _start_s(report: ReadinessReport, scenario: E2ETestResult) -> float:
    return 0.0 if scenario.started_at is None else max((scenario.started_at - report.started_at).total_seconds(), 0.0)


def _name(kind: str, process: int, thread: int, name: str) -> dict[str, Any]:
    return {"name": kind, "ph": "M", "pid": process, "tid": thread, "args": {"name": name}}


def _slice(step: StepResult, process: int, thread: int, start_s: float) -> dict[str, Any]:
    """One step, its process alone where that is known; what was not measured is left out of its arguments."""
    offset_s = step.offset_s if step.process_offset_s is None else step.process_offset_s
    told = {
        "status": step.status.value,
        "reason": step.reason,
        "cpu_s": step.usage.cpu_s,
        "peak_memory_bytes": step.usage.peak_memory_bytes,
    }
    return {
        "name": step.step_name,
        "cat": step.status.value,
        "ph": "X",
        "pid": process,
        "tid": thread,
        "ts": round((start_s + (offset_s or 0.0)) * _MICROSECONDS),
        "dur": round((step.wall_s or 0.0) * _MICROSECONDS),
        "args": {name: value for name, value in told.items() if value is not None},
    }
