"""What keeps a step from being started."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_step, a_step_that_never_ran
from cursus_readiness.gather.obstacles import obstacle
from cursus_readiness.model.plan import PlannedBranch, PlannedStep
from cursus_readiness.model.result import StepKind, StepStatus


def found(status: StepStatus, **step: Any) -> tuple[str, str] | None:
    """The obstacle of a step after one that ended so."""
    upstream = a_step("A", status=status, kind=step.pop("kind", StepKind.PROCESS))
    outcomes = step.pop("outcomes", {})
    said = obstacle(PlannedStep(name="B", step_type="Fail", depends_on=("A",), **step), {"A": upstream}, outcomes)
    return None if said is None else (said[0].value, said[1])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (StepStatus.SUCCEEDED, None),
        (StepStatus.FLAKY, None),
        (StepStatus.REUSED, None),
        (StepStatus.FAILED, ("blocked", "upstream A failed")),
        (StepStatus.TIMED_OUT, ("blocked", "upstream A timed out")),
        (StepStatus.OUT_OF_MEMORY, ("blocked", "upstream A ran out of memory")),
        (StepStatus.BLOCKED, ("blocked", "upstream A was blocked")),
        (StepStatus.NOT_EXECUTED, ("blocked", "upstream A was not executed")),
        (StepStatus.NOT_TAKEN, ("not_taken", "upstream A is not taken")),
    ],
)
def test_a_step_needs_those_before_it(status: StepStatus, expected: Any) -> None:
    assert found(status) == expected


def test_a_step_runs_on_what_a_fixture_gives() -> None:
    assert found(StepStatus.NOT_EXECUTED, kind=StepKind.FIXTURE) is None


@pytest.mark.parametrize(
    ("outcome", "is_if", "expected"),
    [
        ("True", True, None),
        ("False", False, None),
        ("True", False, ("not_taken", "condition A is true")),
        ("False", True, ("not_taken", "condition A is false")),
    ],
)
def test_a_branch_is_taken_or_not(outcome: str, is_if: bool, expected: Any) -> None:
    branch = PlannedBranch(condition="A", is_if=is_if)
    assert found(StepStatus.SUCCEEDED, branch=branch, outcomes={"A": outcome}) == expected


def test_neither_branch_of_a_condition_that_failed_is_run() -> None:
    branch = PlannedBranch(condition="A", is_if=True)
    assert found(StepStatus.FAILED, branch=branch) == ("blocked", "upstream A failed")


@pytest.mark.parametrize(
    ("trigger", "status", "expected"),
    [
        ("Failed", StepStatus.FAILED, None),
        ("Any", StepStatus.FAILED, None),
        ("Any", StepStatus.SUCCEEDED, None),
        ("Failed", StepStatus.SUCCEEDED, ("not_taken", "it waits for A to fail, which succeeded")),
        ("Stopped", StepStatus.SUCCEEDED, ("not_taken", "it waits for A to fail, which succeeded")),
        ("Stopped", StepStatus.FAILED, ("not_taken", "it waits for A to be stopped, which failed")),
    ],
)
def test_a_step_may_wait_for_a_failure(trigger: str, status: StepStatus, expected: Any) -> None:
    assert found(status, triggers={"A": trigger}) == expected


def test_a_branch_not_taken_comes_before_a_failure_upstream() -> None:
    results = {"A": a_step("A", status=StepStatus.FAILED), "C": a_step_that_never_ran("C", StepStatus.NOT_TAKEN)}
    said = obstacle(PlannedStep(name="B", step_type="Fail", depends_on=("A", "C")), results, {})
    assert said == (StepStatus.NOT_TAKEN, "upstream C is not taken")
