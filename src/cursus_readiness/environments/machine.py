"""Where a run takes place."""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import suppress
from pathlib import Path

from cursus_readiness.model.report import RunEnvironment
from cursus_readiness.resources import installed_version, tool_version

_PACKAGES = ("boto3", "jinja2", "pandas", "plotly", "psutil", "pyarrow", "pydantic")
_COMMIT = "# branch.oid "
_NONE_YET = "(initial)"


def run_environment(folder: Path) -> RunEnvironment:
    """This machine, the tool, and the commit that ``folder`` is checked out at (``None`` outside a repository)."""
    commit, is_dirty = _checkout(folder)
    return RunEnvironment(
        tool_version=tool_version(),
        python_version=platform.python_version(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        cpu_model=_cpu_model(),
        cpu_count=os.cpu_count(),
        memory_bytes=memory_bytes(),
        commit=commit,
        is_commit_dirty=is_dirty,
        packages={name: installed_version(name) for name in _PACKAGES},
    )


def _checkout(folder: Path) -> tuple[str | None, bool | None]:
    """The commit of a checkout, and whether tracked files differ from it; one process tells both."""
    command = ["git", "-C", str(folder), "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None, None
    lines = outcome.stdout.splitlines()
    commit = next((line.removeprefix(_COMMIT) for line in lines if line.startswith(_COMMIT)), _NONE_YET)
    if outcome.returncode != 0 or commit == _NONE_YET:
        return None, None
    return commit, any(not line.startswith("#") for line in lines)


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
