"""How busy the rest of the machine is, from the kernel's own counters (proc(5), Documentation/accounting/psi.rst)."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from cursus_readiness.model.contention import Contention

_TICKS = os.sysconf("SC_CLK_TCK")
_OLD_S = 0.1
_SHORTEST_S = 0.5  # the counters of CPU time move in steps of 10 ms


@dataclass(frozen=True, slots=True)
class MachineReading:
    """Counters of the whole machine at one instant, in seconds; ``None`` where the system does not have one."""

    at_s: float
    busy_s: float | None
    stolen_s: float | None
    total_s: float | None
    stalled_s: dict[str, float | None]


def read_machine() -> MachineReading:
    """Look at the machine now."""
    busy = stolen = total = None
    fields = _read("/proc/stat").partition("\n")[0].split()
    if fields[:1] == ["cpu"]:
        user, nice, system, idle, iowait, irq, softirq, stolen_ticks = (int(field) / _TICKS for field in fields[1:9])
        busy, stolen = user + nice + system + irq + softirq, stolen_ticks
        total = busy + stolen + idle + iowait
    stalled = {name: _stalled(name) for name in ("cpu", "memory", "io")}
    return MachineReading(time.monotonic(), busy, stolen, total, stalled)


class MachineLook:
    """Looks at the machine again only when the last look has grown old."""

    def __init__(self) -> None:
        self._last: MachineReading | None = None

    def recent(self) -> MachineReading:
        """A reading that is at most a tenth of a second old."""
        if self._last is None or time.monotonic() - self._last.at_s > _OLD_S:
            self._last = read_machine()
        return self._last


def contention(start: MachineReading, cpu_s: float | None) -> Contention:
    """What has happened on the machine since a reading beside a step that took ``cpu_s`` of CPU time.

    Of less than half a second only the load can be told.
    """
    load = _load()
    if time.monotonic() - start.at_s < _SHORTEST_S:
        return Contention(load_average=load)
    end = read_machine()
    passed = end.at_s - start.at_s
    stalled = {}
    for name, before in start.stalled_s.items():
        after = end.stalled_s[name]
        known = before is not None and after is not None
        stalled[f"{name}_stalled_ratio"] = min(max(after - before, 0.0) / passed, 1.0) if known else None  # type: ignore[operator]
    others = taken = None
    if start.busy_s is not None and end.busy_s is not None and cpu_s is not None:
        others = max(end.busy_s - start.busy_s - cpu_s, 0.0) / passed
    if start.stolen_s is not None and end.stolen_s is not None and start.total_s is not None and end.total_s:
        whole = end.total_s - start.total_s
        taken = max(end.stolen_s - start.stolen_s, 0.0) / whole if whole > 0 else None
    return Contention(load_average=load, other_cores=others, stolen_ratio=taken, **stalled)


def _stalled(name: str) -> float | None:
    """Seconds in which anything waited for a resource since the machine was started."""
    line = _read(f"/proc/pressure/{name}").partition("\n")[0]
    _, found, microseconds = line.partition("total=")
    return int(microseconds) / 1e6 if found else None


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def _read(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        return os.read(descriptor, 4096).decode("ascii", "replace")
    except OSError:  # pressure stall information may be compiled in and switched off
        return ""
    finally:
        os.close(descriptor)
