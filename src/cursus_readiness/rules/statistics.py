"""How far two distributions are apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_BINS = 10
_RARE = 1e-4  # stands for an empty bin, whose share has no logarithm
_FEWEST_EXPECTED = 5.0


def population_stability_index(expected: list[float], found: list[float]) -> float:
    """PSI of counts by bin: below 0.1 nothing, above 0.2 a shift that people act on."""
    total, other = sum(expected) or 1.0, sum(found) or 1.0
    pairs = [(max(a / total, _RARE), max(b / other, _RARE)) for a, b in zip(expected, found, strict=True)]
    return sum((b - a) * math.log(b / a) for a, b in pairs)


def binned(reference: Any, values: Any) -> tuple[list[float], list[float]]:
    """Counts of both in bins that hold a tenth of the reference each, or one value where values repeat."""
    import numpy as np

    edges = np.unique(np.quantile(reference, np.linspace(0, 1, _BINS + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(edges, side, side="left"), minlength=len(edges) + 1) for side in (reference, values)
    ]
    return counts[0].tolist(), counts[1].tolist()


def kolmogorov_smirnov(reference: Any, values: Any) -> float:
    """The largest distance between the two cumulative distributions: 0 for the same, 1 for apart."""
    import numpy as np

    reference, values = np.sort(reference), np.sort(values)
    both = np.concatenate([reference, values])
    below = [np.searchsorted(side, both, side="right") / len(side) for side in (reference, values)]
    return float(np.abs(below[0] - below[1]).max())


def chi_square_p(expected: Mapping[str, int], found: Mapping[str, int]) -> float:
    """How likely two samples of one population differ as much; categories too rare to count are put together."""
    total, other = sum(expected.values()), sum(found.values())
    whole = total + other
    rows: list[tuple[float, float]] = []
    rare = (0.0, 0.0)
    for name in expected.keys() | found.keys():
        pair = (float(expected.get(name, 0)), float(found.get(name, 0)))
        if sum(pair) * min(total, other) / whole < _FEWEST_EXPECTED:
            rare = (rare[0] + pair[0], rare[1] + pair[1])
        else:
            rows.append(pair)
    if sum(rare):
        rows.append(rare)
    if len(rows) < 2:
        return 1.0
    statistic = 0.0
    for pair in rows:
        for count, side in zip(pair, (total, other), strict=True):
            awaited = sum(pair) * side / whole
            statistic += (count - awaited) ** 2 / awaited
    return _upper_gamma((len(rows) - 1) / 2, statistic / 2)


def _upper_gamma(shape: float, x: float) -> float:
    """The regularised upper incomplete gamma function (Numerical Recipes, 6.2)."""
    if x <= 0:
        return 1.0
    front = math.exp(-x + shape * math.log(x) - math.lgamma(shape))
    if x < shape + 1:
        term = total = 1 / shape
        step = shape
        while abs(term) > abs(total) * 1e-14:
            step += 1
            term *= x / step
            total += term
        return max(0.0, 1 - total * front)
    b = x + 1 - shape
    c, d = 1e300, 1 / b
    result = d
    for index in range(1, 500):
        a = -index * (index - shape)
        b += 2
        d = 1 / (a * d + b or 1e-300)
        c = b + a / c or 1e-300
        result *= d * c
        if abs(d * c - 1) < 1e-14:
            break
    return min(1.0, front * result)
