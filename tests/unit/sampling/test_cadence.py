"""How often a tree is looked at."""

from __future__ import annotations

import pytest

from cursus_readiness.sampling.cadence import Cadence
from cursus_readiness.units import MIB


def settled(cost_s: float, *, interval_s: float = 0.1, elapsed_s: float = 10.0) -> float:
    cadence = Cadence(interval_s, None)
    return [cadence.next_s(float(index), elapsed_s, 0, cost_s) for index in range(50)][-1]


@pytest.mark.parametrize(
    ("cost_s", "interval_s"),
    [
        pytest.param(0.0001, 0.02, id="one process: as often as is of use"),
        pytest.param(0.0005, 0.05, id="ten processes: one per cent of a core"),
        pytest.param(0.002, 0.1, id="a hundred: ten times a second"),
        pytest.param(0.009, 0.3, id="five hundred: three per cent of a core"),
        pytest.param(0.1, 100 / 30, id="more still"),
    ],
)
def test_the_interval_follows_what_a_look_costs(cost_s: float, interval_s: float) -> None:
    assert settled(cost_s) == pytest.approx(interval_s)


def test_a_step_that_has_just_begun_is_looked_at_more_often() -> None:
    assert settled(0.001, elapsed_s=0.03) == pytest.approx(1 / 30)
    assert settled(0.0001, elapsed_s=0.01) == pytest.approx(0.01)


def test_one_slow_look_does_not_count_for_much() -> None:
    cadence = Cadence(0.1, None)
    for index in range(20):
        cadence.next_s(float(index), 10.0, 0, 0.0001)
    assert cadence.next_s(20.0, 10.0, 0, 0.001) < 0.05


def test_growth_towards_a_limit_shortens_the_interval_within_a_tenth_of_a_core() -> None:
    for cost_s, expected in ((0.0001, 0.005), (0.001, 0.01)):
        cadence = Cadence(0.1, 400 * MIB)
        cadence.next_s(1.0, 1.0, 290 * MIB, cost_s)
        assert cadence.next_s(1.1, 1.1, 395 * MIB, cost_s) == pytest.approx(expected)


@pytest.mark.parametrize("sizes", [(300, 300), (300, 200)], ids=["steady", "shrinking"])
def test_without_growth_a_limit_is_no_reason_to_hurry(sizes: tuple[int, int]) -> None:
    cadence = Cadence(0.1, 301)
    cadence.next_s(1.0, 10.0, sizes[0], 0.0)
    assert cadence.next_s(1.1, 10.0, sizes[1], 0.0) == pytest.approx(0.02)
