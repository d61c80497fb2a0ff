"""Whether repeated runs with other parameters need less, beyond noise. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, stdev
from typing import NamedTuple

LEAST_GAIN_RATIO = 0.05
FEWEST_REPEATS = 3
_SPREADS = 3


class Gain(NamedTuple):
    """``ratio`` of the baseline's median that was saved, and what it must exceed to be more than noise."""

    ratio: float
    needed_ratio: float
    is_proven: bool


def gain_of(baseline: Sequence[float], changed: Sequence[float]) -> Gain:
    """A saving counts when the medians differ by more than 5 % and by more than three standard deviations.

    With fewer than three runs on a side nothing is proven.
    """
    middle = median(baseline)
    ratio = 1 - median(changed) / middle
    spread = max((stdev(values) for values in (baseline, changed) if len(values) > 1), default=0.0)
    needed = max(LEAST_GAIN_RATIO, _SPREADS * spread / middle)
    is_repeated = min(len(baseline), len(changed)) >= FEWEST_REPEATS
    return Gain(ratio, needed, is_repeated and ratio > needed)
