"""What the templates are given: long lists end somewhere and say so, equal failures are one."""

from __future__ import annotations

from typing import Any

from builders import a_report, a_result, a_step
from cursus_readiness.model.attachments import LogTail
from cursus_readiness.model.result import StepStatus
from cursus_readiness.render.views import MOST_FAILURES, failures_of, listed, scenario_views


def test_a_list_that_is_cut_knows_how_long_it_was() -> None:
    made = listed(list("abcde"), 3)
    assert (list(made.shown), made.left_count, made.total_count) == (["a", "b", "c"], 2, 5)
    assert listed([], 3).total_count == 0


def test_steps_that_failed_in_the_same_way_are_one_failure() -> None:
    failed: dict[str, Any] = {"status": StepStatus.FAILED, "exit_code": 1}
    first = a_result([a_step(name, reason="no such file", **failed) for name in ("A", "B")], scenario_name="one")
    second = a_result(
        [a_step("C", reason="no such file", **failed), a_step("D", reason="bad", **failed), a_step("E")],
        scenario_name="two",
    )
    log = LogTail(scenario="one", step="A", stream="stderr", text="so\nOSError: no such file\nend")
    found = failures_of(scenario_views(a_report(first, second), [log]))
    assert [(view.step.result.step_name, len(view.others)) for view in found.shown] == [("A", 2), ("D", 0)]
    assert [(each.before, each.error, each.after) for each in found.shown[0].logs] == [
        ("so\n", "OSError: no such file", "\nend")
    ]


def test_failures_without_a_reason_are_not_taken_for_the_same() -> None:
    steps = [a_step(name, status=StepStatus.FAILED, reason=None) for name in ("A", "B")]
    assert len(failures_of(scenario_views(a_report(a_result(steps)), [])).shown) == 2


def test_many_kinds_of_failure_are_counted() -> None:
    steps = [a_step(f"S{n}", status=StepStatus.FAILED, reason=f"exit code {n}") for n in range(MOST_FAILURES + 3)]
    found = failures_of(scenario_views(a_report(a_result(steps)), []))
    assert (len(found.shown), found.total_count) == (MOST_FAILURES, MOST_FAILURES + 3)


def test_a_scenario_that_never_started_has_no_duration_and_no_peak() -> None:
    view = scenario_views(a_report(a_result([], total_duration=0.0, problem="invalid")), [])[0]
    assert (view.duration_s, view.peak, view.look) == (None, None, ("no-evidence", "invalid"))
