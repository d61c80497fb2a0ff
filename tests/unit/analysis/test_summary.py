"""A run in short, and several as one."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_report, a_result, a_step, a_step_that_never_ran, a_table, a_usage, an_environment
from cursus_readiness.analysis.summary import repeats_of, summary_of, together
from cursus_readiness.model.contention import Contention
from cursus_readiness.model.result import OutputRecord, StepKind, StepStatus
from cursus_readiness.units import GIB, MIB
from earlier_runs import a_run_id, a_summary, a_timed_step


def test_a_summary_holds_what_was_measured_of_each_step() -> None:
    output = OutputRecord(name="x", uri="s3://b/x", file_count=2, size_bytes=5 * MIB, tables=(a_table(rows=70),))
    step = a_step(
        wall_s=10.00049,
        usage=a_usage(peak_memory_lower_bytes=GIB - 1, peak_memory_upper_bytes=GIB + 1),
        outputs=(output, output.model_copy(update={"tables": (a_table(rows=None),)})),
        contention=Contention(concurrent_steps=3),
        command=("python3", "x.py"),
    )
    found = summary_of(a_report(a_result([step]))).scenarios[0]
    assert (found.success, found.wall_s, found.peak_memory_bytes) == (True, 12.5, GIB)
    summary = found.steps[0]
    assert (summary.output_rows, summary.output_bytes) == (70, 10 * MIB)
    measurement = summary.measurements[0]
    assert (measurement.wall_s, measurement.cpu_s, measurement.peak_memory_bytes) == (10.0, 10.0, GIB)
    assert (measurement.peak_memory_lower_bytes, measurement.peak_memory_upper_bytes) == (GIB - 1, GIB + 1)
    assert measurement.disturbances == ("3 steps ran at the same time",)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": StepStatus.REUSED, "reused_from": "run-1"},
        {"status": StepStatus.FLAKY, "attempt_count": 2},
        {"status": StepStatus.FAILED},
        {"kind": StepKind.CONTROL},
        {"kind": StepKind.FIXTURE},
    ],
    ids=lambda item: str(*item.values()) if len(item) == 1 else item["status"],
)
def test_only_a_step_that_ran_and_succeeded_at_once_is_measured(changes: dict[str, Any]) -> None:
    assert a_summary(a_step(**changes)).scenarios[0].steps[0].measurements == ()


def test_what_was_not_measured_is_no_zero() -> None:
    nothing = a_result([a_step_that_never_ran("Train", StepStatus.BLOCKED)], total_duration=0.0)
    found = summary_of(a_report(nothing, wall_s=None))
    assert found.newest.wall_s is None
    assert (found.scenarios[0].wall_s, found.scenarios[0].peak_memory_bytes) == (None, None)
    assert (found.scenarios[0].steps[0].output_rows, found.scenarios[0].steps[0].output_bytes) == (None, None)


def test_runs_together_are_the_newest_with_the_measurements_of_all() -> None:
    old, new = a_summary(a_timed_step(wall_s=9.0)), a_summary(a_timed_step(wall_s=8.0), number=5)
    found = together([new, old])
    assert [stamp.run_id for stamp in found.runs] == [a_run_id(0), a_run_id(5)]
    assert found.newest.run_id == a_run_id(5)
    assert [item.wall_s for item in found.scenarios[0].steps[0].measurements] == [9.0, 8.0]


def test_a_reused_step_has_what_the_run_before_measured() -> None:
    reused = a_timed_step(status=StepStatus.REUSED, reused_from=a_run_id(0))
    found = together([a_summary(a_timed_step(wall_s=9.0)), a_summary(reused, number=1)])
    assert [item.run_id for item in found.scenarios[0].steps[0].measurements] == [a_run_id(0)]


@pytest.mark.parametrize(
    ("earlier", "is_repeat"),
    [
        pytest.param({}, True, id="same commit, same fingerprint"),
        pytest.param({"step": {"fingerprint": "0" * 64}}, True, id="same clean commit"),
        pytest.param(
            {"step": {"fingerprint": "0" * 64}, "environment": {"is_commit_dirty": True}}, False, id="changed since"
        ),
        pytest.param({"environment": {"commit": "1" * 40}}, True, id="another commit that executes the same"),
        pytest.param({"step": {"fingerprint": None}, "environment": {"commit": None}}, False, id="nothing is known"),
        pytest.param({"environment": {"cpu_count": 64}}, False, id="another machine"),
        pytest.param({"is_complete": False}, False, id="incomplete"),
        pytest.param({"number": 9}, False, id="a later run"),
        pytest.param({"step": {"name": "Other"}}, False, id="another step"),
        pytest.param({"step": {"status": StepStatus.FAILED}}, False, id="not measured"),
    ],
)
def test_an_earlier_run_is_a_repeat_when_it_executed_the_same(earlier: dict[str, Any], is_repeat: bool) -> None:
    now = a_summary(a_timed_step(), number=5)
    other = a_summary(
        a_timed_step(**earlier.get("step", {})),
        number=earlier.get("number", 1),
        environment=an_environment(**earlier.get("environment", {})),
        is_complete=earlier.get("is_complete", True),
    )
    assert bool(repeats_of(now, [other])) is is_repeat
