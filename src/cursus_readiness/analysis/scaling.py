"""What a figure will be at a larger size, from runs at smaller ones, or why that cannot be said. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from cursus_readiness.analysis.lines import fit_line
from cursus_readiness.model.scaling import Prediction

_FEWEST_SIZES = 3
_LEAST_EXPLAINED = 0.95
_FLAT_RATIO = 0.03  # what moves less than this does not depend on the size
_WIDEST_RATIO = 0.3
_MOST_BENT_RATIO = 0.15
_SMALLEST_MARGIN_RATIO = 0.05  # tables grow in steps: no interval is narrower than this


def predict(points: Sequence[tuple[float, float]], target: float) -> Prediction:
    """The figure at ``target`` from (size, figure) of at least three sizes.

    A straight line through all points, and one through the two largest sizes: where figures grow faster or slower than
    the size the two part. Their middle is the prediction; its interval holds both, each with the 95 % interval of the
    first. When it is too wide, or the line explains too little, nothing is said.
    """
    sizes = sorted({size for size, _ in points})
    if len(sizes) < _FEWEST_SIZES:
        return Prediction(problem=f"measured at {len(sizes)} sizes; {_FEWEST_SIZES} are needed")
    line = fit_line([size for size, _ in points], [figure for _, figure in points])
    middles = {size: median([figure for other, figure in points if other == size]) for size in sizes}
    below, last = sizes[-2], sizes[-1]
    tangent = middles[last] + (middles[last] - middles[below]) / (last - below) * (target - last)
    straight = line.at(target)
    value = (straight + tangent) / 2
    spread = max(middles.values()) - min(middles.values())
    is_flat = spread <= _FLAT_RATIO * max(middles.values())
    if not is_flat and line.slope <= 0:
        return Prediction(problem="it does not grow with the size, and is not steady either")
    if not is_flat and line.explained_ratio < _LEAST_EXPLAINED:
        return Prediction(problem=f"a straight line explains only {line.explained_ratio:.0%} of how it grows")
    if abs(tangent - straight) > _MOST_BENT_RATIO * value:
        return Prediction(problem=f"it does not grow in a straight line: {straight / tangent - 1:+.0%} by its start")
    margin = max(line.margin_at(target), _SMALLEST_MARGIN_RATIO * value)
    lower, upper = min(straight, tangent) - margin, max(straight, tangent) + margin
    if upper - value > _WIDEST_RATIO * value:
        return Prediction(problem=f"the interval is too wide: up to {upper / value - 1:.0%} more; use --repeats")
    return Prediction(value=value, lower=max(lower, 0.0), upper=upper)
