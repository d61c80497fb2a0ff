"""The folder that runs are written to can be used as a run uses it, and has room."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from cursus_readiness.health.base import summed_up
from cursus_readiness.health.room import ENOUGH_BYTES, REMEDIES, room_of
from cursus_readiness.model.audit import Outcome, Quantity, Unit
from cursus_readiness.model.health import HealthPart, HealthResult

_CONTENT = b"readiness"
_ELSEWHERE = "Choose another folder with --workspace (and --out), on a local disk, that this user may write."
_REMEDIES = {**REMEDIES, **dict.fromkeys(("write", "fsync", "rename", "lock"), _ELSEWHERE)} | {
    "hard links": "None is needed: outputs are copied, which takes more space. A local disk would not need it.",
    "links": "None is needed: `latest` is not written. A local disk would have it.",
}


class WorkspaceAccess:
    """Writes, syncs, renames, links and locks a file, and looks at the space that is left."""

    id = "workspace-access"
    timeout_s = 10.0

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path.cwd()

    def run(self) -> HealthResult:
        """Use the folder as a run does; it is made if it is not there, as a run would make it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=".readiness-") as scratch:
                parts = _used(Path(scratch), self._folder)
            free_bytes, room = room_of(self._folder)
        except OSError as error:
            message = f"{self._folder} cannot be written: {error.strerror or error}"
            return HealthResult(id=self.id, outcome=Outcome.FAIL, message=message, remedy=_ELSEWHERE)
        return summed_up(
            self.id,
            [*parts, *room],
            _REMEDIES,
            good=f"{self._folder} can be written",
            measured=Quantity(value=free_bytes, unit=Unit.BYTES),
            threshold=Quantity(value=ENOUGH_BYTES, unit=Unit.BYTES),
        )


def _used(scratch: Path, folder: Path) -> list[HealthPart]:
    first, second = scratch / "a", scratch / "b"

    def write() -> None:
        with first.open("wb") as file:
            file.write(_CONTENT)
            file.flush()
            os.fsync(file.fileno())

    def rename() -> None:
        first.replace(second)
        if second.read_bytes() != _CONTENT:
            raise OSError("what was written does not come back")

    def lock() -> None:
        with second.open("rb") as locked:
            fcntl.flock(locked, fcntl.LOCK_EX | fcntl.LOCK_NB)

    needed: dict[str, Callable[[], None]] = {"write": write, "rename": rename, "lock": lock}
    useful: dict[str, Callable[[], None]] = {
        "hard links": lambda: os.link(second, scratch / "c"),
        "links": lambda: os.symlink("b", scratch / "d"),
    }
    return [_part(name, use, folder, Outcome.FAIL) for name, use in needed.items()] + [
        _part(name, use, folder, Outcome.WARN) for name, use in useful.items()
    ]


def _part(name: str, use: Callable[[], None], folder: Path, otherwise: Outcome) -> HealthPart:
    try:
        use()
    except OSError as error:
        return HealthPart(name=name, outcome=otherwise, message=f"{folder}: {name} refused: {error.strerror or error}")
    return HealthPart(name=name, outcome=Outcome.PASS, message=f"{name} works")
