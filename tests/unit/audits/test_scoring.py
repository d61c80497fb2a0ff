"""From audits to one verdict."""

from __future__ import annotations

from itertools import combinations_with_replacement, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import INSTANCES, a_report, a_result, a_rule, a_step, a_step_that_never_ran, a_usage
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.runner import run_audits
from cursus_readiness.audits.scoring import EXIT_CODES, decide, exit_code
from cursus_readiness.model.audit import AuditResult, Level, Outcome
from cursus_readiness.model.report import ReadinessReport, Verdict
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from cursus_readiness.units import GIB


def an_audit(outcome: Outcome, level: Level = Level.GATE, **changes: Any) -> AuditResult:
    fields: dict[str, Any] = {
        "id": "x", "title": "Steps fail", "level": level, "checklist_item": 1, "outcome": outcome, "message": "why",
        "scenario": "churn", **changes,
    }  # fmt: skip
    return AuditResult(**fields)


def verdict(*outcomes: Outcome, is_complete: bool = True) -> Verdict:
    return decide([an_audit(outcome) for outcome in outcomes], [a_result()], is_complete=is_complete)[0]


O = Outcome  # noqa: E741 - the table is easier to read


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((O.PASS,), Verdict.READY),
        ((O.PASS, O.WARN), Verdict.READY),
        ((O.PASS, O.NOT_APPLICABLE), Verdict.READY),
        ((O.NOT_APPLICABLE,), Verdict.INCONCLUSIVE),
        ((), Verdict.INCONCLUSIVE),
        ((O.PASS, O.NO_EVIDENCE), Verdict.INCONCLUSIVE),
        ((O.PASS, O.ERROR), Verdict.INCONCLUSIVE),
        ((O.PASS, O.FAIL), Verdict.NOT_READY),
        ((O.NO_EVIDENCE, O.ERROR, O.FAIL), Verdict.NOT_READY),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_the_table_of_verdicts(outcomes: tuple[Outcome, ...], expected: Verdict) -> None:
    assert verdict(*outcomes) is expected


def test_a_run_is_ready_only_when_every_gate_is_good() -> None:
    for outcomes in combinations_with_replacement(Outcome, 3):
        is_ready = verdict(*outcomes) is Verdict.READY
        assert not is_ready or not {O.FAIL, O.ERROR, O.NO_EVIDENCE} & set(outcomes)


def test_an_incomplete_run_is_never_ready() -> None:
    for outcomes in product(Outcome, repeat=2):
        found = verdict(*outcomes, is_complete=False)
        assert found is (Verdict.NOT_READY if O.FAIL in outcomes else Verdict.INCONCLUSIVE)


def test_advice_decides_nothing() -> None:
    for outcome in Outcome:
        audits = [an_audit(O.PASS), an_audit(outcome, Level.ADVICE)]
        assert decide(audits, [a_result()], is_complete=True)[0] is Verdict.READY
        assert decide(audits[1:], [a_result()], is_complete=True)[0] is Verdict.INCONCLUSIVE


def test_without_scenarios_nothing_was_judged() -> None:
    assert decide([], [], is_complete=True) == (Verdict.INCONCLUSIVE, "Nothing was judged.")


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        ((O.FAIL,), "Steps fail in churn: why"),
        ((O.FAIL, O.FAIL, O.FAIL), "Steps fail in churn: why (and 2 more)"),
        ((O.NO_EVIDENCE,), "No evidence for churn: why"),
        ((O.NO_EVIDENCE, O.ERROR), "No evidence for churn: why (and 1 more)"),
        ((O.PASS,), "1 scenario with 1 executed steps passed, 0 rules hold, all limits were kept."),
    ],
)
def test_the_reason_names_the_first_and_counts_the_rest(outcomes: tuple[Outcome, ...], reason: str) -> None:
    assert decide([an_audit(outcome) for outcome in outcomes], [a_result()], is_complete=True)[1] == reason


def test_the_reason_of_an_incomplete_run_says_so() -> None:
    assert decide([an_audit(O.PASS)], [a_result()], is_complete=False)[1] == "The run did not come to its end."


@pytest.mark.parametrize(
    ("found", "problems", "code"),
    [
        (Verdict.READY, [], 0),
        (Verdict.READY_WITH_WAIVERS, [], 0),
        (Verdict.NOT_READY, [], 10),
        (Verdict.INCONCLUSIVE, [], 11),
        (Verdict.INCONCLUSIVE, ["invalid"], 4),
        (Verdict.INCONCLUSIVE, ["cannot_run"], 5),
        (Verdict.INCONCLUSIVE, ["cannot_run", "invalid"], 4),
        (Verdict.NOT_READY, ["cannot_run", "invalid"], 10),
    ],
)
def test_the_table_of_exit_codes(found: Verdict, problems: list[str], code: int) -> None:
    assert exit_code(found, [a_result(), *(a_result(problem=problem) for problem in problems)]) == code


def test_every_verdict_has_an_exit_code() -> None:
    assert set(EXIT_CODES) == set(Verdict)


def test_the_same_evidence_gives_the_same_report() -> None:
    assert a_report(a_result()).model_dump_json() == a_report(a_result()).model_dump_json()


STEPS = st.builds(
    lambda status, peak, cpu_s, waits: a_step(
        status=status, usage=a_usage(peak_memory_bytes=peak, cpu_s=cpu_s, io_wait_ratio=waits), reason="why"
    ),
    st.sampled_from(
        [StepStatus.SUCCEEDED, StepStatus.FLAKY, StepStatus.FAILED, StepStatus.OUT_OF_MEMORY, StepStatus.TIMED_OUT]
    ),
    st.sampled_from([1, 4 * GIB, 4 * GIB + 1]),
    st.sampled_from([0.1, 10.0]),
    st.sampled_from([0.0, 0.9]),
)


@st.composite
def results(draw: st.DrawFn) -> E2ETestResult:
    """A complete scenario of up to three executed steps and up to two rules that were judged."""
    steps = [
        step.model_copy(update={"step_name": f"S{index}"})
        for index, step in enumerate(draw(st.lists(STEPS, min_size=1, max_size=3)))
    ]
    rules = draw(st.lists(st.booleans().map(lambda held: a_rule(held=held)), max_size=2))
    return a_result(steps, rules=tuple(rules))


def without(step: StepResult, lost: str) -> StepResult:
    """A step of which something is not known any more."""
    if lost == "result":
        return a_step_that_never_ran(step.step_name, StepStatus.INTERRUPTED, "the run ended while it was running")
    if lost == "start":
        return a_step_that_never_ran(step.step_name, StepStatus.NOT_EXECUTED, "the run ended before it")
    if lost == "wall_s":
        return step.model_copy(update={"wall_s": None})
    return step.model_copy(update={"usage": step.usage.model_copy(update={lost: None})})


def greenness(report: ReadinessReport) -> bool:
    return report.verdict in (Verdict.READY, Verdict.READY_WITH_WAIVERS)


@given(results(), st.data())
def test_losing_evidence_never_makes_a_verdict_greener(scenario: E2ETestResult, data: st.DataObject) -> None:
    lost = data.draw(
        st.sampled_from(["result", "start", "wall_s", "peak_memory_bytes", "cpu_s", "io_wait_ratio", "rule"])
    )
    steps, rules = list(scenario.steps), list(scenario.rules)
    if lost == "rule" and rules:
        index = data.draw(st.integers(0, len(rules) - 1))
        rules[index] = rules[index].model_copy(update={"held": None})
    else:
        index = data.draw(st.integers(0, len(steps) - 1))
        steps[index] = without(steps[index], "result" if lost == "rule" else lost)
    less = a_result(steps, rules=tuple(rules), expected_steps=scenario.expected_steps)
    assert greenness(a_report(less)) <= greenness(a_report(scenario))
    assert greenness(a_report(scenario, is_complete=False)) is False


@given(results(), st.sampled_from(["peak_memory_bytes", "result", "wall_s"]))
def test_a_step_that_was_not_measured_is_never_ready(scenario: E2ETestResult, lost: str) -> None:
    less = a_result([without(step, lost) for step in scenario.steps], rules=scenario.rules)
    assert not greenness(a_report(less))


@given(results())
def test_nothing_that_failed_is_ready(scenario: E2ETestResult) -> None:
    has_failed = any(step.status.has_failed for step in scenario.steps) or any(not rule.held for rule in scenario.rules)
    over = any((step.usage.peak_memory_bytes or 0) > (step.memory_limit_bytes or 0) for step in scenario.steps)
    assert greenness(a_report(scenario)) is not (has_failed or over)


@given(results())
def test_no_audit_breaks_on_any_evidence(scenario: E2ETestResult) -> None:
    for steps in (scenario.steps, [without(step, "result") for step in scenario.steps], []):
        variants: list[dict[str, Any]] = [{}, {"problem": "invalid"}, {"is_complete": False}]
        for changes in variants:
            found, _ = run_audits([a_result(steps, **changes)], Policy(), INSTANCES)
            assert O.ERROR not in [result.outcome for result in found]


def test_a_ready_verdict_names_the_steps_that_were_not_tested() -> None:
    steps = [a_step("A"), a_step_that_never_ran("Register", StepStatus.NOT_EXECUTED, "not supported yet")]
    report = a_report(a_result(steps, expected_steps=("A",)))
    assert report.verdict is Verdict.READY
    assert report.reason.endswith("Not tested: Register.")
