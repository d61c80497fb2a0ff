"""What a figure will be at a larger size, from runs at smaller ones, or why that cannot be said. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from cursus_readiness.analysis.lines import Line, fit_line
from cursus_readiness.model.scaling import Prediction

_FEWEST_SIZES = 3
_FLAT_RATIO = 0.05  # what moves less than this does not depend on the size
_WIDEST_RATIO = 0.3
_MOST_BENT_RATIO = 0.15
_MOST_CONVEX_RATIO = 0.2
_SMALLEST_MARGIN_RATIO = 0.1  # tables and allocators grow in steps: no interval is narrower than this


def predict(points: Sequence[tuple[float, float]], target: float) -> Prediction:
    """The figure at ``target`` from (size, figure) of at least three sizes.

    A straight line through all points, and one through the two largest sizes: where figures grow slower than the size
    the two part. Their middle is the prediction; its interval holds both, each with the 95 % interval of the first.
    When it is too wide, or the line is no good, nothing is said.
    """
    sizes = sorted({size for size, _ in points})
    if len(sizes) < _FEWEST_SIZES:
        return Prediction(problem=f"measured at {len(sizes)} sizes; {_FEWEST_SIZES} are needed")
    line = fit_line([size for size, _ in points], [figure for _, figure in points])
    middles = [(size, median([figure for other, figure in points if other == size])) for size in sizes]
    (below, second), (last, third) = middles[-2:]
    tangent = third + (third - second) / (last - below) * (target - last)
    straight = line.at(target)
    value = (straight + tangent) / 2
    margin = max(line.margin_at(target), _SMALLEST_MARGIN_RATIO * value)
    lower, upper = min(straight, tangent) - margin, max(straight, tangent) + margin
    problem = _flaw(line, middles, target, tangent)
    if problem is None and upper - value > _WIDEST_RATIO * value:
        problem = f"the interval is too wide, up to {upper / value - 1:.0%} more: raise --repeats"
    if problem is not None:
        return Prediction(problem=problem)
    return Prediction(value=value, lower=max(lower, 0.0), upper=upper)


def _flaw(line: Line, middles: Sequence[tuple[float, float]], target: float, tangent: float) -> str | None:
    """Why a straight line does not tell how the figures grow; ``None`` when it does, or when they do not grow."""
    figures = [figure for _, figure in middles]
    if max(figures) - min(figures) <= _FLAT_RATIO * max(figures):
        return None
    if line.slope <= 0:
        return "it does not grow with the size, and is not steady either"
    straight = line.at(target)
    if abs(tangent - straight) > _MOST_BENT_RATIO * straight:
        return "it does not grow in a straight line"
    bent = _parabola([middles[0], *middles[-2:]], target)
    if bent - tangent > _MOST_CONVEX_RATIO * straight:
        return "it grows faster than the size: a straight line would promise too much"
    return None


def _parabola(points: Sequence[tuple[float, float]], at: float) -> float:
    """The parabola through three points (Newton's form)."""
    (a, first), (b, second), (c, third) = points
    slope = (second - first) / (b - a)
    bend = ((third - second) / (c - b) - slope) / (c - a)
    return first + slope * (at - a) + bend * (at - a) * (at - b)
