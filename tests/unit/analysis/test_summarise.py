"""What was stored becomes a result."""

from __future__ import annotations

import math
from typing import Any

import pytest

from builders import START, a_job, a_plan, a_rule, a_scenario, a_step, a_step_that_never_ran, a_usage
from cursus_readiness.analysis.scenario import summarise
from cursus_readiness.model.contention import Contention
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from cursus_readiness.store.reading import StoredScenario
from cursus_readiness.store.records import FindingsRecord, ScenarioRecord
from cursus_readiness.units import GIB


def stored(*steps: StepResult, planned: tuple[str, ...] = ("Prep", "Train"), **changes: Any) -> StoredScenario:
    record = {"scenario_name": "churn", "started_at": START, "total_duration_s": 20.0, **changes.pop("record", {})}
    fields: dict[str, Any] = {
        "record": ScenarioRecord(**record),
        "plan": a_plan(
            *(a_job(name) for name in planned), scenario=a_scenario(expected_steps=changes.pop("expected", []))
        ),
        "steps": {step.step_name: step for step in steps},
        "findings": FindingsRecord(rules=changes.pop("rules", ())),
        "started_steps": frozenset(step.step_name for step in steps),
        "is_complete": True,
        **changes,
    }
    return StoredScenario(**fields)


def result(*steps: StepResult, **changes: Any) -> E2ETestResult:
    return summarise(stored(*steps, **changes))


def test_a_run_in_which_all_went_well_is_a_success() -> None:
    found = result(a_step("Prep"), a_step("Train"))
    assert found.success
    assert (found.steps_executed, found.steps_failed, found.total_duration) == (2, 0, 20.0)
    assert (found.error_details, found.expected_steps) == (None, ("Prep", "Train"))


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(result(a_step("Prep"), a_step("Train", status=StepStatus.FAILED)), id="a step failed"),
        pytest.param(result(a_step("Prep")), id="a step left no result"),
        pytest.param(
            result(a_step("Prep"), a_step_that_never_ran("Train", StepStatus.NOT_EXECUTED)), id="a step cannot run"
        ),
        pytest.param(result(a_step("Prep"), a_step("Train"), rules=(a_rule(held=False),)), id="a rule is broken"),
        pytest.param(result(a_step("Prep"), a_step("Train"), rules=(a_rule(held=None),)), id="a rule was not judged"),
        pytest.param(result(a_step("Prep"), a_step("Train"), is_complete=False), id="the run did not end"),
        pytest.param(result(a_step("Prep"), a_step("Train"), record={"problem": "cannot_run"}), id="a problem"),
        pytest.param(result(planned=()), id="no step was executed"),
        pytest.param(result(plan=None), id="no plan was made"),
    ],
)
def test_anything_less_is_no_success(found: E2ETestResult) -> None:
    assert not found.success


@pytest.mark.parametrize("status", [StepStatus.FLAKY, StepStatus.REUSED])
def test_a_step_that_succeeded_in_another_way_counts(status: StepStatus) -> None:
    assert result(a_step("Prep"), a_step("Train", status=status)).success


@pytest.mark.parametrize(("accepted", "success"), [(None, True), (1, True), (0, False)])
def test_more_flaky_steps_than_are_accepted_are_no_success(accepted: int | None, success: bool) -> None:
    plan = a_plan(a_job("Train"), scenario=a_scenario(max_flaky=accepted))
    found = result(a_step("Train", status=StepStatus.FLAKY), plan=plan)
    assert (found.success, found.max_flaky) == (success, accepted)


def test_a_scenario_of_which_every_step_is_reused_is_a_success_with_nothing_executed() -> None:
    found = result(*(a_step(name, status=StepStatus.REUSED) for name in ("Prep", "Train")))
    assert (found.success, found.steps_executed) == (True, 0)


def test_how_many_steps_ran_at_the_same_time_is_told() -> None:
    two = a_step("Train", contention=Contention(concurrent_steps=2))
    assert result(a_step("Prep"), two).performance_metrics["concurrent_tasks"] == 2.0
    assert "concurrent_tasks" not in result(a_step("Prep"), a_step("Train")).performance_metrics


def test_an_unexpected_step_may_stay_undone() -> None:
    undone = a_step_that_never_ran("Train", StepStatus.NOT_EXECUTED)
    assert result(a_step("Prep"), undone, expected=["Prep"]).success


def test_a_step_that_began_and_left_no_result_was_interrupted() -> None:
    found = result(a_step("Prep"), started_steps=frozenset({"Prep", "Train"}), is_complete=False)
    assert [step.status for step in found.steps] == [StepStatus.SUCCEEDED, StepStatus.INTERRUPTED]
    assert found.steps[1].reason == "the run ended while it was running"
    assert found.steps[1].wall_s is None


def test_a_step_that_never_began_was_not_executed() -> None:
    found = result(a_step("Prep"), is_complete=False)
    assert (found.steps[1].status, found.steps[1].reason) == (StepStatus.NOT_EXECUTED, "the run ended before it")


def test_the_peak_is_the_largest_of_all_steps_in_mib() -> None:
    small, large = a_usage(peak_memory_bytes=1 * GIB), a_usage(peak_memory_bytes=3 * GIB)
    assert result(a_step("Prep", usage=large), a_step("Train", usage=small)).peak_memory_usage == 3072


def test_what_was_not_measured_is_not_zero() -> None:
    found = result(record={"total_duration_s": None})
    assert math.isnan(found.peak_memory_usage)
    assert math.isnan(found.total_duration)
    assert found.performance_metrics == {}


def test_totals_add_up_over_what_was_measured() -> None:
    unmeasured = a_step("Train", usage=a_usage(read_bytes=None, written_bytes=None), wall_s=None)
    totals = result(a_step("Prep"), unmeasured).performance_metrics
    assert totals["cpu_s"] == 20.0
    assert totals["step_wall_s"] == 10.0
    assert totals["read_bytes"] == a_usage().read_bytes


@pytest.mark.parametrize(
    ("reason", "shown"), [("exit code 1", "step Train: exit code 1"), (None, "step Train: failed")]
)
def test_the_first_failure_is_the_error(reason: str | None, shown: str) -> None:
    failed = a_step("Train", status=StepStatus.FAILED, reason=reason)
    assert result(a_step("Prep"), failed).error_details == shown


def test_a_problem_comes_before_a_failure() -> None:
    failed = a_step("Train", status=StepStatus.FAILED)
    found = result(a_step("Prep"), failed, record={"error_details": "no space left", "problem": "cannot_run"})
    assert (found.error_details, found.problem) == ("no space left", "cannot_run")


def test_rules_are_nested_by_step_and_files() -> None:
    rules = (a_rule(rule="exists"), a_rule(held=False, message="3 rows", examples=("x",)), a_rule(step="Prep"))
    nested = result(a_step("Prep"), a_step("Train"), rules=rules).validation_results
    assert nested["Train"]["data/*.csv"]["row_count"] == {"held": False, "message": "3 rows", "examples": ["x"]}
    assert set(nested["Train"]["data/*.csv"]) == {"exists", "row_count"}
    assert set(nested) == {"Train", "Prep"}
