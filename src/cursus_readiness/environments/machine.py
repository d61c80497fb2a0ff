"""Where a run takes place."""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from cursus_readiness.model.report import RunEnvironment
from cursus_readiness.resources import tool_version

_PACKAGES = ("boto3", "jinja2", "pandas", "plotly", "psutil", "pyarrow", "pydantic")


def run_environment(folder: Path) -> RunEnvironment:
    """This machine, the tool, and the commit that ``folder`` is checked out at (``None`` outside a repository)."""
    commit = _git(folder, "rev-parse", "HEAD")
    status = _git(folder, "status", "--porcelain", "--untracked-files=no") if commit else None
    return RunEnvironment(
        tool_version=tool_version(),
        python_version=platform.python_version(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        cpu_model=_cpu_model(),
        cpu_count=os.cpu_count(),
        memory_bytes=memory_bytes(),
        commit=commit or None,
        is_commit_dirty=None if status is None else bool(status),
        packages={name: metadata.version(name) for name in _PACKAGES},
    )


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        outcome = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return outcome.stdout.strip() if outcome.returncode == 0 else None


def _cpu_model() -> str | None:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return None


def memory_bytes() -> int | None:
    """What this process may use: the machine's memory, or its cgroup's limit where that is smaller."""
    sizes = []
    with suppress(ValueError, OSError):
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(path).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            sizes.append(int(text))
    return min(sizes, default=None)
