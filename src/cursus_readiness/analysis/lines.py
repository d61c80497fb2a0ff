"""A straight line by least squares, with intervals of Student's t. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

# two-sided 95 % quantiles of Student's t by degrees of freedom
_T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)
_T95_BEYOND = 2.131


@dataclass(frozen=True, slots=True)
class Line:
    """``intercept + slope * x``; ``residual`` is the standard deviation around it, infinite for two points."""

    intercept: float
    slope: float
    residual: float
    count: int
    mean_x: float
    spread_x: float
    explained_ratio: float

    def at(self, x: float) -> float:
        """The value of the line."""
        return self.intercept + self.slope * x

    def slope_interval(self) -> tuple[float, float]:
        """The 95 % interval of the slope."""
        half = self._t * self.residual / sqrt(self.spread_x)
        return self.slope - half, self.slope + half

    def margin_at(self, x: float) -> float:
        """Half of the 95 % interval of one new value at ``x``."""
        return self._t * self.residual * sqrt(1 + 1 / self.count + (x - self.mean_x) ** 2 / self.spread_x)

    @property
    def _t(self) -> float:
        freedom = self.count - 2
        return 1.0 if freedom < 1 else _T95[freedom - 1] if freedom <= len(_T95) else _T95_BEYOND


def fit_line(xs: Sequence[float], ys: Sequence[float]) -> Line:
    """The line through points; ``xs`` must differ. Raises ValueError when they do not."""
    count = len(xs)
    mean_x, mean_y = sum(xs) / count, sum(ys) / count
    spread_x = sum((x - mean_x) ** 2 for x in xs)
    if spread_x <= 0:
        raise ValueError("a line needs two different places")
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread_x
    intercept = mean_y - slope * mean_x
    unexplained = sum((y - intercept - slope * x) ** 2 for x, y in zip(xs, ys, strict=True))
    spread_y = sum((y - mean_y) ** 2 for y in ys)
    return Line(
        intercept=intercept,
        slope=slope,
        residual=sqrt(unexplained / (count - 2)) if count > 2 else inf,
        count=count,
        mean_x=mean_x,
        spread_x=spread_x,
        explained_ratio=min(max(1 - unexplained / spread_y, 0.0), 1.0) if spread_y > 0 else 0.0,
    )
