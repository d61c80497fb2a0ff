"""How long to wait until the next look at a tree."""

from __future__ import annotations

_SHORTEST_S = 0.005
_QUICK_S = 0.02
_QUICK_FOR_S = 60.0
_CALM_S = 0.05  # a step of hours shall not fill the memory with samples
_MODEST_SHARE = 0.01
_LARGEST_SHARE = 0.03
_HURRIED_SHARE = 0.1
_SMOOTHING = 0.3


class Cadence:
    """Looks as often as 1 % of a core allows: at most ``interval_s`` apart, unless that would cost more than 3 %.

    Towards a limit it looks again after half of the time in which growth would reach it, for up to 10 % of a core.
    """

    first_look_s = 0.01  # shorter steps have the kernel's totals, and a look would cost a good part of what they do
    without_process_s = _SHORTEST_S

    def __init__(self, interval_s: float, limit_bytes: int | None) -> None:
        self._interval_s = interval_s
        self._limit_bytes = limit_bytes
        self._cost_s = 0.0
        self._last: tuple[float, int] | None = None

    def next_s(self, now: float, elapsed_s: float, needed_bytes: int, cost_s: float) -> float:
        """Seconds from ``now`` to the next look, given what the tree needs and what this look cost in CPU."""
        self._cost_s += (cost_s - self._cost_s) * (_SMOOTHING if self._cost_s else 1.0)
        floor = _QUICK_S if elapsed_s < _QUICK_FOR_S else _CALM_S
        interval = min(max(self._cost_s / _MODEST_SHARE, floor), self._interval_s, max(_SHORTEST_S, elapsed_s))
        interval = max(interval, self._cost_s / _LARGEST_SHARE)
        left_s = self._time_left_s(now, needed_bytes)
        self._last = (now, needed_bytes)
        if left_s is None:
            return interval
        return min(interval, max(left_s / 2, _SHORTEST_S, self._cost_s / _HURRIED_SHARE))

    def _time_left_s(self, now: float, needed_bytes: int) -> float | None:
        """When the growth since the last look would reach the limit; ``None`` for never."""
        if self._limit_bytes is None or self._last is None:
            return None
        passed_s, grown = now - self._last[0], needed_bytes - self._last[1]
        if passed_s <= 0 or grown <= 0:
            return None
        return max(self._limit_bytes - needed_bytes, 0) * passed_s / grown
