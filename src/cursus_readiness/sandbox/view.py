"""Which folders of this machine a step sees, and which are its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HOME = "/home/readiness"
_OWN = ("/opt/ml", "/tmp", "/var/tmp", HOME, "/proc", "/dev")  # noqa: S108 - the step's own /tmp, not the machine's


@dataclass(frozen=True, slots=True)
class View:
    """The root directory of one step: what is bound read-only, and what is created."""

    binds: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    directories: tuple[str, ...]

    def create(self, root: Path) -> None:
        """Create mount points, links and the step's own folders below ``root``."""
        for path in (*self.binds, *self.directories):
            os.makedirs(f"{root}{path}", exist_ok=True)
        for target, path in self.links:
            os.symlink(target, f"{root}{path}")
        os.chmod(f"{root}/tmp", 0o1777)  # noqa: S103 - as /tmp is everywhere


@cache
def plan_view(own_paths: tuple[str, ...] = ()) -> View:
    """The view in which ``own_paths`` (absolute, normalised) are writable and private, beside the usual ones.

    A folder of this machine is bound read-only unless something private lies below it: then it is made anew and its
    entries are looked at one by one. Raises UnusablePathError when a private path is itself a folder that programs
    need, such as ``/usr/lib``.
    """
    own = sorted({*_OWN, *own_paths})
    binds: list[str] = []
    links: list[tuple[str, str]] = []
    _explore("/", frozenset(own), binds, links)
    return View(tuple(binds), tuple(links), tuple(own))


def _explore(folder: str, own: frozenset[str], binds: list[str], links: list[tuple[str, str]]) -> None:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = entry.path
        if path in own or entry.name == "lost+found":
            continue
        if entry.is_symlink():
            links.append((os.readlink(path), path))
        elif entry.is_dir():
            if any(item.startswith(path + "/") for item in own):
                _explore(path, own, binds, links)
            else:
                binds.append(path)
