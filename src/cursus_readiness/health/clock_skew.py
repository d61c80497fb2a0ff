"""The clock is right, as far as this machine can tell without asking another."""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cursus_readiness.clock import Clock, SystemClock
from cursus_readiness.health.base import summed_up
from cursus_readiness.model.audit import Outcome, Quantity, Unit
from cursus_readiness.model.health import HealthPart, HealthResult
from cursus_readiness.resources import PACKAGE_DIR
from cursus_readiness.store.history import run_folders
from cursus_readiness.units import format_seconds

_MOST_S = 2.0
_NAME_FORMAT = "%Y%m%dT%H%M%SZ"
_TIME_ERROR = 5  # adjtimex(2)
_REMEDY = "Turn time synchronisation on: `timedatectl set-ntp true`, or start chronyd."
_REMEDIES = {
    "clock": f"{_REMEDY} Records with a wrong date are no evidence.",
    "disk": "Synchronise the clock of the file server with this machine's, or choose a local disk.",
    "synchronisation": _REMEDY,
}


class ClockSkew:
    """Holds the clock against the newest run, the installation, the workspace's disk and the kernel's own opinion."""

    id = "clock-skew"
    timeout_s = 5.0

    def __init__(
        self,
        workspace: Path | None = None,
        *,
        clock: Clock | None = None,
        kernel: Callable[[], int | None] | None = None,
    ) -> None:
        self._workspace = workspace or Path.cwd()
        self._clock = clock or SystemClock()
        self._kernel = kernel or _kernel_state

    def run(self) -> HealthResult:
        """A clock that is behind something that has happened is wrong; one that nobody corrects may be."""
        behind_s = max((seen - self._clock.now()).total_seconds() for seen in self._past())
        disk_s = self._disk_skew_s()
        state = self._kernel()
        parts = [
            HealthPart(
                name="clock",
                outcome=Outcome.FAIL if behind_s > _MOST_S else Outcome.PASS,
                message=(
                    f"the clock is {format_seconds(behind_s)} behind the newest run or the installation"
                    if behind_s > _MOST_S
                    else "the clock is behind nothing that has happened"
                ),
            ),
            HealthPart(
                name="disk",
                outcome=_disk_outcome(disk_s),
                message=(
                    "the disk's clock could not be read" if disk_s is None
                    else f"clock and disk are {format_seconds(disk_s)} apart"
                ),
            ),
            HealthPart(
                name="synchronisation",
                outcome=(
                    Outcome.NOT_APPLICABLE if state is None else Outcome.WARN if state == _TIME_ERROR else Outcome.PASS
                ),
                message=(
                    "the kernel does not tell whether its clock is synchronised" if state is None
                    else "the kernel's clock is not synchronised with any other" if state == _TIME_ERROR
                    else "the kernel's clock is synchronised"
                ),
            ),
        ]  # fmt: skip
        measured = None if disk_s is None else Quantity(value=disk_s, unit=Unit.SECONDS)
        threshold = Quantity(value=_MOST_S, unit=Unit.SECONDS)
        return summed_up(
            self.id, parts, _REMEDIES, good="nothing speaks against the clock", measured=measured, threshold=threshold
        )

    def _past(self) -> list[datetime]:
        """Instants that have passed for certain: when the tool was installed, and when the newest run began."""
        found = [datetime.fromtimestamp(PACKAGE_DIR.stat().st_mtime, UTC)]
        for folder in run_folders(self._workspace)[:1]:
            try:
                found.append(datetime.strptime(folder.name[:16], _NAME_FORMAT).replace(tzinfo=UTC))
            except ValueError:
                continue
        return found

    def _disk_skew_s(self) -> float | None:
        """How far the disk's idea of now is from the clock's; a file server has a clock of its own."""
        try:
            with tempfile.TemporaryFile(dir=self._workspace) as file:
                before = self._clock.now().timestamp()
                file.write(b"now")
                file.flush()
                written = Path(f"/proc/self/fd/{file.fileno()}").stat().st_mtime
        except OSError:  # that it cannot be written is for workspace-access to say
            return None
        return abs(written - before)


def _disk_outcome(skew_s: float | None) -> Outcome:
    if skew_s is None:
        return Outcome.NO_EVIDENCE
    return Outcome.FAIL if skew_s > _MOST_S else Outcome.PASS


def _kernel_state() -> int | None:
    """What adjtimex(2) answers when it is only asked: 5 is *not synchronised*; ``None`` where it may not be asked."""
    try:
        state = int(ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(256)))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state
