"""Each gate on hand-built evidence, both sides of each threshold."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_rule, a_step, a_step_that_never_ran, a_usage, some_evidence
from cursus_readiness.audits.base import Audit, Evidence, Product
from cursus_readiness.audits.performance.memory_over_limit import MemoryOverLimit
from cursus_readiness.audits.performance.time_over_limit import TimeOverLimit
from cursus_readiness.audits.validation.broken_data_flow import BrokenDataFlow
from cursus_readiness.audits.validation.broken_rule import BrokenRule
from cursus_readiness.audits.validation.failed_scenario import FailedScenario
from cursus_readiness.audits.validation.missing_step import MissingStep
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.lineage import DataFlow, FlowEdge
from cursus_readiness.model.result import StepResult, StepStatus
from cursus_readiness.units import GIB

LIMIT = 4 * GIB


def judge(audit: Audit, evidence: Evidence) -> Product:
    (product,) = audit.evaluate(evidence)
    return product


def peaking(peak: int | None, name: str = "Train", **changes: Any) -> StepResult:
    return a_step(name, usage=a_usage(peak_memory_bytes=peak), memory_limit_bytes=LIMIT, **changes)


class TestFailedScenario:
    def test_steps_that_all_succeed_pass(self) -> None:
        found = judge(FailedScenario(), some_evidence(a_step("A"), a_step("B")))
        assert (found.outcome, found.message) == (Outcome.PASS, "2 of 2 steps were executed, none failed")

    @pytest.mark.parametrize("status", [StepStatus.FAILED, StepStatus.TIMED_OUT, StepStatus.OUT_OF_MEMORY])
    def test_a_step_that_fails_in_any_way_fails_the_gate(self, status: StepStatus) -> None:
        found = judge(FailedScenario(), some_evidence(a_step("A"), a_step("B", status=status, reason="why")))
        assert (found.outcome, found.step) == (Outcome.FAIL, "B")
        assert found.message == "1 of 2 executed steps failed, first B: why"
        assert found.measured
        assert found.measured.value == 1

    def test_a_step_that_passed_only_when_tried_again_is_a_warning(self) -> None:
        found = judge(FailedScenario(), some_evidence(a_step("A"), a_step("B", status=StepStatus.FLAKY)))
        assert (found.outcome, found.step) == (Outcome.WARN, "B")

    @pytest.mark.parametrize(
        ("accepted", "outcome"),
        [
            pytest.param(None, Outcome.WARN, id="no budget warns"),
            pytest.param(2, Outcome.WARN, id="exactly the budget warns"),
            pytest.param(1, Outcome.FAIL, id="one more than the budget fails"),
        ],
    )
    def test_flaky_steps_have_a_budget_and_never_simply_pass(self, accepted: int | None, outcome: Outcome) -> None:
        reused = a_step("C", status=StepStatus.REUSED, attempt_count=2)
        steps = (a_step("A"), a_step("B", status=StepStatus.FLAKY), reused)
        found = judge(FailedScenario(), some_evidence(*steps, max_flaky=accepted))
        assert (found.outcome, found.step) == (outcome, "B")
        assert "B, C" in found.message

    @pytest.mark.parametrize(
        "evidence",
        [
            pytest.param(some_evidence(), id="no step at all"),
            pytest.param(some_evidence(a_step_that_never_ran("A", StepStatus.NOT_EXECUTED)), id="none executed"),
            pytest.param(some_evidence(a_step(), is_complete=False), id="the run did not end"),
            pytest.param(some_evidence(a_step(), problem="invalid", error_details="a.yaml:1\nmore"), id="invalid"),
            pytest.param(some_evidence(a_step(), problem="cannot_run"), id="cannot run"),
            pytest.param(
                some_evidence(a_step("A"), a_step_that_never_ran("B", StepStatus.INTERRUPTED)), id="a step was cut off"
            ),
        ],
    )
    def test_what_was_not_run_to_its_end_is_no_evidence(self, evidence: Evidence) -> None:
        found = judge(FailedScenario(), evidence)
        assert found.outcome is Outcome.NO_EVIDENCE
        assert found.remedy
        assert "\n" not in found.message

    def test_a_failure_counts_although_the_run_did_not_end(self) -> None:
        found = judge(FailedScenario(), some_evidence(a_step(status=StepStatus.FAILED), is_complete=False))
        assert found.outcome is Outcome.FAIL


class TestMissingStep:
    def test_an_expected_step_that_a_condition_passed_by_fails(self) -> None:
        found = judge(
            MissingStep(), some_evidence(a_step("A"), a_step_that_never_ran("B", StepStatus.NOT_TAKEN, "C is false"))
        )
        assert (found.outcome, found.step) == (Outcome.FAIL, "B")
        assert "C is false" in found.message
        assert "condition" in (found.remedy or "")

    def test_steps_that_were_all_executed_pass(self) -> None:
        found = judge(MissingStep(), some_evidence(a_step("A"), a_step("B", status=StepStatus.FAILED)))
        assert found.outcome is Outcome.PASS

    def test_a_reused_step_counts_as_executed(self) -> None:
        assert judge(MissingStep(), some_evidence(a_step(status=StepStatus.REUSED))).outcome is Outcome.PASS

    def test_a_step_that_a_failure_kept_out_fails_the_gate(self) -> None:
        blocked = a_step_that_never_ran("B", StepStatus.BLOCKED, "A failed")
        found = judge(MissingStep(), some_evidence(a_step("A", status=StepStatus.FAILED), blocked))
        assert (found.outcome, found.step) == (Outcome.FAIL, "B")
        assert found.message == "1 of 2 expected steps were not executed, first B: A failed"

    @pytest.mark.parametrize("status", [StepStatus.NOT_EXECUTED, StepStatus.BLOCKED, StepStatus.INTERRUPTED])
    def test_a_step_that_did_not_run_to_its_end_is_no_evidence(self, status: StepStatus) -> None:
        found = judge(MissingStep(), some_evidence(a_step("A"), a_step_that_never_ran("B", status)))
        assert (found.outcome, found.step) == (Outcome.NO_EVIDENCE, "B")

    def test_a_step_that_nobody_expects_may_be_missing(self) -> None:
        steps = (a_step("A"), a_step_that_never_ran("B", StepStatus.NOT_EXECUTED))
        assert judge(MissingStep(), some_evidence(*steps, expected_steps=("A",))).outcome is Outcome.PASS

    def test_without_a_plan_there_is_no_evidence(self) -> None:
        assert judge(MissingStep(), some_evidence(expected_steps=("A",))).outcome is Outcome.NO_EVIDENCE


class TestBrokenRule:
    @pytest.mark.parametrize(
        ("held", "outcome"),
        [
            ((True, True), Outcome.PASS),
            ((True, False), Outcome.FAIL),
            ((None, False), Outcome.FAIL),
            ((True, None), Outcome.NO_EVIDENCE),
            ((None, None), Outcome.NO_EVIDENCE),
        ],
        ids=["all held", "one broken", "one broken, one unknown", "one unknown", "all unknown"],
    )
    def test_the_worst_rule_decides(self, held: tuple[bool | None, ...], outcome: Outcome) -> None:
        rules = tuple(a_rule(held=item) for item in held)
        assert judge(BrokenRule(), some_evidence(a_step(), rules=rules)).outcome is outcome

    def test_the_first_broken_rule_is_named(self) -> None:
        rules = (a_rule(), a_rule(held=False, message="3 rows, expected >= 5"))
        found = judge(BrokenRule(), some_evidence(a_step(), rules=rules))
        assert found.message == "1 of 2 rules are broken, first Train data/*.csv row_count: 3 rows, expected >= 5"

    def test_no_rules_are_neither_kept_nor_broken(self) -> None:
        assert judge(BrokenRule(), some_evidence(a_step())).outcome is Outcome.NOT_APPLICABLE

    @pytest.mark.parametrize("changes", [{"is_complete": False}, {"problem": "invalid"}], ids=["cut off", "never ran"])
    def test_no_rules_of_a_run_that_did_not_end_are_no_evidence(self, changes: dict[str, Any]) -> None:
        assert judge(BrokenRule(), some_evidence(a_step(), **changes)).outcome is Outcome.NO_EVIDENCE


class TestMemoryOverLimit:
    @pytest.mark.parametrize(
        ("peak", "outcome"),
        [
            pytest.param(LIMIT, Outcome.PASS, id="exactly at the limit passes"),
            pytest.param(LIMIT + 1, Outcome.FAIL, id="one byte over fails"),
        ],
    )
    def test_the_limit_is_inclusive(self, peak: int, outcome: Outcome) -> None:
        found = judge(MemoryOverLimit(), some_evidence(peaking(peak)))
        assert found.outcome is outcome
        assert found.measured
        assert found.threshold
        assert (found.measured.value, found.threshold.value) == (peak, LIMIT)

    @pytest.mark.parametrize(
        ("needed", "outcome"),
        [
            pytest.param(LIMIT, Outcome.PASS, id="what must fit is exactly the limit"),
            pytest.param(LIMIT + 1, Outcome.FAIL, id="it is a byte more"),
            pytest.param(None, Outcome.FAIL, id="nobody knows it"),
        ],
    )
    def test_pages_of_files_alone_put_no_step_over_its_limit(self, needed: int | None, outcome: Outcome) -> None:
        mapping = a_step(
            usage=a_usage(peak_memory_bytes=2 * LIMIT, peak_anonymous_bytes=needed), memory_limit_bytes=LIMIT
        )
        assert judge(MemoryOverLimit(), some_evidence(mapping)).outcome is outcome

    def test_the_step_nearest_to_its_limit_is_named(self) -> None:
        small_limit = a_step("B", usage=a_usage(peak_memory_bytes=900), memory_limit_bytes=1000)
        assert judge(MemoryOverLimit(), some_evidence(peaking(GIB, "A"), small_limit)).step == "B"

    @pytest.mark.parametrize("peak", [None, LIMIT - 1])
    def test_a_step_that_was_ended_for_its_memory_fails(self, peak: int | None) -> None:
        killed = peaking(peak, "B", status=StepStatus.OUT_OF_MEMORY)
        found = judge(MemoryOverLimit(), some_evidence(peaking(1, "A"), killed))
        assert (found.outcome, found.step) == (Outcome.FAIL, "B")
        assert (found.measured is None) == (peak is None)

    def test_a_step_that_was_ended_for_its_memory_fails_although_it_was_not_timed(self) -> None:
        killed = peaking(None, "B", status=StepStatus.OUT_OF_MEMORY, wall_s=None)
        assert judge(MemoryOverLimit(), some_evidence(peaking(1, "A"), killed)).outcome is Outcome.FAIL

    @pytest.mark.parametrize(
        "steps",
        [
            pytest.param((), id="no step"),
            pytest.param((peaking(None),), id="no peak"),
            pytest.param((peaking(1, "A"), peaking(None, "B")), id="one peak of two"),
            pytest.param((a_step_that_never_ran("A", StepStatus.NOT_EXECUTED),), id="nothing ran"),
            pytest.param(
                (peaking(1, "A"), a_step_that_never_ran("B", StepStatus.INTERRUPTED)), id="a step was cut off"
            ),
        ],
    )
    def test_what_was_not_measured_is_not_within_its_limit(self, steps: tuple[StepResult, ...]) -> None:
        assert judge(MemoryOverLimit(), some_evidence(*steps)).outcome is Outcome.NO_EVIDENCE

    def test_a_step_without_a_limit_is_not_over_it(self) -> None:
        found = judge(MemoryOverLimit(), some_evidence(a_step(memory_limit_bytes=None)))
        assert found.outcome is not Outcome.FAIL


class TestTimeOverLimit:
    def test_the_slowest_step_is_named(self) -> None:
        found = judge(TimeOverLimit(), some_evidence(a_step("A", wall_s=1.0), a_step("B", wall_s=2.0)))
        assert (found.outcome, found.step) == (Outcome.PASS, "B")
        assert found.measured
        assert found.measured.value == 2.0

    @pytest.mark.parametrize("wall_s", [600.5, None])
    def test_a_step_that_was_stopped_fails(self, wall_s: float | None) -> None:
        late = a_step("B", status=StepStatus.TIMED_OUT, wall_s=wall_s, reason="stopped after 10 min")
        found = judge(TimeOverLimit(), some_evidence(a_step("A"), late))
        assert (found.outcome, found.step, found.message) == (Outcome.FAIL, "B", "B: stopped after 10 min")
        assert (found.measured is None) == (wall_s is None)

    @pytest.mark.parametrize(
        "evidence",
        [
            pytest.param(some_evidence(), id="no step"),
            pytest.param(some_evidence(a_step(wall_s=None)), id="no time"),
            pytest.param(some_evidence(a_step(), is_complete=False), id="the run did not end"),
            pytest.param(
                some_evidence(a_step("A"), a_step_that_never_ran("B", StepStatus.INTERRUPTED)), id="a step was cut off"
            ),
        ],
    )
    def test_what_was_not_timed_is_not_within_its_limit(self, evidence: Evidence) -> None:
        assert judge(TimeOverLimit(), evidence).outcome is Outcome.NO_EVIDENCE


def a_flow(*severities: Severity, tables: int = 1) -> DataFlow:
    edge = FlowEdge(producer="Prep", output="x", consumer="Train", input="x", uri="s3://b/x", table_count=tables)
    findings = tuple(
        Finding(id="rows-lost", severity=severity, message=f"message {index}", step="Prep", remedy="Look.")
        for index, severity in enumerate(severities)
    )
    return DataFlow(edges=(edge,), findings=findings, compared_with="run 1")


@pytest.mark.parametrize(
    ("flow", "outcome", "message"),
    [
        (a_flow(), Outcome.PASS, "nothing is wrong with 1 tables that steps read, compared with run 1"),
        (a_flow(Severity.NOTE), Outcome.PASS, "nothing is wrong with 1 tables that steps read, compared with run 1"),
        (a_flow(Severity.NOTE, Severity.WARNING), Outcome.WARN, "message 1"),
        (a_flow(Severity.WARNING, Severity.WARNING), Outcome.WARN, "message 0 (and 1 more)"),
        (a_flow(Severity.WARNING, Severity.ERROR), Outcome.FAIL, "message 1"),
        (a_flow(tables=0), Outcome.NOT_APPLICABLE, "no table is known to go from one step to another"),
        (DataFlow(), Outcome.NOT_APPLICABLE, "no table is known to go from one step to another"),
    ],
)
def test_an_error_about_the_flow_of_data_fails_and_a_warning_warns(
    flow: DataFlow, outcome: Outcome, message: str
) -> None:
    [product] = BrokenDataFlow().evaluate(some_evidence(a_step(), data_flow=flow))
    assert (product.outcome, product.message) == (outcome, message)
