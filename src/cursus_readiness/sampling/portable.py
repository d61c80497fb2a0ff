"""A probe over psutil, for systems without Linux's ``/proc``."""

from __future__ import annotations

import psutil

from cursus_readiness.sampling.probe import Probe, Reading
from cursus_readiness.sampling.procfs import ProcfsProbe


class PsutilProbe:
    """A process and its descendants. CPU of children that have ended is known only where the system adds it up."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def read(self) -> Reading | None:
        """Ask for every process of the tree."""
        cpu_s, rss, threads, waiting, count = 0.0, 0, 0, 0, 0
        read: int | None = 0
        written: int | None = 0
        for process in self._tree():
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    rss += process.memory_info().rss
                    threads += process.num_threads()
                    waiting += process.status() == psutil.STATUS_DISK_SLEEP
            except psutil.Error:
                continue
            cpu_s += times.user + times.system
            cpu_s += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
            count += 1
            try:
                counters = process.io_counters() if read is not None and written is not None else None
            except (psutil.Error, AttributeError, NotImplementedError):
                counters = None
            read = None if counters is None or read is None else read + counters.read_bytes
            written = None if counters is None or written is None else written + counters.write_bytes
        return Reading(cpu_s, rss, read, written, count, threads, waiting) if count else None

    def read_pss_bytes(self, *, with_files: bool = True) -> int | None:
        """The sum of PSS where the system has it; without files it is not known."""
        if not with_files:
            return None
        total = 0
        for process in self._tree():
            try:
                total += getattr(process.memory_full_info(), "pss", 0)
            except psutil.Error:
                continue
        return total or None

    def _tree(self) -> list[psutil.Process]:
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return []


def probe_of(pid: int) -> Probe:
    """The cheapest probe of a process and its descendants that this system has."""
    probe = ProcfsProbe(pid, with_root=True)
    return probe if probe.read() is not None else PsutilProbe(pid)
