"""Annotations: what GitHub Actions is told, and what nobody can make it do."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_report, a_result, a_rule, a_step
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult, StepStatus
from cursus_readiness.render.annotations import render_annotations


def a_finding(number: int = 0, severity: Severity = Severity.ERROR, **changes: str) -> Finding:
    fields = {"id": f"finding-{number}", "message": "odd", **changes}
    return Finding.model_validate({**fields, "severity": severity})


def lines(*scenarios: E2ETestResult) -> list[str]:
    return render_annotations(a_report(*scenarios))


def test_a_good_run_has_nothing_to_say() -> None:
    assert lines(a_result()) == []


def test_a_gate_that_is_not_good_is_an_error_with_its_remedy() -> None:
    (line,) = lines(a_result([a_step()], rules=(a_rule(held=False, message="3 rows"),), success=False))
    assert line.startswith("::error title=Validation rules are broken in churn::1 of 1 rules are broken")
    assert "%0A" in line


def test_a_finding_stands_at_its_line() -> None:
    place = "scenarios/a.yaml:3: steps.Train"
    (line,) = lines(a_result(findings=(a_finding(severity=Severity.WARNING, place=place),)))
    assert line == (
        "::warning file=scenarios/a.yaml,line=3,title=finding-0 in churn::scenarios/a.yaml:3: steps.Train: odd"
    )


@pytest.mark.parametrize("place", ["", "$.Steps[0].Arguments", "x/part-0.csv", "a.yaml", "a,b:c.yaml:3: x"])
def test_a_place_without_a_line_is_none(place: str) -> None:
    (line,) = lines(a_result(findings=(a_finding(severity=Severity.NOTE, place=place),)))
    assert line.startswith("::notice title=")


def test_what_was_found_of_many_steps_is_told_once() -> None:
    found = tuple(a_finding(severity=Severity.NOTE, step=step) for step in ("Prep", "Train", "Eval"))
    assert lines(a_result(findings=found)) == ["::notice title=finding-0 of Prep and 2 more in churn::odd"]


def test_an_invalid_scenario_is_told_by_its_mistakes_alone() -> None:
    mistakes = tuple(a_finding(number, place=f"a.yaml:{number}: x") for number in (1, 2))
    found = lines(a_result([], problem="invalid", error_details="a.yaml:1: x", findings=mistakes))
    assert [line.partition(",title")[0] for line in found] == [
        f"::error file=a.yaml,line={number}" for number in (1, 2)
    ]


def test_a_scenario_that_cannot_run_says_why() -> None:
    assert lines(a_result([], problem="cannot_run", error_details="no disk")) == [
        "::error title=churn%3A cannot run::no disk"
    ]


def test_files_that_could_not_be_read_are_told() -> None:
    problem = a_finding(place="churn/A/result.json")
    found = render_annotations(a_report(a_result()).model_copy(update={"problems": (problem,)}))
    assert found == ["::error title=finding-0 in readiness::churn/A/result.json: odd"]


@pytest.mark.parametrize(("count", "shown", "left"), [(10, 10, None), (11, 9, 2), (10_000, 9, 9_991)])
@pytest.mark.parametrize("severity", Severity)
def test_ten_of_each_level_are_told_and_the_others_counted(
    severity: Severity, count: int, shown: int, left: int | None
) -> None:
    found = lines(a_result(findings=tuple(a_finding(number, severity) for number in range(count))))
    assert len(found) == 10
    assert sum("finding-" in line for line in found) == shown
    if left is not None:
        assert found[-1].endswith(f"::{left} more: see readiness.md or readiness.html")


@given(st.text(max_size=80))
def test_no_text_becomes_a_command(text: str) -> None:
    hostile = f"{text}\n::add-mask::x\r\n::error::{text}"
    steps = [a_step(hostile, status=StepStatus.FAILED, reason=hostile)]
    report: ReadinessReport = a_report(a_result(steps, scenario_name=hostile, findings=(a_finding(place=hostile),)))
    for line in render_annotations(report):
        assert len(line.splitlines()) == 1
        assert re.match(r"::(error|warning|notice) (file=[^,:]+,line=\d+,)?title=[^,:]*::", line)
        line.encode()


def test_a_long_message_is_cut() -> None:
    (line,) = lines(a_result(findings=(a_finding(message="x" * 100_000),)))
    assert len(line) < 2000
