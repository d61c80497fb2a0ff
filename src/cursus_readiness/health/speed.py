"""How fast processor and disk are, in well under a second, beside what the same kind of machine once did."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from pathlib import Path

from pydantic import AwareDatetime, Field

from cursus_readiness.environments.machine import run_environment
from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.base import Model, Seconds
from cursus_readiness.store.schema import load
from cursus_readiness.store.writing import write_shape
from cursus_readiness.units import GIB, MIB

_BLOCK = bytes(range(256)) * 4096  # 1 MiB
_TRIES = 5


class Speed(Model):
    """CPU time of a fixed piece of work, and wall time until 4 MiB are on the disk: the best of five."""

    cpu_s: Seconds
    disk_s: Seconds


class RecordedSpeed(Speed):
    """A speed to compare with, and when it was recorded."""

    recorded_at: AwareDatetime


class SpeedRecords(Model):
    """Recorded speeds by class of machine."""

    machines: dict[str, RecordedSpeed] = Field(default_factory=dict)


def measure(folder: Path) -> Speed:
    """Do the work now, the file in ``folder``. Raises OSError."""
    return Speed(cpu_s=min(_cpu_s() for _ in range(_TRIES)), disk_s=min(_disk_s(folder) for _ in range(_TRIES)))


def machine_class() -> str:
    """What machines of one speed have in common: processor, number of CPUs, memory to the GiB."""
    machine = run_environment(Path("/"))
    memory = "?" if machine.memory_bytes is None else round(machine.memory_bytes / GIB)
    return f"{machine.cpu_model or 'processor not known'}, {machine.cpu_count} CPUs, {memory} GiB"


def recorded(path: Path) -> SpeedRecords:
    """What was recorded; nothing when there is no file. Raises InvalidInputError when it cannot be read."""
    try:
        return load(SpeedRecords, path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return SpeedRecords()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path}: cannot be read: {error}", fix="remove the file") from error


def record(path: Path, machine: str, speed: RecordedSpeed) -> None:
    """Add a class of machine, or put another speed in the place of its old one. Raises OSError."""
    kept = recorded(path).machines
    write_shape(path, SpeedRecords(machines=dict(sorted({**kept, machine: speed}.items()))))


def _cpu_s() -> float:
    """CPU time of this thread alone: what else runs here does not count."""
    before = time.thread_time()
    digest = hashlib.sha256()
    for _ in range(4):
        digest.update(_BLOCK)
    sum(range(50_000))  # the interpreter, beside the library
    return time.thread_time() - before


def _disk_s(folder: Path) -> float:
    with tempfile.TemporaryFile(dir=folder) as file:
        before = time.monotonic()
        for _ in range(4 * MIB // len(_BLOCK)):
            file.write(_BLOCK)
        file.flush()
        os.fsync(file.fileno())
        return time.monotonic() - before
