"""readiness.json: what other programs rely on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builders import a_report, a_result, a_rule, a_step, a_step_that_never_ran, a_usage
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import StepStatus
from cursus_readiness.render.json import render_json, report_fields

KEYS = {
    (): {
        "schema_version", "verdict", "reason", "exit_code", "scenarios", "audits", "recommendations", "checklist",
        "environment",
    },
    ("scenarios", 0): {
        "scenario_name", "success", "total_duration", "peak_memory_usage", "steps_executed", "steps_failed", "steps",
    },
    ("scenarios", 0, "steps", 0): {
        "step_name", "step_type", "status", "reason", "wall_s", "cpu_s", "peak_memory_bytes", "peak_memory_method",
        "started_at", "exit_code", "stand_in",
    },
    ("audits", 0): {"id", "outcome", "scenario", "step", "measured", "threshold", "remedy", "waiver"},
    ("recommendations", 0): {
        "category", "severity", "description", "suggested_action", "estimated_improvement", "audit", "step", "verified",
    },
    ("checklist", 0): {"item", "title", "outcome", "evidence"},
}  # fmt: skip


def strict(text: str) -> Any:
    """JSON without NaN and infinity, as other languages read it."""

    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def report() -> ReadinessReport:
    wasteful = a_step("Wasteful", usage=a_usage(cpu_s=0.1))
    return a_report(a_result([wasteful, a_step("B", status=StepStatus.FAILED)], rules=(a_rule(held=False),)))


@pytest.mark.parametrize("path", KEYS, ids=lambda path: ".".join(map(str, path)) or "report")
def test_the_keys_that_stay_are_there(path: tuple[Any, ...], report: ReadinessReport) -> None:
    found = strict(render_json(report))
    for key in path:
        found = found[key]
    assert KEYS[path] <= set(found)


def test_the_usage_of_a_step_stands_beside_its_other_fields(report: ReadinessReport) -> None:
    step = report_fields(report)["scenarios"][0]["steps"][0]
    assert "usage" not in step
    assert step["cpu_s"] == 0.1


def test_quantities_keep_their_unit(report: ReadinessReport) -> None:
    gate = next(audit for audit in report_fields(report)["audits"] if audit["id"] == "memory-over-limit")
    assert gate["measured"]["unit"] == gate["threshold"]["unit"] == "bytes"


def test_what_was_not_measured_is_null() -> None:
    result = a_result([a_step_that_never_ran("A", StepStatus.NOT_EXECUTED)], total_duration=float("nan"))
    (scenario,) = strict(render_json(a_report(result, wall_s=None)))["scenarios"]
    assert scenario["peak_memory_usage"] is None
    assert scenario["total_duration"] is None
    (step,) = scenario["steps"]
    assert {step[key] for key in ("wall_s", "cpu_s", "peak_memory_bytes", "exit_code", "started_at")} == {None}


def test_a_report_can_be_read_back(report: ReadinessReport) -> None:
    assert ReadinessReport.model_validate_json(report.model_dump_json()) == report


def test_any_name_survives() -> None:
    name = 'a"\\\n\x00\u2028\U0001f600'
    assert strict(render_json(a_report(a_result(scenario_name=name))))["scenarios"][0]["scenario_name"] == name


def test_the_same_report_gives_the_same_text(report: ReadinessReport) -> None:
    assert render_json(report) == render_json(report)
    assert render_json(report).endswith("}\n")
