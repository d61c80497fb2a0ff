"""A probe over ``/proc`` of Linux (proc(5)).

psutil would read every process of the machine to find the children of one; ``task/*/children`` names them.
"""

from __future__ import annotations

import os

from cursus_readiness.sampling.probe import Reading

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class ProcfsProbe:
    """The descendants of one process, which itself counts only for what it reaps from now on.

    With ``with_root`` it counts like the others, and for all it ever did.
    """

    def __init__(self, pid: int, *, with_root: bool = False) -> None:
        self._pid = pid
        self._with_root = with_root
        self._pids: list[int] = []
        stat = None if with_root else _stat(pid)
        self._ticks_before = int(stat[13]) + int(stat[14]) if stat else 0
        self._io_before = (None if with_root else _io(pid)) or (0, 0)

    def read(self) -> Reading | None:
        """Walk the tree once."""
        ticks, rss, threads, waiting = 0, 0, 0, 0
        read: int | None = 0
        written: int | None = 0
        self._pids = []
        pending = [self._pid]
        while pending:
            pid = pending.pop()
            stat = _stat(pid)
            if stat is None:
                continue
            thread_count = int(stat[17])
            pending += _children(pid, thread_count)
            counters = _io(pid)
            if counters is None or read is None or written is None:
                read = written = None
            else:
                read, written = read + counters[0], written + counters[1]
            ticks += int(stat[13]) + int(stat[14])  # children that have been waited for
            if pid == self._pid and not self._with_root:
                continue
            if stat[0] in ("Z", "X"):
                continue
            ticks += int(stat[11]) + int(stat[12])
            rss += int(stat[21])
            threads += thread_count
            waiting += stat[0] == "D"
            self._pids.append(pid)
        if not self._pids:
            return None
        return Reading(
            cpu_s=(ticks - self._ticks_before) / _TICKS,
            rss_bytes=rss * _PAGE,
            read_bytes=None if read is None else read - self._io_before[0],
            written_bytes=None if written is None else written - self._io_before[1],
            process_count=len(self._pids),
            thread_count=threads,
            waiting_count=waiting,
        )

    def read_pss_bytes(self, *, with_files: bool = True) -> int | None:
        """The sum of PSS over the processes of the last reading; ``None`` when one that lives cannot be read."""
        total = 0
        for pid in self._pids:
            try:
                text = _slurp(f"/proc/{pid}/smaps_rollup")
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
            except OSError:
                return None
            names = (b"\nPss:",) if with_files else (b"\nPss_Anon:", b"\nPss_Shmem:")
            total += sum(_kib(text, name) for name in names)
        return total or None


def _kib(text: bytes, name: bytes) -> int:
    """The bytes of a field of ``smaps_rollup``; 0 where a process that is ending has none any more."""
    start = text.find(name)
    return int(text[start + len(name) : text.index(b"kB", start)]) * 1024 if start >= 0 else 0


def _slurp(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 8192)
    finally:
        os.close(descriptor)


def _stat(pid: int) -> list[str] | None:
    """The fields of ``stat`` from the state on; the name before them may hold blanks and parentheses."""
    try:
        text = _slurp(f"/proc/{pid}/stat")
    except OSError:
        return None
    return text[text.rindex(b")") + 2 :].decode().split()


def _children(pid: int, thread_count: int) -> list[int]:
    found: list[int] = []
    try:
        threads = [str(pid)] if thread_count <= 1 else os.listdir(f"/proc/{pid}/task")
        for thread in threads:
            found += map(int, _slurp(f"/proc/{pid}/task/{thread}/children").split())
    except OSError:
        pass  # it ended meanwhile
    return found


def _io(pid: int) -> tuple[int, int] | None:
    try:
        fields = _slurp(f"/proc/{pid}/io").split()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    except OSError:
        return None
    values = dict(zip(fields[::2], fields[1::2], strict=True))
    return int(values[b"read_bytes:"]), int(values[b"write_bytes:"])
