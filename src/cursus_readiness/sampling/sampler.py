"""When to look at a process tree, and what was seen."""

from __future__ import annotations

import math
import time
from array import array
from typing import TYPE_CHECKING

from cursus_readiness.clock import Clock
from cursus_readiness.sampling.probe import Probe, Reading

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_COLUMNS = (
    "elapsed_s",
    "cpu_ratio",
    "rss_bytes",
    "pss_bytes",
    "read_bytes",
    "written_bytes",
    "process_count",
    "thread_count",
    "waiting_count",
)
_FIRST_LOOK_S = 0.01  # shorter steps have the kernel's totals, and a look would cost a good part of what they do
_FIRST_INTERVAL_S = 0.005
_PSS_DUTY = 0.02
_NEW_PEAK = 1.02
_NAN = float("nan")


class Sampler:
    """Samples a tree: often at first (short steps have samples too), then at ``interval_s``, faster near a limit.

    RSS is read at each tick. PSS, which counts shared pages once, is read for trees of several processes when their RSS
    reaches a new peak, and for at most 2 % of the time, because reading it holds the lock that page faults need.
    ``file_bytes`` is how much of the tree was pages of mapped files, where the limit made that matter.
    """

    def __init__(self, probe: Probe, clock: Clock, *, interval_s: float = 0.1, limit_bytes: int | None = None) -> None:
        self._probe = probe
        self._clock = clock
        self._interval_s = interval_s
        self._limit_bytes = limit_bytes
        self._started = clock.monotonic()
        self._first: Reading | None = None
        self._last: tuple[float, Reading] | None = None
        self._swept_rss_bytes = 0
        self._pss_cost_s = 0.0
        self._last_share = 1.0
        self.columns = {name: array("d") for name in SAMPLE_COLUMNS}  # NaN is *not measured*
        self.next_due = self._started + _FIRST_LOOK_S
        self.cpu_s = 0.0
        self.peak_pss_bytes: int | None = None
        self.is_over_limit = False
        self.file_bytes = 0
        self._judge_again_at = self._started

    def tick(self) -> None:
        """Look at the tree now, and decide when to look again."""
        before = time.thread_time()
        now = self._clock.monotonic()
        reading = self._probe.read()
        if reading is None:
            self.next_due = now + _FIRST_INTERVAL_S
        else:
            pss_bytes = self._pss(reading, now)
            self._keep(reading, pss_bytes, now)
            self._judge(reading, now)
            self.next_due = now + self._next_interval(reading, now)
            self._first = self._first or reading
            self._last = (now, reading)
        self.cpu_s += time.thread_time() - before

    @property
    def sample_count(self) -> int:
        """Ticks that saw a process."""
        return len(self.columns["elapsed_s"])

    @property
    def elapsed_s(self) -> float:
        """Seconds since sampling began."""
        return self._clock.monotonic() - self._started

    @property
    def last_reading(self) -> Reading | None:
        """What the last look saw; ``None`` when none saw a process."""
        return self._last[1] if self._last else None

    def cpu_growth_s(self) -> float | None:
        """CPU seconds between the first and the last reading; ``None`` with fewer than two."""
        if self._first is None or self._last is None or self.sample_count < 2:
            return None
        return self._last[1].cpu_s - self._first.cpu_s

    def growth(self, name: str) -> int | None:
        """How much a counter rose between the first and the last sample; ``None`` when it was not measured."""
        values = self.columns[name]
        change = values[-1] - values[0] if len(values) > 1 else _NAN
        return None if math.isnan(change) else int(change)

    def frame(self) -> pd.DataFrame:
        """The samples as a frame: one row a tick, columns ``SAMPLE_COLUMNS``, all float64, NaN for not measured."""
        import pandas as pd  # slow to import, and most runs never ask

        return pd.DataFrame({name: list(values) for name, values in self.columns.items()})

    def _pss(self, reading: Reading, now: float) -> int | None:
        """PSS of the tree when it is worth its cost."""
        is_alone = reading.process_count == 1
        is_new_peak = reading.rss_bytes > self._swept_rss_bytes * _NEW_PEAK
        if is_alone or not is_new_peak or self._pss_cost_s > _PSS_DUTY * (now - self._started):
            return None
        before = time.perf_counter()
        pss_bytes = self._probe.read_pss_bytes()
        self._pss_cost_s += time.perf_counter() - before
        self._swept_rss_bytes = max(self._swept_rss_bytes, reading.rss_bytes)
        if pss_bytes is not None:
            self.peak_pss_bytes = max(self.peak_pss_bytes or 0, pss_bytes)
            self._last_share = pss_bytes / reading.rss_bytes if reading.rss_bytes else 1.0
        return pss_bytes

    def _judge(self, reading: Reading, now: float) -> None:
        """Whether the tree is over its limit. What decides is a look of its own: pages of files do not count.

        A look that found it within its limit is not repeated for ten times as long as it took.
        """
        tree_bytes = self._tree_bytes(reading)
        self.is_over_limit = False
        if self._limit_bytes is None or tree_bytes <= self._limit_bytes or now < self._judge_again_at:
            return
        before = time.perf_counter()
        needed_bytes = self._probe.read_pss_bytes(with_files=False)
        self._judge_again_at = now + 10 * (time.perf_counter() - before)
        if needed_bytes is not None:
            self.file_bytes = max(self.file_bytes, int(tree_bytes) - needed_bytes, 0)
            self.peak_pss_bytes = max(self.peak_pss_bytes or 0, needed_bytes)
        self.is_over_limit = (tree_bytes if needed_bytes is None else needed_bytes) > self._limit_bytes

    def _tree_bytes(self, reading: Reading) -> float:
        """The tree's memory: RSS of a single process, else RSS scaled by what the last look at PSS showed as shared."""
        return reading.rss_bytes if reading.process_count == 1 else reading.rss_bytes * self._last_share

    def _next_interval(self, reading: Reading, now: float) -> float:
        """Doubling up to the interval; no later than half the time in which growth would reach the limit."""
        elapsed = now - self._started
        interval = min(self._interval_s, max(_FIRST_INTERVAL_S, elapsed))
        if self._limit_bytes is None or self._last is None or self.is_over_limit:
            return interval
        last_at, last = self._last
        grown = self._tree_bytes(reading) - self._tree_bytes(last)
        if grown <= 0 or now <= last_at:
            return interval
        left_s = (self._limit_bytes - self._tree_bytes(reading)) / (grown / (now - last_at))
        return min(interval, max(left_s / 2, _FIRST_INTERVAL_S))

    def _keep(self, reading: Reading, pss_bytes: int | None, now: float) -> None:
        last_at, last_cpu_s = (self._last[0], self._last[1].cpu_s) if self._last else (self._started, 0.0)
        passed = now - last_at
        cpu_ratio = max(reading.cpu_s - last_cpu_s, 0.0) / passed if passed > 0 else 0.0
        row = (
            now - self._started,
            cpu_ratio,
            reading.rss_bytes,
            _NAN if pss_bytes is None else pss_bytes,
            _NAN if reading.read_bytes is None else reading.read_bytes,
            _NAN if reading.written_bytes is None else reading.written_bytes,
            reading.process_count,
            reading.thread_count,
            reading.waiting_count,
        )
        for name, value in zip(SAMPLE_COLUMNS, row, strict=True):
            self.columns[name].append(value)
