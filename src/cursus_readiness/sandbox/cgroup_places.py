"""Where on this machine control groups with a memory limit can be made, as root or by delegation."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "cursus-readiness-"
_MEMORY_FILE_SYSTEMS = ("tmpfs", "ramfs")


class Place:
    """A folder of a hierarchy in which groups can be tried to be made; ``kind`` is ``cgroup v1`` or ``cgroup v2``."""

    def __init__(self, kind: str, folder: str) -> None:
        self.kind = kind
        self.folder = folder


class _Mount:
    def __init__(self, line: str) -> None:
        left, _, right = line.partition(" - ")
        _, _, device, root, point = left.split(" ")[:5]
        major, _, minor = device.partition(":")
        self.device = os.makedev(int(major), int(minor))
        self.root = root
        self.point = point
        self.kind, _, self.options = right.partition(" ")

    def folder_of(self, group: str) -> str | None:
        """Where a group of this hierarchy is; ``None`` when that is not mounted."""
        if self.root != "/":
            if not f"{group}/".startswith(f"{self.root}/"):
                return None
            group = group[len(self.root) :]
        return self.point + group.rstrip("/")


def find_places(proc: str = "/proc/self") -> Iterator[Place]:
    """Every place that may do, the best first; whether it does is seen when a group is made there."""
    groups = [line.split(":", 2) for line in _lines(f"{proc}/cgroup")]
    for mount in _mounts(proc):
        for number, controllers, group in groups:
            folder = mount.folder_of(group)
            if folder is None:
                continue
            if mount.kind == "cgroup" and controllers == "memory" and "memory" in mount.options.split(","):
                yield Place("cgroup v1", folder)
            elif mount.kind == "cgroup2" and number == "0":
                yield from _places_v2(folder, mount.point)


def memory_devices(proc: str = "/proc/self") -> list[int]:
    """Devices of file systems that lie in memory: what is written there would count for the limit of the writer."""
    return [mount.device for mount in _mounts(proc) if mount.kind in _MEMORY_FILE_SYSTEMS]


def _places_v2(folder: str, top: str) -> Iterator[Place]:
    """The group itself where it was delegated to us alone, or the nearest above that hands memory on.

    A group with a limit is never left.
    """
    if _delegate(folder):
        yield Place("cgroup v2", folder)
        return
    while True:
        if "memory" in _text(f"{folder}/cgroup.subtree_control").split():
            yield Place("cgroup v2", folder)
            return
        if folder == top or _text(f"{folder}/memory.max") not in ("", "max"):
            return
        folder = os.path.dirname(folder)


def _delegate(folder: str) -> bool:
    """Let groups below this one have limits: for that the tool and its launcher, and nobody else, move below it."""
    if "memory" not in _text(f"{folder}/cgroup.controllers").split():
        return False
    ours = {str(os.getppid()), str(os.getpid())}
    present = set(_text(f"{folder}/cgroup.procs").split())
    if not present or not present <= ours:
        return False
    leaf = f"{folder}/{PREFIX}tool"
    try:
        os.makedirs(leaf, exist_ok=True)
        for pid in present:
            _write(f"{leaf}/cgroup.procs", pid)
        _write(f"{folder}/cgroup.subtree_control", "+memory")
    except OSError:
        return False
    return True


def _mounts(proc: str) -> list[_Mount]:
    return [_Mount(line) for line in _lines(f"{proc}/mountinfo")]


def _lines(path: str) -> list[str]:
    return _text(path).splitlines()


def _text(path: str) -> str:
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return ""


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
