"""The machine is as fast as its kind was, and not so busy that measurements mean nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cursus_readiness.clock import Clock, SystemClock
from cursus_readiness.errors import InvalidInputError
from cursus_readiness.health.base import summed_up
from cursus_readiness.health.speed import RecordedSpeed, Speed, machine_class, measure, record, recorded
from cursus_readiness.model.audit import Outcome, Quantity, Unit
from cursus_readiness.model.health import HealthPart, HealthResult
from cursus_readiness.store.layout import OutLayout
from cursus_readiness.units import format_ratio, format_seconds

_BUSY_RATIO = 2.0
_STALLED_RATIO = 0.2
_SLOW = {"cpu": 1.5, "disk": 4.0}  # times of fsync differ far more from one to the next than those of computing
_REMEDIES = {
    "load": "Wait until the machine is quiet.",
    "pressure": "Wait until the machine is quiet, or give it more of what it lacks.",
    "cpu": "Look for throttling and busy neighbours; where the machine has changed, remove its line from the record.",
    "disk": "Look at the disk (iostat -x 1); where the machine has changed, remove its line from the record.",
    "record": "Remove the file, and check again: a new record is made.",
}


class Performance:
    """Load and pressure, and a small benchmark of CPU and disk beside the record of the same class of machine."""

    id = "performance"
    timeout_s = 10.0

    def __init__(
        self,
        workspace: Path | None = None,
        *,
        clock: Clock | None = None,
        benchmark: Callable[[Path], Speed] = measure,
        proc: Path = Path("/proc"),
    ) -> None:
        self._workspace = workspace or Path.cwd()
        self._clock = clock or SystemClock()
        self._benchmark = benchmark
        self._proc = proc

    def run(self) -> HealthResult:
        """Look and measure; the first measurement on a class of machine is recorded for those to come."""
        load_ratio = os.getloadavg()[0] / (os.cpu_count() or 1)
        is_busy = load_ratio > _BUSY_RATIO
        load = HealthPart(
            name="load",
            outcome=Outcome.WARN if is_busy else Outcome.PASS,
            message=f"{load_ratio:.1f} processes want each CPU" + (": times will not be comparable" if is_busy else ""),
        )
        return summed_up(
            self.id,
            [load, *self._pressure(), *self._speed()],
            _REMEDIES,
            good="the machine is quiet, and as fast as its kind",
            measured=Quantity(value=load_ratio, unit=Unit.RATIO),
            threshold=Quantity(value=_BUSY_RATIO, unit=Unit.RATIO),
        )

    def _pressure(self) -> list[HealthPart]:
        """The share of the last ten seconds in which something waited (Documentation/accounting/psi.rst)."""
        found = []
        for name in ("cpu", "memory", "io"):
            try:
                line = (self._proc / "pressure" / name).read_text(encoding="ascii").partition("\n")[0]
                ratio = float(line.split("avg10=")[1].split()[0]) / 100
            except (OSError, IndexError, ValueError):  # not in every kernel, and it may be switched off
                continue
            # on the CPU something waits whenever there are more processes than CPUs; load has the better measure
            is_high = name != "cpu" and ratio > _STALLED_RATIO
            message = f"{name}: something waited for it {format_ratio(ratio)} of the time"
            outcome = Outcome.WARN if is_high else Outcome.PASS
            found.append(HealthPart(name="pressure", outcome=outcome, message=message))
        return found

    def _speed(self) -> list[HealthPart]:
        path, machine = OutLayout(self._workspace).speed_records, machine_class()
        try:
            now = self._benchmark(self._workspace)
            before = recorded(path).machines.get(machine)
            if before is None:
                fields = {**now.model_dump(), "recorded_at": self._clock.now()}
                record(path, machine, RecordedSpeed.model_validate(fields))
                message = f"the first measurement on this class of machine is recorded in {path}"
                return [HealthPart(name="record", outcome=Outcome.PASS, message=message)]
        except InvalidInputError as error:
            return [HealthPart(name="record", outcome=Outcome.WARN, message=error.message)]
        except OSError as error:
            message = f"the disk could not be measured: {error.strerror or error}"
            return [HealthPart(name="disk", outcome=Outcome.NO_EVIDENCE, message=message)]
        return [_compared("cpu", before.cpu_s, now.cpu_s), _compared("disk", before.disk_s, now.disk_s)]


def _compared(name: str, before_s: float, now_s: float) -> HealthPart:
    is_slow = now_s > before_s * _SLOW[name]
    times = f"{format_seconds(now_s)}, {format_seconds(before_s)} when it was recorded"
    message = f"{name} {'is slow' if is_slow else 'is as fast as it was'}: {times}"
    return HealthPart(name=name, outcome=Outcome.WARN if is_slow else Outcome.PASS, message=message)
