"""Figures from run to run: what a page shows, and where another level begins."""

from __future__ import annotations

import random

import pytest

from builders import a_result
from cursus_readiness.analysis.history import LARGEST_RUN_COUNT, history_of, level_shifts
from cursus_readiness.audits.policy import Policy
from cursus_readiness.model.comparison import Figure
from cursus_readiness.model.history import History, HistoryEntry
from cursus_readiness.model.result import StepStatus
from cursus_readiness.model.summary import RunSummary
from earlier_runs import a_summary, a_timed_step

TIME = Policy().yardstick.tolerances[Figure.WALL]
MEMORY = Policy().yardstick.tolerances[Figure.PEAK_MEMORY]
FLAT, HIGH = [10.0, 10.2, 9.9, 10.1, 10.0], [12.0, 12.2, 11.9, 12.1, 12.0]


def shown(*newest_first: RunSummary | None) -> History:
    entries = [
        HistoryEntry(
            run_id=item.newest.run_id if item else f"broken-{place}",
            summary=item,
            problem=None if item else "no",
            has_page=True,
        )
        for place, item in enumerate(newest_first)
    ]
    return history_of(entries, time=TIME, memory=MEMORY)


@pytest.mark.parametrize(
    ("values", "places"),
    [
        pytest.param([*FLAT, *HIGH], [5], id="up"),
        pytest.param([*HIGH, *FLAT], [5], id="down"),
        pytest.param([*FLAT, *HIGH, *FLAT], [5, 10], id="up and down again"),
        pytest.param([*FLAT, 12.0, *FLAT], [], id="one outlier"),
        pytest.param([*FLAT, *HIGH[:4]], [], id="too few to tell"),
        pytest.param([*FLAT, *[value + 0.9 for value in FLAT]], [], id="within the tolerance"),
        pytest.param([*FLAT, None, None, *HIGH], [7], id="what was not measured is left out"),
        pytest.param([10.0 + 2 * number for number in range(14)], [5], id="of a slope only where it begins"),
        pytest.param([*FLAT, 11.5, 13.0, 14.0, 18.0, 18.2, 18.1, 18.3, 18.0], [8], id="the clearest of neighbours"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_another_level_is_marked_where_it_begins(values: list[float | None], places: list[int]) -> None:
    assert list(level_shifts(values, TIME)) == places


def test_noise_is_seldom_taken_for_another_level() -> None:
    dice = random.Random(20260314)
    found = sum(bool(level_shifts([10 * dice.gauss(1, 0.03) for _ in range(100)], TIME)) for _ in range(100))
    assert found <= 2


def test_a_trend_goes_from_the_oldest_to_the_newest() -> None:
    old, new = a_summary(total_duration=9.0), a_summary(number=1, total_duration=8.0)
    trend = shown(new, old).trends[0]
    assert [point.wall_s for point in trend.points] == [9.0, 8.0]
    assert [point.success for point in trend.points] == [True, True]


def test_a_run_that_says_nothing_of_a_figure_leaves_a_gap() -> None:
    reused = a_summary(a_timed_step(status=StepStatus.REUSED, reused_from="x"), number=3)
    incomplete = a_summary(number=2, is_complete=False)
    invalid = a_summary(scenarios=[a_result([], problem="invalid", total_duration=0.0)], number=1)
    points = shown(reused, incomplete, None, invalid).trends[0].points
    assert [point.success for point in points] == [None, None, True]
    assert [point.wall_s for point in points] == [None, None, None]
    assert points[2].peak_memory_bytes is not None


def test_what_is_left_out_is_counted() -> None:
    scenarios = [a_result(scenario_name=f"scenario-{number:03d}") for number in range(50)]
    found = shown(*[a_summary(number=1, scenarios=scenarios)] * (LARGEST_RUN_COUNT + 7))
    assert (len(found.entries), found.entries_left_out) == (LARGEST_RUN_COUNT, 7)
    assert (len(found.trends), found.trends_left_out) == (40, 10)
    assert len(found.trends[0].points) == 100
