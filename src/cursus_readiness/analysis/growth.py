"""Whether memory grows until the end: a line through floors. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cursus_readiness.analysis.lines import fit_line
from cursus_readiness.model.diagnosis import Growth

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

_START_UP_RATIO = 0.2
_BLOCK_COUNT = 8
_FEWEST_A_BLOCK = 3
_FLOOR_PERCENT = 10


def growth_of(elapsed_s: Numbers, memory_bytes: Numbers) -> Growth | None:
    """The growth of a series; ``None`` where it is too short to tell.

    The time after start-up is cut into equal blocks, and the line goes through their floors: what is taken and given
    back again does not raise a floor, and neighbouring samples, which are far from independent, count once.
    """
    import numpy as np  # slow to import

    if len(elapsed_s) == 0:
        return None
    first, last = elapsed_s[0] + _START_UP_RATIO * (elapsed_s[-1] - elapsed_s[0]), elapsed_s[-1]
    edges = np.linspace(first, last, _BLOCK_COUNT + 1)
    places = np.clip(np.searchsorted(edges, elapsed_s, side="right") - 1, -1, _BLOCK_COUNT - 1)
    blocks = [memory_bytes[places == number] for number in range(_BLOCK_COUNT)]
    if min(map(len, blocks)) < _FEWEST_A_BLOCK:
        return None
    floors = [float(np.percentile(block, _FLOOR_PERCENT)) for block in blocks]
    middles = ((edges[:-1] + edges[1:]) / 2).tolist()
    line, half = fit_line(middles, floors), _BLOCK_COUNT // 2
    lower, upper = line.slope_interval()
    return Growth(
        slope_bytes_per_s=line.slope,
        slope_lower_bytes_per_s=lower,
        slope_upper_bytes_per_s=upper,
        late_slope_bytes_per_s=fit_line(middles[half:], floors[half:]).slope,
        linearity_ratio=line.explained_ratio,
        grown_bytes=floors[-1] - floors[0],
        span_s=middles[-1] - middles[0],
    )
