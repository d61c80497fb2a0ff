"""Series of many steps as bytes: what a screen can show of them, exact at the peaks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import Any

from cursus_readiness.model.attachments import StepSeries

WIDE = 64
"""Series of more points have two bytes for the time of each."""
ABSENT = 255
"""The byte of a value that was not measured."""
_MANY_POINTS = 300_000


def levels(series: Sequence[StepSeries]) -> tuple[int, int]:
    """Into how many steps the largest memory and the largest CPU are divided; of very many points, into fewer.

    A chart is some 200 pixels high, and CPU is counted by the kernel in ticks of 10 ms.
    """
    return (126, 62) if sum(len(each.elapsed_s) for each in series) > _MANY_POINTS else (254, 254)


def series_bytes(series: Sequence[StepSeries], memory_levels: int, cpu_levels: int) -> bytes:
    """Planes of bytes, one after the other, each over all points of all series, as differences of neighbours (mod 256).

    The planes: times; the low bytes of times, of wide series alone; memory; CPU. A time is a share of the last time of
    its series, of 255, or of 65535 in a wide one; a value is a share of the largest of its series, which stands as the
    last level: a peak is never lost.
    """
    import numpy as np  # slow to import

    counts = [len(each.elapsed_s) for each in series]
    is_wide = np.repeat(np.array([count > WIDE for count in counts], dtype=bool), counts)

    def shares(values: list[Sequence[float]], tops: list[float], top_level: Any) -> Any:
        flat = np.fromiter(chain.from_iterable(values), np.float64, sum(counts))
        scale = np.repeat(np.array([1 / top if top > 0 else 0.0 for top in tops], dtype=np.float64), counts)
        return np.rint(np.clip(flat * scale, 0, 1) * top_level)

    ends = [end_s(each) for each in series]
    times = shares([each.elapsed_s for each in series], ends, np.where(is_wide, 65535, 255)).astype(np.uint16)
    memory = shares(
        [each.memory_bytes for each in series], [largest(each.memory_bytes) for each in series], memory_levels
    )
    cpu = shares([each.cpu_ratio for each in series], [largest(each.cpu_ratio) for each in series], cpu_levels)
    planes = (
        np.where(is_wide, times >> 8, times).astype(np.uint8),
        (times[is_wide] & 255).astype(np.uint8),
        *(np.where(np.isnan(plane), ABSENT, plane).astype(np.uint8) for plane in (memory, cpu)),
    )
    return b"".join(np.diff(plane, prepend=np.uint8(0)).tobytes() for plane in planes)


def largest(values: Sequence[float]) -> float:
    """The largest value that was measured; 0 without any."""
    if math.isnan(sum(values)):  # several times as fast as asking each
        values = [value for value in values if not math.isnan(value)]
    return max(values, default=0.0)


def end_s(series: StepSeries) -> float:
    """The time of the last sample; 0 without any."""
    return series.elapsed_s[-1] if series.elapsed_s else 0.0
