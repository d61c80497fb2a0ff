"""The Mann-Whitney rank test for few measurements, from the exact distribution."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil, comb, erfc, sqrt

_EXACT_LIMIT = 30


def greater_p(larger: Sequence[float], smaller: Sequence[float]) -> float:
    """How likely values that all come from one source stand at least so far above the others by chance.

    One-sided; ties count half, which makes the test more careful. Exact up to 30 values a side, above that by the
    normal approximation with a continuity correction.
    """
    u = sum((a > b) + 0.5 * (a == b) for a in larger for b in smaller)
    below = len(larger) * len(smaller) - u  # the pairs that speak against it
    if max(len(larger), len(smaller)) <= _EXACT_LIMIT:
        counts = _counts(len(larger), len(smaller))
        return sum(counts[: ceil(below) + 1]) / comb(len(larger) + len(smaller), len(larger))
    mean = len(larger) * len(smaller) / 2
    deviation = sqrt(mean * (len(larger) + len(smaller) + 1) / 6)
    return 0.5 * erfc((u - mean - 0.5) / deviation / sqrt(2))


def least_p(count: int, other_count: int) -> float:
    """The smallest p that so many values can give: without one below the level, the test can never reject."""
    return 1 / comb(count + other_count, count)


@cache
def _counts(first: int, second: int) -> tuple[int, ...]:
    """In how many orders of the values u pairs of ``first * second`` speak against, for every u.

    These are the coefficients of the Gaussian binomial, by its recurrence on the largest value.
    """
    if first == 0 or second == 0:
        return (1,)
    counts = [0] * (first * second + 1)
    for place, count in enumerate(_counts(first - 1, second)):
        counts[place + second] += count
    for place, count in enumerate(_counts(first, second - 1)):
        counts[place] += count
    return tuple(counts)
