"""How much of this machine a run may use."""

from __future__ import annotations

import os
from pathlib import Path

from cursus_readiness.environments.machine import memory_bytes

_QUOTA_FILES = ("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
_SPARED_RATIO = 0.9  # the rest is for the tool, and for what the system needs to go on


def usable_cpus() -> int:
    """CPUs that this process may use: its affinity, or the quota of its container where that is smaller; at least 1."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota()
    return max(count if quota is None else min(count, int(quota)), 1)


def usable_memory_bytes() -> int | None:
    """Memory that steps may use together: nine tenths of what is available now; ``None`` where nobody can tell."""
    sizes = [size for size in (_available_bytes(), memory_bytes()) if size is not None]
    return int(min(sizes) * _SPARED_RATIO) if sizes else None


def _quota() -> float | None:
    """CPUs that the container's quota allows."""
    for path in _QUOTA_FILES:
        try:
            fields = Path(path).read_text(encoding="ascii").split()
            period = fields[1] if len(fields) > 1 else Path(path).with_name("cpu.cfs_period_us").read_text("ascii")
            if int(fields[0]) > 0:
                return int(fields[0]) / int(period)
        except (OSError, ValueError, IndexError):
            continue  # no such file, or "max": no quota
    return None


def _available_bytes() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None
