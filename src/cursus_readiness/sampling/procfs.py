"""A probe over ``/proc`` of Linux (proc(5)).

psutil would read every process of the machine to find the children of one; ``task/*/children`` names them.
"""

from __future__ import annotations

import os

from cursus_readiness.sampling.probe import Reading, Share
from cursus_readiness.sampling.process import WatchedProcess

_TICKS = os.sysconf("SC_CLK_TCK")
_KEPT_COUNT = 100  # four descriptors each; the usual limit of a process is 1,024
_MOVED_RATIO = 0.02
_INEXACT_BYTES = 256 * 1024  # the kernel adds up resident sizes per processor, and rarely


class ProcfsProbe:
    """The descendants of one process, which itself counts only for what it reaps from now on.

    With ``with_root`` it counts like the others, and for all it ever did. With ``rearms`` the high-water mark of a
    process starts anew once a spike has passed (proc(5), ``clear_refs``), which finds the next, lower one. A program
    that asks for its own ``ru_maxrss`` is then told of less.
    """

    def __init__(self, pid: int, *, with_root: bool = False, rearms: bool = True) -> None:
        self._pid = pid
        self._with_root = with_root
        self._rearms = rearms
        self._known: dict[int, WatchedProcess] = {}
        self._alive: list[WatchedProcess] = []
        self._ticks_before = 0
        self._io_before = (0, 0)
        root = None if with_root else self._watch(pid)
        if root is not None and root.look():
            self._ticks_before = root.reaped_ticks
            self._io_before = root.io() or (0, 0)
            self._known[pid] = root

    def read(self) -> Reading | None:
        """Walk the tree once."""
        ticks, rss, threads, waiting, runnable, ignores = 0, 0, 0, 0, 0, False
        read: int | None = 0
        written: int | None = 0
        before, self._known, self._alive = self._known, {}, []
        pending = [self._pid]
        while pending:
            pid = pending.pop()
            process = before.pop(pid, None) or self._watch(pid)
            if pid in self._known or not process.look():
                process.close()
                continue
            self._known[pid] = process
            pending += process.children()
            counters = process.io()
            if counters is None or read is None or written is None:
                read = written = None
            else:
                read, written = read + counters[0], written + counters[1]
            ticks += process.reaped_ticks  # children that have been waited for
            if pid == self._pid and not self._with_root:
                continue
            ticks += process.cpu_ticks
            if not process.is_alive:
                continue
            rss += process.memory.rss_bytes
            threads += process.thread_count
            process.look_at_threads()
            waiting += process.waiting_count > 0
            runnable += process.runnable_count
            ignores |= process.ignores_children
            self._alive.append(process)
        for process in before.values():
            process.close()
        if not self._alive:
            return None
        return Reading(
            cpu_s=(ticks - self._ticks_before) / _TICKS,
            rss_bytes=rss,
            read_bytes=None if read is None else read - self._io_before[0],
            written_bytes=None if written is None else written - self._io_before[1],
            process_count=len(self._alive),
            thread_count=threads,
            waiting_count=waiting,
            is_cpu_lower_bound=ignores,
            processes=[process.memory for process in self._alive],
            runnable_count=runnable,
        )

    def read_shares(self) -> tuple[Share, ...] | None:
        """The shares of the processes of the last reading; ``None`` when one that lives cannot be read.

        While processes attach to memory or let go of it, those read early are told of other sharers than those read
        late, and the sum is wrong; so it is when somebody shares who is not asked. Then there is nothing to be told:
        it is empty.
        """
        try:
            found = [process.share() for process in self._alive]
        except OSError:
            return None
        shares = [share for share in found if share is not None and share.rss_bytes]
        if len(shares) < len(self._alive) or not (len(shares) == 1 or self._is_at_rest(shares)):
            return ()
        return tuple(shares)

    def close(self) -> None:
        """Close the kept descriptors."""
        for process in self._known.values():
            process.close()
        self._known, self._alive = {}, []

    def _watch(self, pid: int) -> WatchedProcess:
        return WatchedProcess(pid, is_kept=len(self._known) < _KEPT_COUNT, rearms=self._rearms)

    def _is_at_rest(self, shares: list[Share]) -> bool:
        """Whether resident sizes are what they were at the last look, and nobody has joined the tree."""
        sizes = {process.pid: process.memory.rss_bytes for process in self._alive}
        moved = sum(max(abs(share.rss_bytes - sizes[share.pid]) - _INEXACT_BYTES, 0) for share in shares)
        if moved > _MOVED_RATIO * sum(sizes.values()):
            return False
        return all(pid in self._known for process in self._known.values() for pid in process.children())
