"""junit.xml, parsed back."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_report, a_result, a_rule, a_step, a_step_that_never_ran, a_usage
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.report import ReadinessReport, Verdict
from cursus_readiness.model.result import E2ETestResult, StepStatus
from cursus_readiness.render.junit import render_junit
from cursus_readiness.units import GIB

ATTRIBUTES = {  # what junit-10.xsd of Jenkins's xUnit plugin allows; those before the bar it demands
    "testsuites": "| name time tests failures errors",
    "testsuite": "name tests failures errors | group time skipped timestamp hostname id package file log url",
    "properties": "|",
    "property": "name value |",
    "testcase": "name | time classname group",
    "failure": "| type message",
    "error": "| type message",
    "skipped": "| type message",
    "system-out": "|",
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testsuite", "properties", "testcase", "system-out", "system-err"},
    "properties": {"property"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
}


def violations(element: ElementTree.Element) -> list[str]:
    """Where an element or one below it differs from the schema."""
    demanded, allowed = (set(half.split()) for half in ATTRIBUTES[element.tag].split("|"))
    found = [f"{element.tag} lacks {name}" for name in demanded - set(element.attrib)]
    found += [f"{element.tag} has {name}" for name in set(element.attrib) - demanded - allowed]
    if "time" in element.attrib and not re.fullmatch(r"[0-9]+\.[0-9]*", element.attrib["time"]):
        found.append(f"{element.tag} has the time {element.attrib['time']}")
    for child in element:
        strange = [] if child.tag in CHILDREN.get(element.tag, ()) else [f"{child.tag} in {element.tag}"]
        found += strange or violations(child)
    return found


def parsed(*scenarios: E2ETestResult, wall_s: float | None = 13.0) -> ElementTree.Element:
    return ElementTree.fromstring(render_junit(a_report(*scenarios, wall_s=wall_s)))


def cases(root: ElementTree.Element) -> dict[str, ElementTree.Element]:
    return {case.get("name", ""): case for case in root.iter("testcase")}


def outcome(case: ElementTree.Element) -> str:
    return next((child.tag for child in case), "passed")


def test_every_step_and_rule_is_a_case() -> None:
    root = parsed(a_result([a_step("A"), a_step("B")], rules=(a_rule(step="B"),)))
    assert {name: outcome(case) for name, case in cases(root).items() if not name.startswith("gate ")} == {
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
    assert {name for name in cases(root) if name.startswith("step ")} == {f"step {status}" for status in StepStatus}


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
    for suite in root:
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
    assert [int(suite.get("failures", "")) > 0 for suite in root] == [True, False]
    for key in ("tests", "failures", "errors"):
        assert root.get(key) == str(sum(int(suite.get(key, "")) for suite in root))


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
    case = suite.findall("testcase")[0]
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


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.PASS, None),
        (Outcome.WARN, None),
        (Outcome.FAIL, "failure"),
        (Outcome.ERROR, "error"),
        (Outcome.NO_EVIDENCE, "skipped"),
        (Outcome.NOT_APPLICABLE, "skipped"),
    ],
)
def test_a_gate_without_evidence_is_not_passed(outcome: Outcome, expected: str | None) -> None:
    report = a_report(a_result())
    gate = next(audit for audit in report.audits if audit.id == "failed-scenario")
    changed = report.model_copy(update={"audits": (gate.model_copy(update={"outcome": outcome}),)})
    case = cases(ElementTree.fromstring(render_junit(changed)))["gate failed-scenario"]
    assert next((child.tag for child in case), None) == expected


def test_advice_is_no_case() -> None:
    root = parsed(a_result([a_step(usage=a_usage(cpu_s=0.1))]))
    assert not any("idle-cpu" in name for name in cases(root))


def test_where_it_ran_stands_with_each_suite_and_what_is_unknown_does_not() -> None:
    report = a_report(a_result())
    environment = report.environment.model_copy(update={"commit": None})
    root = ElementTree.fromstring(render_junit(report.model_copy(update={"environment": environment})))
    found = {item.get("name"): item.get("value") for item in root.iter("property")}
    assert found["cpu_model"] == "Example CPU"
    assert found["verdict"] == "READY"
    assert "commit" not in found


def test_it_has_the_form_that_jenkins_asks_for() -> None:
    steps = [a_step(f"S {status}", status=status, reason="x", stand_in="a program") for status in StepStatus]
    rules = tuple(a_rule(held=held) for held in (True, False, None))
    broken = a_result([], problem="invalid", error_details="a.yaml:3: x", scenario_name="broken")
    text = render_junit(a_report(a_result(steps, rules=rules), broken))
    assert violations(ElementTree.fromstring(text)) == []


def test_a_report_without_scenarios_has_no_cases() -> None:
    assert parsed().get("tests") == "0"
