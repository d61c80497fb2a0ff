"""One process as ``/proc`` of Linux shows it (proc(5)), read through descriptors that are kept open.

Reading an open file again costs half of opening it, and a descriptor of a process that has ended never shows another
one that was given its number.
"""

from __future__ import annotations

import os
from contextlib import suppress

from cursus_readiness.sampling.probe import ProcessMemory, Share

PAGE = os.sysconf("SC_PAGE_SIZE")
_SIGCHLD_BIT = 1 << 16
_FEW_THREADS = 8
_THREAD_SCAN_EVERY = 4
_MOST_THREADS = 32  # of one process that are looked at
_SLACK_BYTES = 256 * 1024
_RESET_HIGH_WATER_MARK = b"5"


class KeptFile:
    """A file of ``/proc`` that is read again and again from its start; kept open unless told otherwise."""

    __slots__ = ("_descriptor", "_is_kept", "_path")

    def __init__(self, path: str, *, is_kept: bool = True) -> None:
        self._path = path
        self._is_kept = is_kept
        self._descriptor = -1

    def read(self) -> bytes:
        """What it holds now. Raises OSError, ESRCH or ENOENT when the process is gone."""
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDONLY)
        data = os.pread(self._descriptor, 8192, 0)
        if not self._is_kept:
            self.close()
        return data

    def close(self) -> None:
        """Close it; reading opens it again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.close()


class WatchedProcess:
    """A process that is looked at again and again. With ``rearms`` its high-water mark starts anew after a spike."""

    __slots__ = (
        "_children",
        "_high_water_bytes",
        "_io",
        "_looks",
        "_rearms",
        "_stat",
        "_status",
        "_thread_children",
        "cpu_ticks",
        "ignores_children",
        "is_alive",
        "memory",
        "pid",
        "reaped_ticks",
        "runnable_count",
        "started",
        "state",
        "thread_count",
        "waiting_count",
    )

    def __init__(self, pid: int, *, is_kept: bool, rearms: bool) -> None:
        self.pid = pid
        self.memory = ProcessMemory(pid)
        self.started = b""
        self.runnable_count = self.waiting_count = 0
        self._rearms = rearms
        self._looks = 0
        self._high_water_bytes = 0
        self._thread_children: list[int] = []
        self._stat = KeptFile(f"/proc/{pid}/stat", is_kept=is_kept)
        self._status = KeptFile(f"/proc/{pid}/status", is_kept=is_kept)
        self._io = KeptFile(f"/proc/{pid}/io", is_kept=is_kept)
        self._children = KeptFile(f"/proc/{pid}/task/{pid}/children", is_kept=is_kept)

    def look(self) -> bool:
        """Read ``stat``; ``False`` when the process is gone."""
        try:
            fields = _fields(self._stat.read())
        except OSError:
            return False
        if self.started not in (b"", fields[19]):
            return False  # another one was given its number
        self.started = fields[19]
        self.state = fields[0]
        self.is_alive = self.state not in (b"Z", b"X")
        self.cpu_ticks = int(fields[11]) + int(fields[12])
        self.reaped_ticks = int(fields[13]) + int(fields[14])
        self.thread_count = int(fields[17])
        self.ignores_children = bool(int(fields[30]) & _SIGCHLD_BIT)
        start = int(fields[23])
        memory = self.memory
        memory.image = (start, int(fields[25])) if start > 1 else None  # 0 and 1: not for us to know
        memory.rss_bytes = memory.window_bytes = int(fields[21]) * PAGE
        self._looks += 1
        self._look_back(_fault_count(fields))
        return True

    def look_at_threads(self) -> None:
        """Count the threads that want a CPU or wait for storage; where there are many, some of them and less often."""
        if self.thread_count == 1:
            self.runnable_count, self.waiting_count = int(self.state == b"R"), int(self.state == b"D")
        elif self.thread_count <= _FEW_THREADS or self._looks % _THREAD_SCAN_EVERY == 1:
            states = self._states_of_threads()
            scale = self.thread_count / max(len(states), 1)
            self.runnable_count = round(states.count(b"R") * scale)
            self.waiting_count = round(states.count(b"D") * scale)

    def children(self) -> list[int]:
        """Its children; those of threads other than the first are looked for less often where there are many."""
        try:
            found = [int(pid) for pid in self._children.read().split()]
        except OSError:
            return []
        if self.thread_count > 1:
            if self.thread_count <= _FEW_THREADS or self._looks % _THREAD_SCAN_EVERY == 1:
                self._thread_children = self._children_of_threads()
            found += self._thread_children
        return found

    def io(self) -> tuple[int, int] | None:
        """Bytes read from and written to storage, with those of reaped children; ``None`` when that is not told."""
        try:
            fields = self._io.read().split()
        except (FileNotFoundError, ProcessLookupError):
            return 0, 0
        except OSError:
            return None
        return int(fields[9]), int(fields[11])

    def share(self) -> Share | None:
        """Its share of memory; ``None`` when it has none any more. Raises OSError where it may not be read."""
        try:
            descriptor = os.open(f"/proc/{self.pid}/smaps_rollup", os.O_RDONLY)
        except (FileNotFoundError, ProcessLookupError):
            return None
        try:
            text = os.read(descriptor, 8192)
            status = self._status.read()
            stat = _fields(self._stat.read())
        except (FileNotFoundError, ProcessLookupError):
            return None
        finally:
            os.close(descriptor)
        return Share(
            pid=self.pid,
            rss_bytes=_kib(text, b"\nRss:"),
            pss_bytes=_kib(text, b"\nPss:"),
            pss_file_bytes=_kib(text, b"\nPss_File:"),
            pss_shmem_bytes=_kib(text, b"\nPss_Shmem:"),
            file_bytes=_kib(status, b"\nRssFile:"),
            shmem_bytes=_kib(status, b"\nRssShmem:"),
            fault_count=_fault_count(stat),
        )

    def close(self) -> None:
        """Close what is kept open."""
        for file in (self._stat, self._status, self._io, self._children):
            file.close()

    def _look_back(self, fault_count: int) -> None:
        """Find what lay between this look and the one before, which only a process with new faults can have."""
        memory = self.memory
        has_grown = fault_count != memory.fault_count
        memory.fault_count = fault_count
        has_shrunk = self._high_water_bytes - memory.rss_bytes > _slack(self._high_water_bytes)
        if not self.is_alive or not (has_grown or (has_shrunk and self._rearms)):
            return
        try:
            text = self._status.read()
        except OSError:
            return
        high, now = _kib(text, b"\nVmHWM:"), _kib(text, b"\nVmRSS:")
        if now == 0:
            return  # it is ending
        memory.file_bytes, memory.shmem_bytes = _kib(text, b"\nRssFile:"), _kib(text, b"\nRssShmem:")
        memory.rss_bytes = now
        memory.window_bytes = high if high > self._high_water_bytes else now
        memory.highest_bytes = max(memory.highest_bytes, high)
        self._high_water_bytes = high
        if self._rearms and high - now > _slack(high):
            self._rearm(now)

    def _rearm(self, now_bytes: int) -> None:
        """Let the high-water mark start from what is resident now, or the next spike would hide below the last one."""
        try:
            descriptor = os.open(f"/proc/{self.pid}/clear_refs", os.O_WRONLY)
            try:
                os.write(descriptor, _RESET_HIGH_WATER_MARK)
            finally:
                os.close(descriptor)
        except OSError:
            self._rearms = False
        else:
            self._high_water_bytes = now_bytes

    def _states_of_threads(self) -> list[bytes]:
        found: list[bytes] = []
        with suppress(OSError):  # it ended meanwhile
            threads = os.listdir(f"/proc/{self.pid}/task")
            for thread in threads[:: -(-len(threads) // _MOST_THREADS)]:
                with suppress(OSError):
                    found.append(_fields(KeptFile(f"/proc/{self.pid}/task/{thread}/stat", is_kept=False).read())[0])
        return found

    def _children_of_threads(self) -> list[int]:
        found: list[int] = []
        with suppress(OSError):  # it ended meanwhile
            for thread in os.listdir(f"/proc/{self.pid}/task"):
                if thread != str(self.pid):
                    found += map(
                        int, KeptFile(f"/proc/{self.pid}/task/{thread}/children", is_kept=False).read().split()
                    )
        return found


def _fields(stat: bytes) -> list[bytes]:
    """The fields of ``stat`` from the state on; the name before them may hold blanks and parentheses."""
    return stat[stat.rindex(b")") + 2 :].split()


def _fault_count(fields: list[bytes]) -> int:
    return int(fields[7]) + int(fields[9])


def _slack(high_bytes: int) -> int:
    return max(_SLACK_BYTES, high_bytes // 100)


def _kib(text: bytes, name: bytes) -> int:
    """The bytes of a field; 0 where a process that is ending has none any more."""
    start = text.find(name)
    return int(text[start + len(name) : text.index(b"kB", start)]) * 1024 if start >= 0 else 0
