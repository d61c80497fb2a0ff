"""A run beside its baseline: proven, perhaps, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_result, a_step_that_never_ran, a_table, an_environment
from cursus_readiness.analysis.comparison import compare
from cursus_readiness.analysis.summary import together
from cursus_readiness.audits.policy import Policy
from cursus_readiness.model.comparison import Comparison, Figure, FigureComparison, Standing, StepChange
from cursus_readiness.model.contention import Contention
from cursus_readiness.model.report import RunSettings
from cursus_readiness.model.result import OutputRecord, StepStatus
from cursus_readiness.model.summary import RunSummary
from cursus_readiness.model.verdict import Verdict
from cursus_readiness.units import GIB, MIB
from earlier_runs import a_run_id, a_summary, a_timed_step, repeats

BUSY = Contention(concurrent_steps=2)
SLOW = [12.0, 12.1, 12.2, 12.3, 12.4, 12.5, 12.6]
USUAL = [10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6]


def beside(before: RunSummary, now: RunSummary) -> Comparison:
    return compare(before, now, name_before="main", name_now="now", yardstick=Policy().yardstick)


def figure(comparison: Comparison, wanted: Figure = Figure.WALL) -> FigureComparison:
    return next(item for item in comparison.scenarios[0].steps[0].figures if item.figure is wanted)


def one_beside(before: dict[str, Any], now: dict[str, Any], wanted: Figure = Figure.WALL) -> FigureComparison:
    """One run of one step on each side."""
    return figure(beside(a_summary(a_timed_step(**before)), a_summary(a_timed_step(**now), number=1)), wanted)


def test_a_difference_that_seven_runs_on_each_side_show_has_regressed() -> None:
    found = figure(beside(repeats(USUAL), repeats(SLOW, first=10)))
    assert found.standing is Standing.REGRESSED
    assert found.p_value == pytest.approx(1 / 3432)
    assert found.delta_ratio == pytest.approx((12.3 - 10.3) / 10.3, abs=1e-6)
    assert found.before is not None
    assert (found.before.count, found.before.median.value, found.before.highest.value) == (7, 10.3, 10.6)


def test_the_same_the_other_way_round_has_improved() -> None:
    assert figure(beside(repeats(SLOW), repeats(USUAL, first=10))).standing is Standing.IMPROVED


def test_a_single_measurement_is_suspect_and_says_what_would_tell() -> None:
    found = one_beside({}, {"wall_s": 20.0})
    assert found.standing is Standing.SUSPECT
    assert found.p_value is None
    assert found.note == "a single measurement: 6 runs on each side would tell"


def test_a_single_measurement_that_is_better_proves_no_improvement() -> None:
    found = one_beside({"wall_s": 20.0}, {})
    assert (found.standing, found.note) == (Standing.SAME, "a single measurement: 6 runs on each side would tell")


@pytest.mark.parametrize("count", [3, 4, 5])
def test_as_many_runs_as_can_never_reject_are_not_tested(count: int) -> None:
    found = figure(beside(repeats(USUAL[:count]), repeats(SLOW[:count], first=10)))
    assert (found.standing, found.p_value) == (Standing.SUSPECT, None)
    assert found.note == f"{count} runs before, {count} now: 6 runs on each side would tell"


def test_runs_that_overlap_are_within_the_noise() -> None:
    found = figure(beside(repeats([8.0, 9.0, 10.0, 10.1, 10.2, 13.0, 14.0]), repeats([7.0, 8.5, *SLOW[:5]], first=10)))
    assert found.standing is Standing.SUSPECT
    assert found.p_value is not None
    assert found.note == "within the noise of 7 runs before and 7 now"


@pytest.mark.parametrize(
    ("before_s", "now_s", "expected"),
    [
        pytest.param(10.0, 11.0, Standing.SAME, id="exactly at the relative tolerance"),
        pytest.param(10.0, 11.001, Standing.SUSPECT, id="just beyond both"),
        pytest.param(1.0, 1.5, Standing.SAME, id="exactly at the absolute tolerance"),
        pytest.param(1.0, 1.501, Standing.SUSPECT, id="just beyond it"),
        pytest.param(0.0, 0.1, Standing.SAME, id="nothing is not infinitely less"),
    ],
)
def test_a_difference_counts_beyond_both_tolerances(before_s: float, now_s: float, expected: Standing) -> None:
    found = one_beside({"wall_s": before_s}, {"wall_s": now_s})
    assert found.standing is expected
    assert (found.delta_ratio is None) is (before_s == 0)


def test_peaks_whose_bounds_overlap_are_the_same() -> None:
    before, now = (
        a_summary(
            a_timed_step().model_copy(
                update={
                    "usage": a_timed_step().usage.model_copy(
                        update={
                            "peak_memory_bytes": peak * MIB,
                            "peak_memory_lower_bytes": low * MIB,
                            "peak_memory_upper_bytes": high * MIB,
                        }
                    )
                }
            ),
            number=number,
        )
        for number, (peak, low, high) in enumerate([(500, 480, 650), (600, 590, 610)])
    )
    found = figure(beside(before, now), Figure.PEAK_MEMORY)
    assert (found.standing, found.note) == (Standing.SAME, "the bounds of the two peaks overlap")


@pytest.mark.parametrize(
    ("change", "times", "memory"),
    [
        ({"cpu_model": "Another CPU"}, Standing.NOT_COMPARABLE, Standing.SUSPECT),
        ({"cpu_count": 8}, Standing.NOT_COMPARABLE, Standing.NOT_COMPARABLE),
        ({"memory_bytes": 32 * GIB}, Standing.NOT_COMPARABLE, Standing.SUSPECT),
        ({"platform": "Linux 6.1.9 aarch64"}, Standing.NOT_COMPARABLE, Standing.NOT_COMPARABLE),
        ({"cpu_model": None}, Standing.NOT_COMPARABLE, Standing.SUSPECT),
        ({"memory_bytes": None}, Standing.NOT_COMPARABLE, Standing.SUSPECT),
        ({"memory_bytes": 16 * GIB - 64 * MIB}, Standing.SUSPECT, Standing.SUSPECT),
        ({"platform": "Linux 6.1.77 x86_64"}, Standing.SUSPECT, Standing.SUSPECT),
        ({"python_version": "3.13.1", "packages": {"pandas": "4.0"}}, Standing.SUSPECT, Standing.SUSPECT),
    ],
)
def test_other_machines_are_compared_as_far_as_that_is_sound(
    change: dict[str, Any], times: Standing, memory: Standing
) -> None:
    plain = {"platform": "Linux 6.1.4 x86_64"}
    before = a_summary(a_timed_step(), environment=an_environment(**plain))
    now = a_summary(
        a_timed_step(wall_s=20.0, peak_bytes=2 * GIB), number=1, environment=an_environment(**{**plain, **change})
    )
    found = beside(before, now)
    assert figure(found).standing is times
    assert figure(found, Figure.PEAK_MEMORY).standing is memory
    assert bool(found.obstacles) is (times is Standing.NOT_COMPARABLE)
    assert found.obstacles or found.differences or "memory_bytes" in change


def test_other_versions_are_named() -> None:
    now = a_summary(number=1, environment=an_environment(tool_version="2", packages={"numpy": "2"}))
    assert beside(a_summary(), now).differences == (
        "tool: 1.2.3 before, 2 now",
        "numpy: absent before, 2 now",
        "pandas: 3.0.0 before, absent now",
    )


def test_times_of_a_busy_machine_are_not_compared_but_memory_is() -> None:
    busy = {"wall_s": 20.0, "peak_bytes": 2 * GIB, "contention": BUSY}
    times = one_beside({}, busy)
    assert (times.standing, times.note) == (Standing.NOT_COMPARABLE, "2 steps ran at the same time")
    assert one_beside({}, busy, Figure.CPU).standing is Standing.NOT_COMPARABLE
    assert one_beside({}, busy, Figure.PEAK_MEMORY).standing is Standing.SUSPECT
    assert one_beside(busy, {}).note == "in the baseline 2 steps ran at the same time"


def test_of_several_runs_only_the_quiet_ones_are_compared() -> None:
    runs = [a_timed_step(wall_s=10.0), a_timed_step(wall_s=90.0, contention=BUSY)]
    before = together([a_summary(step, number=number) for number, step in enumerate(runs)])
    found = figure(beside(before, a_summary(a_timed_step(wall_s=10.2), number=9)))
    assert found.standing is Standing.SAME
    assert found.before is not None
    assert found.before.count == 1


@pytest.mark.parametrize(
    ("step", "note"),
    [
        ({"status": StepStatus.REUSED, "reused_from": "run-1"}, "reused from run-1, not measured again"),
        ({"status": StepStatus.FAILED}, "failed: only steps that succeed at once are measured"),
        ({"status": StepStatus.FLAKY}, "flaky: only steps that succeed at once are measured"),
    ],
)
def test_what_was_not_measured_now_is_not_compared(step: dict[str, Any], note: str) -> None:
    found = one_beside({}, step)
    assert (found.standing, found.note, found.now) == (Standing.NOT_MEASURED, note, None)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"rows": 1000}, {"rows": 1000}, {Figure.OUTPUT_ROWS: Standing.SAME}),
        ({"rows": 1000}, {"rows": 999}, {Figure.OUTPUT_ROWS: Standing.CHANGED}),
        ({"size_bytes": 5 * MIB}, {"size_bytes": 5 * MIB + 40}, {Figure.OUTPUT_BYTES: Standing.SAME}),
        ({"size_bytes": 5 * MIB}, {"size_bytes": 4 * MIB}, {Figure.OUTPUT_BYTES: Standing.CHANGED}),
        ({}, {"rows": 7}, {Figure.OUTPUT_ROWS: Standing.NO_BASELINE}),
    ],
)
def test_outputs_need_no_repeats(before: dict[str, int], now: dict[str, int], expected: dict[Figure, Standing]) -> None:
    def outputs(size_bytes: int = 5 * MIB, rows: int | None = None) -> dict[str, Any]:
        tables = () if rows is None else (a_table(rows=rows),)
        return {
            "outputs": (OutputRecord(name="x", uri="s3://b/x", file_count=1, size_bytes=size_bytes, tables=tables),)
        }

    for wanted, standing in expected.items():
        assert one_beside(outputs(**before), outputs(**now), wanted).standing is standing


def test_steps_are_matched_by_name_then_by_command() -> None:
    before = a_summary(a_timed_step("Prep"), a_timed_step("Train"), a_timed_step("Old"), a_timed_step("Gone"))
    now = a_summary(
        a_timed_step("Train", status=StepStatus.FAILED),
        a_timed_step("Prepare", command=("python3", "Prep"), wall_s=20.0),
        a_timed_step("New"),
        number=1,
    )
    steps = {step.step_name: step for step in beside(before, now).scenarios[0].steps}
    assert {name: step.change for name, step in steps.items()} == {
        "Train": StepChange.KEPT,
        "Prepare": StepChange.RENAMED,
        "New": StepChange.ADDED,
        "Old": StepChange.REMOVED,
        "Gone": StepChange.REMOVED,
    }
    assert steps["Prepare"].name_before == "Prep"
    assert steps["Prepare"].with_standing(Standing.SUSPECT)
    assert steps["Train"].has_other_status
    assert {item.standing for item in steps["New"].figures} == {Standing.NO_BASELINE}


def test_steps_that_run_the_same_command_are_not_taken_for_each_other() -> None:
    same: dict[str, Any] = {"command": ("train",)}
    before = a_summary(a_timed_step("A", **same), a_timed_step("B", **same))
    now = a_summary(a_timed_step("C", **same), number=1)
    assert [step.change.value for step in beside(before, now).scenarios[0].steps] == ["added", "removed", "removed"]


def test_a_reused_step_has_no_other_status_but_a_flaky_one_has() -> None:
    def changed(status: StepStatus) -> bool:
        found = beside(a_summary(a_timed_step()), a_summary(a_timed_step(status=status), number=1))
        return found.scenarios[0].steps[0].has_other_status

    assert not changed(StepStatus.REUSED)
    assert changed(StepStatus.FLAKY)
    assert changed(StepStatus.FAILED)


def test_scenarios_and_verdicts_of_both_sides_are_told() -> None:
    before = a_summary(scenarios=[a_result([a_timed_step()], scenario_name="old")])
    failed = a_timed_step(status=StepStatus.FAILED)
    now = a_summary(scenarios=[a_result([failed], scenario_name="new")], number=1)
    found = beside(before, now)
    told = [(item.scenario_name, item.succeeded_before, item.succeeded_now) for item in found.scenarios]
    assert told == [("new", None, False), ("old", True, None)]
    assert found.has_other_verdict
    assert (found.before.verdict, found.now.verdict) == (Verdict.READY, Verdict.NOT_READY)
    assert found.now.run_ids == (a_run_id(1),)


def test_what_was_not_selected_is_not_gone() -> None:
    both = [a_result([a_timed_step()], scenario_name=name) for name in ("a", "b")]
    now = a_summary(scenarios=both[:1], number=1, settings=RunSettings(only=("a",)))
    assert [item.scenario_name for item in beside(a_summary(scenarios=both), now).scenarios] == ["a"]


def test_a_step_that_the_tool_decides_has_no_figures() -> None:
    step = a_step_that_never_ran("Choose", StepStatus.SUCCEEDED)
    found = beside(a_summary(step), a_summary(step, number=1))
    assert {item.figure for item in found.scenarios[0].steps[0].figures} == set()
