"""When to look at a process tree, and what was seen."""

from __future__ import annotations

import math
import time
from array import array
from typing import TYPE_CHECKING

from cursus_readiness.clock import Clock
from cursus_readiness.sampling.cadence import Cadence
from cursus_readiness.sampling.estimate import Estimate
from cursus_readiness.sampling.probe import Probe, Reading
from cursus_readiness.sampling.sharing import TreeMemory

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
    "runnable_count",
)
_PSS_DUTY = 0.02
_PSS_ALLOWANCE_S = 0.02  # or a short step would never have a look
_PSS_S_PER_BYTE = 13e-3 / (1 << 30)
_CHEAP_S = 0.001
_CALM_RATIO = 1.05
_NAN = float("nan")


class Sampler:
    """Samples a tree: often at first (short steps have samples too), then as often as ``Cadence`` finds affordable.

    Each tick reads what is cheap. PSS, which counts shared pages once, is read where the rest leaves a new peak
    uncertain, and for at most 2 % of the time, because reading it holds the lock that page faults need. ``memory`` has
    the peaks. ``file_bytes`` is how much of the tree was pages of mapped files, where the limit made that matter.
    """

    def __init__(self, probe: Probe, clock: Clock, *, interval_s: float = 0.1, limit_bytes: int | None = None) -> None:
        self._probe = probe
        self._clock = clock
        self._limit_bytes = limit_bytes
        self._started = clock.monotonic()
        self._cadence = Cadence(interval_s, limit_bytes)
        self._first: Reading | None = None
        self._last: tuple[float, Reading] | None = None
        self._last_pids: frozenset[int] = frozenset()
        self._last_upper_bytes = 0
        self._pss_cost_s = 0.0
        self._pss_s_per_byte = _PSS_S_PER_BYTE
        self._has_pss = True
        self._judge_again_at = self._started
        self.memory = TreeMemory()
        self.columns = {name: array("d") for name in SAMPLE_COLUMNS}  # NaN is *not measured*
        self.next_due = self._started + self._cadence.first_look_s
        self.cpu_s = 0.0
        self.is_over_limit = False
        self.is_cpu_lower_bound = False
        self.file_bytes = 0

    def tick(self) -> None:
        """Look at the tree now, and decide when to look again."""
        before = time.thread_time()
        now = self._clock.monotonic()
        reading = self._probe.read()
        if reading is None:
            self.next_due = now + self._cadence.without_process_s
            self.cpu_s += time.thread_time() - before
            return
        estimate = self.memory.add(reading)
        walk_s = time.thread_time() - before
        pss_bytes = None
        if self._is_worth_pss(reading, estimate, now):
            estimate, pss_bytes = self._look_at_pss(reading, estimate)
        estimate = self._judge(reading, estimate, now)
        self._keep(reading, pss_bytes, now)
        self._first = self._first or reading
        self._last = (now, reading)
        self._last_pids = frozenset(item.pid for item in reading.processes)
        self._last_upper_bytes = estimate.upper_bytes
        self.is_cpu_lower_bound |= reading.is_cpu_lower_bound
        self.next_due = now + self._cadence.next_s(now, now - self._started, _needed(estimate), walk_s)
        self.cpu_s += time.thread_time() - before

    def close(self) -> None:
        """Give back what the probe keeps open; what was seen stays."""
        self._probe.close()

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

    def _is_worth_pss(self, reading: Reading, estimate: Estimate, now: float) -> bool:
        """Whether PSS would tell more, and its time is there; a tree that moves is left alone, or the sum is wrong."""
        if reading.process_count == 1 or not self._has_pss or not self.memory.wants_shares(estimate):
            return False
        cost_s = reading.rss_bytes * self._pss_s_per_byte
        if self._pss_cost_s + cost_s > _PSS_DUTY * (now - self._started) + _PSS_ALLOWANCE_S:
            return False
        if cost_s < _CHEAP_S:
            return True
        is_calm = estimate.upper_bytes <= self._last_upper_bytes * _CALM_RATIO
        return is_calm and self._last_pids.issuperset(item.pid for item in reading.processes)

    def _look_at_pss(self, reading: Reading, estimate: Estimate) -> tuple[Estimate, int | None]:
        """The estimate with PSS, and the sum of PSS; as before and ``None`` where it is not to be had."""
        before = time.perf_counter()
        shares = self._probe.read_shares()
        passed_s = time.perf_counter() - before
        self._pss_cost_s += passed_s
        if reading.rss_bytes:
            self._pss_s_per_byte = max(passed_s / reading.rss_bytes, _PSS_S_PER_BYTE)
        self._has_pss = shares is not None
        if not shares:
            return estimate, None
        return self.memory.learn(reading, shares), sum(share.pss_bytes for share in shares)

    def _judge(self, reading: Reading, estimate: Estimate, now: float) -> Estimate:
        """Whether the tree is over its limit, for which pages of files do not count; the estimate that decided.

        A look at PSS that found it within its limit is not repeated for ten times as long as it took.
        """
        limit = self._limit_bytes
        self.is_over_limit = False
        if limit is None or estimate.upper_bytes <= limit:
            return estimate
        is_clear = any(
            item.file_bytes is not None and item.window_bytes - item.file_bytes > limit for item in reading.processes
        )
        if not is_clear and (estimate.is_uncertain or estimate.file_bytes is None) and self._has_pss:
            if now < self._judge_again_at:
                return estimate
            before = time.perf_counter()
            estimate, _ = self._look_at_pss(reading, estimate)
            self._judge_again_at = now + 10 * (time.perf_counter() - before)
        self.file_bytes = max(self.file_bytes, estimate.file_bytes or 0)
        self.is_over_limit = is_clear or _needed(estimate) > limit
        return estimate

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
            _NAN if reading.runnable_count is None else reading.runnable_count,
        )
        for name, value in zip(SAMPLE_COLUMNS, row, strict=True):
            self.columns[name].append(value)


def _needed(estimate: Estimate) -> int:
    """What must fit, as far as that was told apart."""
    anonymous = estimate.anonymous_bytes
    return estimate.likely_bytes if anonymous is None else anonymous
