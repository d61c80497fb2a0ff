"""The JSON Schema of readiness.json is the one that the model makes, and what is written keeps to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from builders import a_report, a_result, a_rule, a_step, a_step_that_never_ran, a_usage
from cursus_readiness.model.contention import Contention
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult, StepStatus
from cursus_readiness.render.json import render_json, report_schema

NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture(scope="module")
def validator(repository: Path) -> jsonschema.Draft202012Validator:
    stored = json.loads((repository / "docs/readiness.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(stored)
    return jsonschema.Draft202012Validator(stored, format_checker=jsonschema.FormatChecker())


def fields(report: ReadinessReport) -> Any:
    return json.loads(render_json(report), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_schema_in_the_documents_is_up_to_date(repository: Path) -> None:
    stored = (repository / "docs/readiness.schema.json").read_text(encoding="utf-8")
    assert json.loads(stored) == report_schema(), "write it again: python tools/report_schema.py"


REPORTS = {
    "nothing": [],
    "a run that is ready": [a_result()],
    "every status": [a_result([a_step(status.value, status=status, reason="x") for status in StepStatus])],
    "nothing measured": [
        a_result([a_step_that_never_ran("A", StepStatus.BLOCKED)], total_duration=NAN, started_at=None)
    ],
    "rules, findings, contention": [
        a_result(
            [a_step(usage=a_usage(cpu_s=0.1), contention=Contention(), stand_in="a program")],
            rules=(a_rule(held=None), a_rule(held=False, examples=("x",))),
            findings=(Finding(id="x", severity=Severity.NOTE, message="y"),),
        )
    ],
    "a scenario that is invalid": [a_result([], problem="invalid", error_details="x")],
    "no number where one is expected": [
        a_result(performance_metrics={"cpu_s": NAN}, validation_results={"x": INFINITY}, peak_memory_usage=NAN)
    ],
}


@pytest.mark.parametrize("name", REPORTS)
def test_what_is_written_keeps_to_it(name: str, validator: jsonschema.Draft202012Validator) -> None:
    scenarios: list[E2ETestResult] = REPORTS[name]
    validator.validate(fields(a_report(*scenarios, wall_s=None)))


def test_a_file_without_a_field_or_of_another_version_does_not(validator: jsonschema.Draft202012Validator) -> None:
    written = fields(a_report(a_result()))
    for broken in (
        {**written, "schema_version": 2},
        {**written, "verdict": "PERHAPS"},
        {key: value for key, value in written.items() if key != "verdict"},
        {key: value for key, value in written.items() if key != "problems"},
    ):
        assert not validator.is_valid(broken)


def test_fields_that_come_later_are_no_mistake(validator: jsonschema.Draft202012Validator) -> None:
    assert validator.is_valid({**fields(a_report(a_result())), "of_a_later_version": {}})


def test_every_field_that_is_written_is_described(validator: jsonschema.Draft202012Validator) -> None:
    schema = report_schema()
    written = fields(a_report(a_result()))
    assert set(written) == set(schema["properties"])
    assert set(written["scenarios"][0]) == set(schema["$defs"]["E2ETestResult"]["properties"])
    assert set(written["scenarios"][0]["steps"][0]) == set(schema["$defs"]["StepResult"]["properties"])
