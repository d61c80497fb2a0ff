"""How much room a folder has: bytes and inodes of its file system."""

from __future__ import annotations

import os
from pathlib import Path

from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthPart
from cursus_readiness.units import GIB, MIB, format_bytes, format_count

ENOUGH_BYTES = 1 * GIB
LEAST_BYTES = 100 * MIB
_ENOUGH_INODES = 10_000
_LEAST_INODES = 1_000
REMEDIES = {
    "space": "Free some disk space: `du -xh --max-depth=2 FOLDER | sort -h` shows where it went.",
    "inodes": "Remove folders of very many small files: `du --inodes -x --max-depth=2 FOLDER | sort -n` shows them.",
}


def room_of(folder: Path) -> tuple[int, list[HealthPart]]:
    """Free bytes for this user, and what is to be said of them and of the inodes. Raises OSError."""
    found = os.statvfs(folder)
    free_bytes = found.f_bavail * found.f_frsize
    parts = [
        HealthPart(
            name="space",
            outcome=_graded(free_bytes, LEAST_BYTES, ENOUGH_BYTES),
            message=f"{folder} has {format_bytes(free_bytes)} left",
        )
    ]
    if found.f_files:  # btrfs and some network file systems make inodes as they go, and say 0
        free_count = found.f_favail
        parts.append(
            HealthPart(
                name="inodes",
                outcome=_graded(free_count, _LEAST_INODES, _ENOUGH_INODES),
                message=f"{folder} has room for {format_count(free_count)} more files",
            )
        )
    return free_bytes, parts


def _graded(value: float, least: float, enough: float) -> Outcome:
    return Outcome.FAIL if value < least else Outcome.WARN if value < enough else Outcome.PASS
