"""What this machine says of its processes: killed for memory, or not to be killed at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

_UNKILLABLE = "D"


class KillCounter:
    """Processes that the kernel has killed for memory, each of which explains the end of one step at most.

    One is shared by all that run steps at the same time: the count is the machine's.
    """

    def __init__(self, file: Path = Path("/proc/vmstat")) -> None:
        self._file = file
        self._claimed_count = 0
        self._lock = threading.Lock()

    def unclaimed_count(self) -> int | None:
        """How many there are that explain no step's end yet, since the machine runs; ``None`` where nobody counts."""
        count = self._read()
        return None if count is None else count - self._claimed_count

    def claim(self, before_count: int | None) -> bool:
        """Whether there are more than there were before a step; then one of them is that step's from now on."""
        with self._lock:
            count = self.unclaimed_count()
            if before_count is None or count is None or count <= before_count:
                return False
            self._claimed_count += 1
            return True

    def _read(self) -> int | None:
        try:
            text = self._file.read_text(encoding="ascii")
        except OSError:
            return None
        found = [line.split()[1] for line in text.splitlines() if line.startswith("oom_kill ")]
        return int(found[0]) if found else None


def unkillable(ancestor: int) -> list[str]:
    """Name and number of each process below ``ancestor`` that waits for a device and cannot be killed meanwhile."""
    found: list[str] = []
    pending = [str(ancestor)]
    while pending:
        pid = pending.pop()
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                pending += Path(f"/proc/{pid}/task/{thread}/children").read_text(encoding="ascii").split()
                name, _, rest = (
                    Path(f"/proc/{pid}/task/{thread}/stat")
                    .read_text(encoding="utf-8", errors="replace")
                    .rpartition(")")
                )
                if rest.split()[0] == _UNKILLABLE:
                    found.append(f"{name.partition('(')[2]} ({pid})")
        except OSError:
            continue  # it has ended meanwhile
    return sorted(set(found))
