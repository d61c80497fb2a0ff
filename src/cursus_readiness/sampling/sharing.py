"""The peak of a tree's memory with shared pages counted once: an estimate, and the bounds that hold it.

Sums of resident sizes count a page once for each process that maps it. Who shares what is known for certain only from
PSS, which is dear. Between two looks at PSS it follows from what is cheap to read: a process that was forked without
exec has made private at most one page a fault, and pages of files and of shared memory are told apart in ``status``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cursus_readiness.sampling.estimate import Estimate, Mapped, Sums
from cursus_readiness.sampling.probe import ProcessMemory, Reading, Share

_PAGE = 4096
_UNCERTAIN_RATIO = 1.02
_NEW_PEAK_RATIO = 1.02
_SLIGHT_RATIO = 0.01


@dataclass(frozen=True, slots=True)
class _Known:
    """What the last look at PSS said of a process. ``saved_bytes`` of its anonymous memory are counted for others."""

    saved_bytes: int
    pss_file_bytes: int
    pss_shmem_bytes: int
    rss_bytes: int
    file_bytes: int
    shmem_bytes: int
    fault_count: int
    image: tuple[int, int] | None


_UNKNOWN = _Known(0, 0, 0, 0, 0, 0, 0, None)


@dataclass(frozen=True, slots=True)
class _Ceiling:
    """A tree that PSS has told of: some of its processes cannot hold more than all did, but for what is new in them."""

    total_bytes: int
    known: dict[int, _Known]

    def over(self, processes: Sequence[ProcessMemory]) -> int | None:
        """The most that these can hold; ``None`` when one was not there."""
        more = 0
        for item in processes:
            known = self.known.get(item.pid)
            if known is None or known.image != item.image:
                return None
            new_faults = item.fault_count - known.fault_count
            more += max(item.window_bytes - known.rss_bytes, new_faults * _PAGE, 0)
        return self.total_bytes + more


@dataclass(frozen=True, slots=True)
class _Pending:
    """A look that PSS may yet correct: its estimate, and the window of each process."""

    estimate: Estimate
    windows: dict[int, int]


class TreeMemory:
    """Takes one reading after the other, and what looks at PSS say of them."""

    def __init__(self) -> None:
        self._settled: Estimate | None = None
        self._pending: _Pending | None = None
        self._known: dict[int, _Known] = {}
        self._inherited: dict[int, int] = {}
        self._origins: dict[tuple[int, int], int] = {}
        self._ceiling: _Ceiling | None = None
        self._broken_ratio = 1.0
        self._anonymous_bytes: int | None = None
        self.highest_process_bytes: int | None = None
        self.peak_pss_bytes: int | None = None

    def add(self, reading: Reading) -> Estimate:
        """Take a reading; its estimate."""
        processes = reading.processes
        self._follow(processes)
        highest = max(item.highest_bytes for item in processes)
        self.highest_process_bytes = max(self.highest_process_bytes or 0, highest) or None
        estimate = self._estimate(processes)
        if not estimate.is_uncertain:
            self._settle(estimate)
        else:
            self._postpone(estimate, {item.pid: item.window_bytes for item in processes})
        return estimate

    def wants_shares(self, estimate: Estimate) -> bool:
        """Whether the tree may be, or have been, at a new peak that only PSS can tell."""
        settled = self._settled.likely_bytes if self._settled else 0
        pending = self._pending.estimate.upper_bytes if self._pending else 0
        return estimate.is_uncertain and max(estimate.upper_bytes, pending) > settled * _NEW_PEAK_RATIO

    def learn(self, reading: Reading, shares: Sequence[Share]) -> Estimate:
        """Take the shares of processes of the reading that was added last: the estimate of those that are still there.

        Whoever has none has ended meanwhile.
        """
        shared = {share.pid: share for share in shares}
        here = [item for item in reading.processes if item.pid in shared]
        total, files = sum(share.pss_bytes for share in shares), [share.pss_file_bytes for share in shares]
        self.peak_pss_bytes = max(self.peak_pss_bytes or 0, total)
        if len(here) == len(reading.processes):
            self._calibrate(self._sums(here), total)
        self._known = {item.pid: _known(item, shared[item.pid]) for item in here}
        passed = sum(item.window_bytes - item.rss_bytes for item in here)
        lower = max((item.window_bytes for item in here), default=0)
        found = Estimate(
            likely_bytes=max(total + passed, lower),
            lower_bytes=max(total, lower),
            upper_bytes=max(total + passed, lower),
            file_bytes=None if None in files else sum(size for size in files if size is not None),
        )
        windows = {item.pid: item.window_bytes for item in here}
        self._ceiling = _Ceiling(found.upper_bytes, self._known)
        if self._pending is not None and self._pending.windows.keys() <= windows.keys():
            self._correct(self._pending, found, windows)
            self._pending = None
        self._settle(found)
        return found

    def peak(self) -> Estimate | None:
        """The largest of each figure over all readings; a look that PSS has not corrected counts as it was."""
        self._fold()
        return self._settled

    @property
    def peak_anonymous_bytes(self) -> int | None:
        """The largest part that must fit; ``None`` when files were never told apart."""
        self._fold()
        return self._anonymous_bytes

    def _estimate(self, processes: Sequence[ProcessMemory]) -> Estimate:
        lower = max(item.window_bytes for item in processes)
        if len(processes) == 1:
            return Estimate(lower, lower, lower, processes[0].file_bytes)
        sums = self._sums(processes)
        upper = sums.upper_bytes
        ceiling = self._ceiling.over(processes) if self._ceiling else None
        upper = max(upper if ceiling is None else min(upper, ceiling), lower)
        likely = sums.unbroken_bytes + int(sums.broken_bytes * self._broken_ratio)
        has_files = all(item.file_bytes is not None for item in processes)
        return Estimate(
            likely_bytes=min(max(likely, lower), upper),
            lower_bytes=lower,
            upper_bytes=upper,
            file_bytes=sums.files.likely_bytes if has_files else None,
            is_uncertain=upper > _UNCERTAIN_RATIO * (max(sums.unbroken_bytes, lower) if has_files else lower),
        )

    def _sums(self, processes: Sequence[ProcessMemory]) -> Sums:
        sums = Sums(Mapped(), Mapped())
        for item in processes:
            known = self._known.get(item.pid, _UNKNOWN)
            files, shmem = item.file_bytes or 0, item.shmem_bytes or 0
            sums.files.add(files, known.file_bytes, known.pss_file_bytes)
            sums.shmem.add(shmem, known.shmem_bytes, known.pss_shmem_bytes)
            rest = max(item.window_bytes - files - shmem, 0)
            if known is _UNKNOWN:
                private, broken = self._of_fork(item, rest)
            else:
                private = max(rest - known.saved_bytes, 0)
                broken = (item.fault_count - known.fault_count) * _PAGE - max(item.rss_bytes - known.rss_bytes, 0)
                broken = min(broken, known.saved_bytes)
            sums.private_bytes += private
            sums.broken_bytes += max(min(broken, rest - private), 0)
        return sums

    def _of_fork(self, item: ProcessMemory, rest_bytes: int) -> tuple[int, int]:
        """What a process has grown by since it was forked, and what its faults may have copied; all of any other."""
        origin = self._origins.get(item.image, item.pid) if item.image else item.pid
        if origin == item.pid:
            return rest_bytes, 0
        grown = min(max(item.window_bytes - self._inherited[item.pid], 0), rest_bytes)
        return grown, item.fault_count * _PAGE - grown

    def _follow(self, processes: Iterable[ProcessMemory]) -> None:
        """Keep account of who is there: with the end of a process, what it shared becomes that of the others."""
        alive = {item.pid: item for item in processes}
        if self._pending is not None and not self._pending.windows.keys() <= alive.keys():
            self._fold()  # PSS can tell no more of it
        if any(pid not in alive or alive[pid].image != known.image for pid, known in self._known.items()):
            self._fold()
            self._known = {}
        self._origins = {image: pid for image, pid in self._origins.items() if pid in alive}
        for item in alive.values():
            if item.image:
                self._origins.setdefault(item.image, item.pid)
        inherited = {}
        for pid, item in alive.items():
            origin = alive[self._origins[item.image]] if item.image else item
            inherited[pid] = self._inherited.get(pid, min(item.rss_bytes, origin.rss_bytes))
        self._inherited = inherited

    def _calibrate(self, sums: Sums, total_bytes: int) -> None:
        """Learn how many of the faults made a page private: programs also fault on memory that is theirs alone."""
        if sums.broken_bytes > _SLIGHT_RATIO * total_bytes:
            broken = (total_bytes - sums.unbroken_bytes) / sums.broken_bytes
            self._broken_ratio = min(max(broken, 0.0), 1.0)

    def _postpone(self, estimate: Estimate, windows: dict[int, int]) -> None:
        pending = self._pending
        if pending is None:
            self._pending = _Pending(estimate, windows)
            return
        is_larger = estimate.likely_bytes > pending.estimate.likely_bytes
        larger = estimate if is_larger else pending.estimate
        upper = max(estimate.upper_bytes, pending.estimate.upper_bytes)
        lower = max(estimate.lower_bytes, pending.estimate.lower_bytes)
        merged = Estimate(larger.likely_bytes, lower, upper, larger.file_bytes, is_uncertain=True)
        self._pending = _Pending(merged, windows if is_larger else pending.windows)

    def _correct(self, pending: _Pending, found: Estimate, windows: dict[int, int]) -> None:
        """Settle an earlier look by what PSS says now: the total of now, and what each process had more then."""
        more = sum(max(size - windows.get(pid, 0), 0) for pid, size in pending.windows.items())
        value = min(found.likely_bytes + more, pending.estimate.upper_bytes)
        lower = pending.estimate.lower_bytes
        self._settle(Estimate(max(value, lower), lower, max(value, lower), found.file_bytes))

    def _settle(self, found: Estimate) -> None:
        if found.anonymous_bytes is not None:
            self._anonymous_bytes = max(self._anonymous_bytes or 0, found.anonymous_bytes)
        kept = self._settled
        if kept is not None:
            found = Estimate(
                max(kept.likely_bytes, found.likely_bytes),
                max(kept.lower_bytes, found.lower_bytes),
                max(kept.upper_bytes, found.upper_bytes),
                max((size for size in (kept.file_bytes, found.file_bytes) if size is not None), default=None),
            )
        self._settled = found

    def _fold(self) -> None:
        if self._pending is not None:
            self._settle(self._pending.estimate)
            self._pending = None


def _known(item: ProcessMemory, share: Share) -> _Known:
    pss_file_bytes = share.pss_file_bytes or 0
    anonymous = share.rss_bytes - share.file_bytes - share.shmem_bytes
    return _Known(
        saved_bytes=max(anonymous - (share.pss_bytes - pss_file_bytes - share.pss_shmem_bytes), 0),
        pss_file_bytes=pss_file_bytes,
        pss_shmem_bytes=share.pss_shmem_bytes,
        rss_bytes=share.rss_bytes,
        file_bytes=share.file_bytes,
        shmem_bytes=share.shmem_bytes,
        fault_count=share.fault_count,
        image=item.image,
    )
