"""The disks that a run needs beside its own folder: for temporary files, and the cache of environments."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from cursus_readiness.environments.registry import default_cache
from cursus_readiness.health.base import summed_up
from cursus_readiness.health.room import ENOUGH_BYTES, REMEDIES, room_of
from cursus_readiness.model.audit import Outcome, Quantity, Unit
from cursus_readiness.model.health import HealthResult


class DiskSpace:
    """Space and inodes of every disk that the tool writes to besides the workspace."""

    id = "disk-space"
    timeout_s = 5.0

    def __init__(self, folders: Sequence[Path] | None = None) -> None:
        self._folders = folders

    def run(self) -> HealthResult:
        """Look at each disk once, through the nearest folder that is there."""
        folders = self._folders if self._folders is not None else (Path(tempfile.gettempdir()), default_cache())
        parts, free = [], []
        try:
            for folder in {path.stat().st_dev: path for path in map(_existing, folders)}.values():
                left_bytes, room = room_of(folder)
                free.append(left_bytes)
                parts += room
        except OSError as error:
            message = f"{error.filename} cannot be looked at: {error.strerror}"
            remedy = "Mount the disk again, or set TMPDIR and XDG_CACHE_HOME to folders of another."
            return HealthResult(id=self.id, outcome=Outcome.FAIL, message=message, remedy=remedy)
        return summed_up(
            self.id,
            parts,
            REMEDIES,
            good="there is room for temporary files and environments",
            measured=Quantity(value=min(free), unit=Unit.BYTES),
            threshold=Quantity(value=ENOUGH_BYTES, unit=Unit.BYTES),
        )


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
