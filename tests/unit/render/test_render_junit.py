"""junit.xml, parsed back."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_report, a_result, a_rule, a_step, a_step_that_never_ran, a_usage
from cursus_readiness.model.report import ReadinessReport, Verdict
from cursus_readiness.model.result import E2ETestResult, StepStatus
from cursus_readiness.render.junit import render_junit
from cursus_readiness.units import GIB


def parsed(*scenarios: E2ETestResult, wall_s: float | None = 13.0) -> ElementTree.Element:
    return ElementTree.fromstring(render_junit(a_report(*scenarios, wall_s=wall_s)))


def cases(root: ElementTree.Element) -> dict[str, ElementTree.Element]:
    return {case.get("name", ""): case for case in root.iter("testcase")}


def outcome(case: ElementTree.Element) -> str:
    return next((child.tag for child in case), "passed")


def test_every_step_and_rule_is_a_case() -> None:
    root = parsed(a_result([a_step("A"), a_step("B")], rules=(a_rule(step="B"),)))
    assert {name: outcome(case) for name, case in cases(root).items()} == {
        "step A": "passed",
        "step B": "passed",
        "rule B data/*.csv row_count": "passed",
    }
    assert {case.get("classname") for case in root.iter("testcase")} == {"churn"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (StepStatus.SUCCEEDED, "passed"),
        (StepStatus.FLAKY, "passed"),
        (StepStatus.REUSED, "passed"),
        (StepStatus.FAILED, "failure"),
        (StepStatus.TIMED_OUT, "failure"),
        (StepStatus.OUT_OF_MEMORY, "failure"),
        (StepStatus.BLOCKED, "skipped"),
        (StepStatus.NOT_TAKEN, "skipped"),
        (StepStatus.NOT_EXECUTED, "skipped"),
        (StepStatus.INTERRUPTED, "skipped"),
    ],
)
def test_only_a_step_that_succeeded_is_passed(status: StepStatus, expected: str) -> None:
    assert outcome(cases(parsed(a_result([a_step("A", status=status)])))["step A"]) == expected


def test_every_status_has_its_outcome() -> None:
    steps = [a_step(status.value, status=status) for status in StepStatus]
    root = parsed(a_result(steps))
    assert root.get("tests") == str(len(StepStatus))


@pytest.mark.parametrize(("held", "expected"), [(True, "passed"), (False, "failure"), (None, "skipped")])
def test_a_rule_that_was_not_judged_is_not_passed(held: bool | None, expected: str) -> None:
    root = parsed(a_result(rules=(a_rule(held=held),)))
    assert outcome(cases(root)["rule Train data/*.csv row_count"]) == expected


def test_a_scenario_that_could_not_run_is_an_error() -> None:
    root = parsed(a_result([], problem="invalid", error_details="a.yaml:3: x\nb.yaml:4: y"))
    error = cases(root)["scenario"].find("error")
    assert error is not None
    assert error.get("message") == "a.yaml:3: x"
    assert error.text == "a.yaml:3: x\nb.yaml:4: y"
    assert root.get("errors") == "1"


@pytest.mark.parametrize("details", [None, "", "\n", " \n x"])
def test_a_problem_without_words_is_an_error_too(details: str | None) -> None:
    assert parsed(a_result([], problem="cannot_run", error_details=details)).get("errors") == "1"


def test_counts_add_up_over_suites() -> None:
    first = a_result(
        [a_step("A", status=StepStatus.FAILED), a_step_that_never_ran("B", StepStatus.BLOCKED)],
        rules=(a_rule(held=None), a_rule(held=False, rule="exists")),
    )
    second = a_result([a_step("A")], scenario_name="other")
    root = parsed(first, second)
    suites = [[suite.get(key) for key in ("name", "tests", "failures", "errors", "skipped")] for suite in root]
    assert suites == [["churn", "4", "2", "0", "2"], ["other", "1", "0", "0", "0"]]
    assert [root.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["5", "2", "0", "2"]


def test_times_and_start_are_those_of_the_run() -> None:
    root = parsed(a_result([a_step("A", wall_s=1.2345)]))
    (suite,) = root
    assert (root.get("time"), suite.get("time"), suite.get("timestamp")) == ("13.000", "12.500", "2026-03-14T09:26:53")
    assert cases(root)["step A"].get("time") in ("1.234", "1.235")


def test_a_run_without_a_start_has_no_timestamp() -> None:
    (suite,) = parsed(a_result(started_at=None))
    assert suite.get("timestamp") is None


def test_a_duration_that_was_not_measured_is_no_number() -> None:
    root = parsed(a_result([], total_duration=float("nan")), wall_s=None)
    assert "nan" not in ElementTree.tostring(root, encoding="unicode").lower()


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1b", "\ufffe", "\ud800", "\x1f"], ids=ascii)
def test_a_character_that_xml_cannot_hold_is_replaced(character: str) -> None:
    root = parsed(a_result([a_step(f"a{character}b")], rules=(a_rule(held=False, message=character),)))
    assert "step a\ufffdb" in cases(root)


@given(st.text(min_size=1, max_size=40))
def test_any_text_comes_back(text: str) -> None:
    report: ReadinessReport = a_report(
        a_result([a_step(text, status=StepStatus.FAILED, reason=text)], scenario_name=text)
    )
    (suite,) = ElementTree.fromstring(render_junit(report))
    (case,) = suite
    if all(ch in "\t\n\r" or " " <= ch <= "\ud7ff" or (ch >= "\ue000" and ch not in "\ufffe\uffff") for ch in text):
        assert suite.get("name") == text
        assert case.get("name") == f"step {text}"
        assert case[0].get("message") == f"failed: {text}"


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(a_result([a_step(status=StepStatus.FAILED)]), id="a failed step"),
        pytest.param(a_result(rules=(a_rule(held=False),)), id="a broken rule"),
        pytest.param(a_result([a_step(usage=a_usage(peak_memory_bytes=5 * GIB))]), id="a peak over the limit"),
    ],
)
def test_a_run_that_is_not_ready_has_a_failure(result: E2ETestResult) -> None:
    report = a_report(result)
    assert report.verdict is Verdict.NOT_READY
    root = ElementTree.fromstring(render_junit(report))
    assert int(root.get("failures", "0")) + int(root.get("errors", "0")) > 0


def test_a_report_without_scenarios_has_no_cases() -> None:
    assert parsed().get("tests") == "0"
