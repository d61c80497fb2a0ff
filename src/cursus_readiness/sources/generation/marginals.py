"""Numbers of a declared distribution, out of uniform or of normal ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from cursus_readiness.sources.generation.columns import LARGEST, NumberColumn
from cursus_readiness.sources.generation.schema import Drift
from cursus_readiness.sources.generation.streams import Floats

_GRID = 4097  # the normal distribution as a table: off by less than 1e-6
_NORMAL = NormalDist()


class Marginal:
    """One column's distribution, with the drift of a part; held to its range and rounded."""

    def __init__(self, column: NumberColumn, drift: Drift) -> None:
        self._column = column
        self._drift = drift
        self.is_gaussian = column.distribution in ("normal", "lognormal")
        self._of_uniform = _quantile_function(column)

    def values(self, random: np.random.Generator, rows: int) -> Floats:
        """So many values."""
        latent = random.standard_normal(rows) if self.is_gaussian else random.random(rows)
        return self._finished(latent)

    def of_normal(self, latent: Floats) -> Floats:
        """The values that normal variables stand for, which may correlate with others."""
        return self._finished(latent if self.is_gaussian else uniform_of(latent))

    def _finished(self, latent: Floats) -> Floats:
        values = self._raw(latent)
        if self._drift.shift or self._drift.scale != 1:
            centre, spread = self._moments()
            values = centre + (values - centre) * self._drift.scale + self._drift.shift * spread
        column = self._column
        if column.low is not None or column.high is not None:
            values = np.clip(values, column.low, column.high)
        if column.type == "integer":
            return np.clip(np.rint(values), -LARGEST, LARGEST)
        return np.round(values, column.decimals) + 0.0  # no negative zero

    def _raw(self, latent: Floats) -> Floats:
        column = self._column
        if column.distribution == "normal":
            return (column.mean or 0.0) + (column.std or 1.0) * latent
        if column.distribution == "lognormal":
            values: Floats = (column.median or 1.0) * np.exp((column.sigma or 1.0) * latent)
            return values
        return self._of_uniform(latent)

    def _moments(self) -> tuple[float, float]:
        """Middle and spread of what is declared, over even steps of the distribution."""
        steps = (np.arange(1000) + 0.5) / 1000
        values = self._raw(_normal_of(steps) if self.is_gaussian else steps)
        return float(values.mean()), float(values.std())


def uniform_of(normal: Floats) -> Floats:
    """The share of the normal distribution that lies below each value."""
    grid, shares = _normal_table()
    return np.interp(normal, grid, shares)


def _normal_of(uniform: Floats) -> Floats:
    return np.array([_NORMAL.inv_cdf(float(share)) for share in uniform])


@lru_cache(maxsize=1)
def _normal_table() -> tuple[Floats, Floats]:
    grid = np.linspace(-8, 8, _GRID)
    return grid, np.array([_NORMAL.cdf(float(point)) for point in grid])


def _quantile_function(column: NumberColumn) -> Callable[[Floats], Floats]:
    low, high = column.low or 0.0, column.high or 0.0
    if column.distribution == "exponential":
        mean = column.mean or 1.0
        return lambda uniform: -mean * np.log1p(-uniform)
    if column.distribution == "quantiles":
        points = np.array(column.quantiles)
        steps = np.linspace(0, 1, len(points))
        return lambda uniform: np.interp(uniform, steps, points)
    if column.distribution == "poisson":
        return _inverse(_poisson(column.mean or 1.0), first=0)
    if column.distribution == "zipf":
        return _inverse(np.arange(1.0, int(high) + 1) ** -(column.exponent or 1.0), first=1)
    return lambda uniform: low + (high - low) * uniform


def _poisson(mean: float) -> Floats:
    counts = np.arange(1, int(mean + 12 * mean**0.5) + 30)
    logs = np.concatenate(([0.0], counts * np.log(mean) - np.cumsum(np.log(counts)))) - mean
    shares: Floats = np.exp(logs)
    return shares


def _inverse(shares: npt.NDArray[np.floating[Any]], first: int) -> Callable[[Floats], Floats]:
    """Whole numbers from ``first`` on, each as often as its share says."""
    bounds = cumulated(shares)
    return lambda uniform: np.searchsorted(bounds, uniform, side="right").astype(np.float64) + first


def cumulated(shares: npt.NDArray[np.floating[Any]]) -> Floats:
    """The upper bounds of shares, but for the last: what lies above all of them is the last one's."""
    bounds: Floats = np.cumsum(shares / shares.sum())[:-1]
    return bounds
