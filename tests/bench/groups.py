"""A control group whose high-water mark of memory is the truth that others are held against."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_ENTER = """
import os, sys
with open(sys.argv[1], "w") as file:
    file.write(str(os.getpid()))
os.execv(sys.executable, [sys.executable, "-S", sys.argv[2]])
"""


class Group:
    """A memory cgroup, of version 1 or 2."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def peak_bytes(self) -> int:
        """The most that was charged to it: memory, page cache and the kernel's own for them."""
        name = "memory.peak" if (self.folder / "memory.peak").exists() else "memory.max_usage_in_bytes"
        return int((self.folder / name).read_text())

    def add(self, pid: int) -> None:
        """Let what a process starts from now on belong to it."""
        (self.folder / "cgroup.procs").write_text(str(pid))

    def command(self, script: Path) -> list[str]:
        """A command that runs a script in it."""
        enter = script.with_name("enter.py")
        enter.write_text(_ENTER, encoding="utf-8")
        return [sys.executable, "-S", str(enter), str(self.folder / "cgroup.procs"), str(script)]


@contextmanager
def a_group() -> Iterator[Group | None]:
    """A new group; ``None`` where none can be made or none tells its peak."""
    base = ROOT / "memory" if (ROOT / "memory").is_dir() else ROOT
    folder = base / f"cursus-readiness-bench-{os.getpid()}"
    try:
        folder.mkdir()
        group = Group(folder)
        group.peak_bytes  # noqa: B018 - not every kernel has it
    except OSError:
        yield None
        return
    try:
        yield group
    finally:
        (folder / "memory.force_empty").write_text("0") if (folder / "memory.force_empty").exists() else None
        folder.rmdir()
