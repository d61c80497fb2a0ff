"""The folder that runs are written to can be written, and has room."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from cursus_readiness.model.audit import Outcome, Quantity, Unit
from cursus_readiness.model.health import HealthResult
from cursus_readiness.units import GIB, MIB

_ENOUGH_BYTES = 1 * GIB
_LEAST_BYTES = 100 * MIB


class WorkspaceAccess:
    """Writes, syncs, renames and removes a file."""

    id = "workspace-access"

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path.cwd()

    def run(self) -> HealthResult:
        """Use the folder as a run does, and look at the space that is left."""
        try:
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=".readiness-") as scratch:
                first, second = Path(scratch) / "a", Path(scratch) / "b"
                with first.open("wb") as file:
                    file.write(b"readiness")
                    file.flush()
                    os.fsync(file.fileno())
                first.replace(second)
                second.read_bytes()
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            message = f"{self._folder} cannot be written: {error.strerror or error}"
            return HealthResult(id=self.id, outcome=Outcome.FAIL, message=message, remedy="Choose another folder.")
        is_short = free < _ENOUGH_BYTES
        return HealthResult(
            id=self.id,
            outcome=Outcome.FAIL if free < _LEAST_BYTES else Outcome.WARN if is_short else Outcome.PASS,
            message=f"{self._folder} can be written",
            measured=Quantity(value=free, unit=Unit.BYTES),
            threshold=Quantity(value=_ENOUGH_BYTES, unit=Unit.BYTES),
            remedy="Free some disk space." if is_short else None,
        )
