"""A probe over the whole machine, by the totals that Linux keeps of it (proc(5))."""

from __future__ import annotations

import os
from pathlib import Path

from cursus_readiness.sampling.probe import ProcessMemory, Reading, Share

_TICKS = os.sysconf("SC_CLK_TCK")


class MachineProbe:
    """CPU time, memory that is not available, and storage of everything that runs here, counted from its making."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._memory = ProcessMemory(0)
        self._before = self._counters()

    def read(self) -> Reading | None:
        """Look at the machine once; ``None`` where it does not tell."""
        now = self._counters()
        if now is None or self._before is None:
            return None
        used = self._used_bytes()
        self._memory.rss_bytes = self._memory.window_bytes = used
        running, threads = self._threads()
        return Reading(
            cpu_s=now[0] - self._before[0],
            rss_bytes=used,
            read_bytes=now[1] - self._before[1],
            written_bytes=now[2] - self._before[2],
            process_count=sum(name.isdigit() for name in os.listdir(self._proc)),
            thread_count=threads,
            waiting_count=self._number("stat", "procs_blocked"),
            processes=(self._memory,),
            runnable_count=max(running - 1, 0),  # whoever asks is running
        )

    def read_shares(self) -> tuple[Share, ...] | None:
        """Nothing: what is used is counted once already."""
        return None

    def close(self) -> None:
        """Nothing is kept open."""

    def _counters(self) -> tuple[float, int, int] | None:
        """CPU seconds, bytes read from storage, bytes written to it."""
        fields = self._text("stat").partition("\n")[0].split()
        if fields[:1] != ["cpu"]:
            return None
        user, nice, system, _idle, _wait, irq, soft_irq = (int(field) for field in fields[1:8])
        moved = self._number("vmstat", "pgpgin"), self._number("vmstat", "pgpgout")
        return (user + nice + system + irq + soft_irq) / _TICKS, moved[0] * 1024, moved[1] * 1024

    def _used_bytes(self) -> int:
        return (self._number("meminfo", "MemTotal:") - self._number("meminfo", "MemAvailable:")) * 1024

    def _threads(self) -> tuple[int, int]:
        """Threads that want a CPU, and all."""
        running, _, threads = self._text("loadavg").split()[3].partition("/")
        return int(running), int(threads)

    def _number(self, file: str, name: str) -> int:
        """The number after a name; 0 where the file does not have it."""
        for line in self._text(file).splitlines():
            fields = line.split()
            if fields[:1] == [name]:
                return int(fields[1])
        return 0

    def _text(self, file: str) -> str:
        try:
            return (self._proc / file).read_text(encoding="ascii")
        except OSError:
            return ""
