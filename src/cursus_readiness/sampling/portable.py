"""A probe over psutil, for systems without Linux's ``/proc``."""

from __future__ import annotations

import psutil

from cursus_readiness.sampling.probe import Probe, ProcessMemory, Reading, Share
from cursus_readiness.sampling.procfs import ProcfsProbe


class PsutilProbe:
    """A process and its descendants, by RSS, and PSS where the system has it.

    It cannot tell what lies between two looks, what of the memory are files, and what forks share. CPU of children that
    have ended is known only where the system adds it up.
    """

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def read(self) -> Reading | None:
        """Ask for every process of the tree."""
        cpu_s, rss, threads, waiting, count = 0.0, 0, 0, 0, 0
        read: int | None = 0
        written: int | None = 0
        found: list[ProcessMemory] = []
        for process in self._tree():
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    size = process.memory_info().rss
                    threads += process.num_threads()
                    waiting += process.status() == psutil.STATUS_DISK_SLEEP
            except psutil.Error:
                continue
            cpu_s += times.user + times.system
            cpu_s += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
            count += 1
            rss += size
            found.append(ProcessMemory(process.pid, size, size))
            try:
                counters = process.io_counters() if read is not None and written is not None else None
            except (psutil.Error, AttributeError, NotImplementedError):
                counters = None
            read = None if counters is None or read is None else read + counters.read_bytes
            written = None if counters is None or written is None else written + counters.write_bytes
        return Reading(cpu_s, rss, read, written, count, threads, waiting, processes=found) if count else None

    def read_shares(self) -> tuple[Share, ...] | None:
        """PSS of each process where the system has it; what of it are files is not known."""
        found = []
        for process in self._tree():
            try:
                full = process.memory_full_info()
            except psutil.Error:
                continue
            if not hasattr(full, "pss"):
                return None
            found.append(Share(process.pid, full.rss, full.pss, None))
        return tuple(found) or None

    def close(self) -> None:
        """Nothing is kept open."""

    def _tree(self) -> list[psutil.Process]:
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return []


def probe_of(pid: int) -> Probe:
    """The cheapest probe of a process and its descendants that this system has.

    It leaves the high-water marks of processes alone, which are not the tool's own.
    """
    probe = ProcfsProbe(pid, with_root=True, rearms=False)
    return probe if probe.read() is not None else PsutilProbe(pid)
