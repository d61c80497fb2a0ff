"""Hyperparameters of a tuning job's trials: ranges, and values drawn from them, the same in every run.

Source of the shapes: the SageMaker API reference, *ParameterRanges*, and the developer guide, *Define Hyperparameter
Ranges*.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cursus_readiness.definitions.expressions import is_late, text_of
from cursus_readiness.jobs.base import ArgumentsError, list_of, mapping_of, member, text_member, texts_of

Json = Any
_DRAWS = 20  # tries to find a combination that no earlier trial has
_SCALES = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")


@dataclass(frozen=True, slots=True)
class Range:
    """What one hyperparameter may be: ``at(share)`` is its value (as text) at a share of the range, from 0 to 1."""

    name: str
    at: Callable[[float], str]
    count: int | None = None


def ranges_of(value: Json, at: str) -> list[Range]:
    """The ranges of ParameterRanges, in a steady order.

    Raises ArgumentsError for bounds that are none, or the wrong way round, or do not fit their scale.
    """
    given = mapping_of(value, at)
    found = []
    for kind, read in _KINDS.items():
        for index, item in enumerate(list_of(given.get(kind), f"{at}.{kind}")):
            place = f"{at}.{kind}[{index}]"
            found.append(read(text_member(item, "Name", at=place), item, place))
    return sorted(found, key=lambda item: item.name)


def draw_trials(ranges: list[Range], count: int, seed: str, *, is_grid: bool, at: str) -> list[dict[str, str]]:
    """Hyperparameters of ``count`` trials: the middle of every range, then combinations at random, each a new one as
    far as there are any.

    A grid has no more trials than combinations. Raises ArgumentsError for a grid of anything but categories.
    """
    source = random.Random(seed)  # noqa: S311 - to try things out, not to keep secrets
    if is_grid:
        return _of_grid(ranges, count, source, at)
    trials = [{item.name: item.at(0.5) for item in ranges}]
    while len(trials) < count:
        for _ in range(_DRAWS):
            drawn = {item.name: item.at(source.random()) for item in ranges}
            if drawn not in trials:
                break
        trials.append(drawn)
    return trials[:count]


def grid_size(ranges: list[Range], at: str) -> int:
    """How many combinations a grid has.

    Raises ArgumentsError for a range that is not of categories: the service tunes no other by grid.
    """
    counts = []
    for item in ranges:
        if item.count is None:
            raise ArgumentsError(at, f"Strategy Grid takes categories only, and {item.name!r} is none")
        counts.append(item.count)
    return math.prod(counts)


def _of_grid(ranges: list[Range], count: int, source: random.Random, at: str) -> list[dict[str, str]]:
    size = grid_size(ranges, at)
    middle = [(item.count or 1) // 2 for item in ranges]
    first = 0
    for item, index in zip(ranges, middle, strict=True):
        first = first * (item.count or 1) + index
    rest = source.sample(range(size), min(count, size))
    chosen = [first, *(number for number in rest if number != first)][: min(count, size)]
    return [_combination(ranges, number) for number in chosen]


def _combination(ranges: list[Range], number: int) -> dict[str, str]:
    found = {}
    for item in reversed(ranges):
        number, index = divmod(number, item.count or 1)
        found[item.name] = item.at((index + 0.5) / (item.count or 1))
    return dict(sorted(found.items()))


def _integers(name: str, item: Mapping[str, Json], at: str) -> Range:
    return _between(name, item, at, is_whole=True)


def _numbers(name: str, item: Mapping[str, Json], at: str) -> Range:
    return _between(name, item, at, is_whole=False)


def _between(name: str, item: Mapping[str, Json], at: str, *, is_whole: bool) -> Range:
    bounds = [member(item, key, at=at) for key in ("MinValue", "MaxValue")]
    late = [bound for bound in bounds if is_late(bound)]
    if late:
        return Range(name, lambda _: late[0])
    low, high = (_bound(bound, at, is_whole=is_whole) for bound in bounds)
    if low > high:
        raise ArgumentsError(at, f"MinValue {bounds[0]} of {name!r} is above MaxValue {bounds[1]}")
    scale = item.get("ScalingType") or "Auto"
    if scale not in _SCALES:
        raise ArgumentsError(f"{at}.ScalingType", f"{scale!r} is none of {', '.join(_SCALES)}")
    if scale == "Logarithmic" and low <= 0:
        raise ArgumentsError(at, f"{name!r} has a Logarithmic scale, which starts above 0, not at {bounds[0]}")
    if scale == "ReverseLogarithmic" and (is_whole or low < 0 or high >= 1):
        raise ArgumentsError(at, f"{name!r} has a ReverseLogarithmic scale, which is for numbers from 0 to below 1")

    def value_at(share: float) -> str:
        value = min(max(_scaled(share, low, high, scale), low), high)
        return str(min(max(round(value), math.ceil(low)), math.floor(high))) if is_whole else str(float(value))

    return Range(name, value_at)


def _scaled(share: float, low: float, high: float, scale: str) -> float:
    if scale == "Logarithmic":
        return math.exp(math.log(low) * (1 - share) + math.log(high) * share)
    if scale == "ReverseLogarithmic":
        return 1 - math.exp(math.log1p(-low) * (1 - share) + math.log1p(-high) * share)
    return low * (1 - share) + high * share


def _bound(value: Json, at: str, *, is_whole: bool) -> float:
    try:
        number = float(int(value) if is_whole else value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ArgumentsError(at, f"a {'whole ' if is_whole else ''}number is expected, not {value!r}")
    return number


def _categories(name: str, item: Mapping[str, Json], at: str) -> Range:
    values = texts_of(member(item, "Values", at=at), f"{at}.Values")
    if not values:
        raise ArgumentsError(f"{at}.Values", f"{name!r} has no value")
    return Range(name, lambda share: values[min(int(share * len(values)), len(values) - 1)], len(values))


def _automatic(name: str, item: Mapping[str, Json], at: str) -> Range:
    """A range that the service would find itself: only the hint is known."""
    hint = text_of(member(item, "ValueHint", at=at))
    return Range(name, lambda _: hint, 1)


_KINDS: dict[str, Callable[[str, Mapping[str, Json], str], Range]] = {
    "IntegerParameterRanges": _integers,
    "ContinuousParameterRanges": _numbers,
    "CategoricalParameterRanges": _categories,
    "AutoParameters": _automatic,
}
