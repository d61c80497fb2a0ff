"""The rank test says what counting all orders says."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cursus_readiness.analysis import ranks
from cursus_readiness.analysis.ranks import greater_p, least_p


def by_counting(larger: list[float], smaller: list[float]) -> float:
    """Of all ways to choose who is larger, the share that looks at least as extreme."""
    pool = [*larger, *smaller]
    pairs = sum(one > other for one in larger for other in smaller)
    found = [
        sum(pool[one] > pool[other] for one in chosen for other in range(len(pool)) if other not in chosen)
        for chosen in combinations(range(len(pool)), len(larger))
    ]
    return sum(count >= pairs for count in found) / len(found)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=9, unique=True), st.data())
def test_without_ties_it_is_exact(values: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(values) - 1))
    larger, smaller = [float(value) for value in values[:cut]], [float(value) for value in values[cut:]]
    assert greater_p(larger, smaller) == pytest.approx(by_counting(larger, smaller))


@pytest.mark.parametrize(("count", "other", "expected"), [(3, 3, 1 / 20), (5, 5, 1 / 252), (7, 7, 1 / 3432)])
def test_values_that_do_not_overlap_give_the_least_p(count: int, other: int, expected: float) -> None:
    found = greater_p([100.0 + number for number in range(count)], [float(number) for number in range(other)])
    assert found == pytest.approx(expected)
    assert least_p(count, other) == pytest.approx(expected)


def test_equal_values_prove_nothing() -> None:
    assert greater_p([5.0] * 8, [5.0] * 8) > 0.5


def test_a_tie_makes_it_more_careful() -> None:
    assert greater_p([3.0, 4.0, 5.0], [0.0, 1.0, 3.0]) >= greater_p([3.1, 4.0, 5.0], [0.0, 1.0, 3.0])


def test_many_values_are_judged_nearly_as_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    larger, smaller = [float(2 * number + 9) for number in range(25)], [float(2 * number) for number in range(25)]
    exact = greater_p(larger, smaller)
    monkeypatch.setattr(ranks, "_EXACT_LIMIT", 10)
    assert greater_p(larger, smaller) == pytest.approx(exact, rel=0.05)
