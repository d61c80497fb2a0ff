"""Hyperparameters of trials are drawn from their ranges, the same in every run."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.jobs.base import ArgumentsError
from cursus_readiness.jobs.ranges import draw_trials, grid_size, ranges_of

MARKER = "⟦Steps.A.B⟧"


def between(name: str, low: Any, high: Any, scale: str = "Auto") -> dict[str, Any]:
    return {"Name": name, "MinValue": str(low), "MaxValue": str(high), "ScalingType": scale}


def drawn(given: dict[str, Any], count: int = 3, seed: str = "seed", *, is_grid: bool = False) -> list[dict[str, str]]:
    return draw_trials(ranges_of(given, ".Ranges"), count, seed, is_grid=is_grid, at=".Ranges")


@given(
    bounds=st.tuples(st.integers(-(2**31), 2**31), st.integers(-(2**31), 2**31)).map(sorted),
    scale=st.sampled_from(["Auto", "Linear", "Logarithmic"]),
    seed=st.text(max_size=3),
)
def test_whole_numbers_are_whole_and_within_their_bounds(bounds: list[int], scale: str, seed: str) -> None:
    low, high = (max(bound, 1) if scale == "Logarithmic" else bound for bound in bounds)
    ranges = {"IntegerParameterRanges": [between("n", low, high, scale)]}
    trials = drawn(ranges, 5, seed)
    assert all(low <= int(trial["n"]) <= high for trial in trials)
    assert trials == drawn(ranges, 5, seed)


@given(
    bounds=st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e9, 1e9)).map(sorted),
    scale=st.sampled_from(["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]),
    seed=st.text(max_size=3),
)
def test_numbers_are_within_their_bounds_on_every_scale(bounds: list[float], scale: str, seed: str) -> None:
    limits = {"Logarithmic": (5e-324, math.inf), "ReverseLogarithmic": (0.0, math.nextafter(1, 0))}
    least, most = limits.get(scale, (-math.inf, math.inf))
    low, high = (min(max(bound, least), most) for bound in bounds)
    ranges = {"ContinuousParameterRanges": [between("x", repr(low), repr(high), scale)]}
    trials = drawn(ranges, 5, seed)
    assert all(low <= float(trial["x"]) <= high for trial in trials)
    assert all("." in trial["x"] or "e" in trial["x"] for trial in trials), "a number is never written as a whole one"
    assert trials == drawn(ranges, 5, seed)


@given(st.lists(st.text(max_size=3).filter(lambda text: "\0" not in text), min_size=1, max_size=6), st.integers(1, 8))
def test_categories_are_drawn_as_they_are_written(values: list[str], count: int) -> None:
    trials = drawn({"CategoricalParameterRanges": [{"Name": "c", "Values": values}]}, count)
    assert len(trials) == count
    assert all(trial["c"] in values for trial in trials)


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.integers(1, 70),
    st.text(max_size=3),
)
def test_a_grid_gives_each_combination_once(counts: list[int], count: int, seed: str) -> None:
    given = {
        "CategoricalParameterRanges": [
            {"Name": f"c{number}", "Values": [str(value) for value in range(size)]}
            for number, size in enumerate(counts)
        ]
    }
    trials = drawn(given, count, seed, is_grid=True)
    assert grid_size(ranges_of(given, ""), "") == math.prod(counts)
    assert len(trials) == min(count, math.prod(counts))
    assert len({tuple(trial.items()) for trial in trials}) == len(trials)
    assert trials[0] == {f"c{number}": str(size // 2) for number, size in enumerate(counts)}


def test_the_first_trial_is_the_middle_of_every_range_on_its_scale() -> None:
    given = {
        "IntegerParameterRanges": [between("depth", 1, 9)],
        "ContinuousParameterRanges": [
            between("rate", "0.01", "100", "Logarithmic"),
            between("momentum", "0", "0.9999", "ReverseLogarithmic"),
        ],
        "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b", "c"]}],
        "AutoParameters": [{"Name": "hinted", "ValueHint": "7"}],
    }
    first, *others = drawn(given, 20)
    assert (first["depth"], first["kind"], first["hinted"]) == ("5", "b", "7")
    assert float(first["rate"]) == pytest.approx(1)
    assert float(first["momentum"]) == pytest.approx(0.99)
    assert len({tuple(trial.items()) for trial in (first, *others)}) == 20
    assert drawn(given, 20, "another seed")[1:] != others


def test_combinations_are_repeated_only_when_there_are_no_others() -> None:
    trials = drawn({"IntegerParameterRanges": [between("n", 1, 2)]}, 3)
    assert {trial["n"] for trial in trials} == {"1", "2"}
    assert drawn({}, 2) == [{}, {}]


def test_a_bound_that_is_known_only_during_the_run_is_kept_as_it_is() -> None:
    assert drawn({"IntegerParameterRanges": [between("n", 1, MARKER)]}, 1) == [{"n": MARKER}]


@pytest.mark.parametrize(
    ("ranges", "at"),
    [
        pytest.param({"IntegerParameterRanges": [between("n", 2, 1)]}, ".IntegerParameterRanges[0]", id="upside down"),
        pytest.param({"IntegerParameterRanges": [between("n", "1.5", 2)]}, ".IntegerParameterRanges[0]", id="no whole"),
        pytest.param(
            {"ContinuousParameterRanges": [between("n", "0", "inf")]}, ".ContinuousParameterRanges[0]", id="endless"
        ),
        pytest.param(
            {"ContinuousParameterRanges": [between("n", "0", "1", "Logarithmic")]},
            ".ContinuousParameterRanges[0]",
            id="the logarithm of nothing",
        ),
        pytest.param(
            {"ContinuousParameterRanges": [between("n", "0", "1", "ReverseLogarithmic")]},
            ".ContinuousParameterRanges[0]",
            id="a reverse logarithm at one",
        ),
        pytest.param(
            {"ContinuousParameterRanges": [between("n", "0", "1", "Log")]},
            ".ContinuousParameterRanges[0].ScalingType",
            id="an unknown scale",
        ),
        pytest.param(
            {"CategoricalParameterRanges": [{"Name": "c", "Values": []}]},
            ".CategoricalParameterRanges[0].Values",
            id="no category",
        ),
        pytest.param({"AutoParameters": [{"Name": "a"}]}, ".AutoParameters[0].ValueHint", id="no hint"),
    ],
)
def test_each_mistake_is_named_with_its_place(ranges: dict[str, Any], at: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        ranges_of(ranges, ".Ranges")
    assert caught.value.at == f".Ranges{at}"


def test_a_grid_is_of_categories_only() -> None:
    with pytest.raises(ArgumentsError, match="categories only, and 'n' is none"):
        drawn({"IntegerParameterRanges": [between("n", 1, 2)]}, is_grid=True)
