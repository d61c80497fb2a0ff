"""What this machine says of its processes: killed for memory, or not to be killed at all."""

from __future__ import annotations

import os
from pathlib import Path

_UNKILLABLE = "D"


class KillCounter:
    """Whether the kernel has killed processes for memory since this was made, or asked last."""

    def __init__(self, file: Path = Path("/proc/vmstat")) -> None:
        self._file = file
        self._count = self._read()

    def has_risen(self) -> bool:
        """Whether it has; ``False`` where the kernel does not count."""
        before, self._count = self._count, self._read()
        return before is not None and self._count is not None and self._count > before

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
