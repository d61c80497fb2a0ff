"""Looking at the processes of this machine."""

from __future__ import annotations

import os
from pathlib import Path


def processes_marked(mark: str) -> list[int]:
    """Processes of this machine that have ``mark`` in their command line."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                command = Path(f"/proc/{entry}/cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in command:
                found.append(int(entry))
    return found
