"""Which folders of this machine a step sees, and which are its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HOME = "/home/readiness"
_MOUNTS = ("/proc", "/dev")
_OWN = ("/opt/ml", "/tmp", HOME)
_COVERED = ("/var/tmp", "/dev/shm")  # mounted over for each step


@dataclass(frozen=True, slots=True)
class View:
    """The root directory of a step: folders that are bound read-only, links, and the step's own folders.

    ``parents`` are the folders that are made anew because something of the step's own lies below them.
    """

    binds: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    own: tuple[str, ...]
    parents: tuple[str, ...]

    def prepare(self, root: Path, folders: Iterable[str] = ()) -> None:
        """Make ``root`` ready for a step that needs ``folders``: whatever an earlier step left is gone.

        Mount points, links and folders that are needed again are kept: to remove and make them for each step would cost
        more than all else that is done for one.
        """
        kept = {*self.binds, *_MOUNTS, *self.parents, *self.own}
        links = {path: target for target, path in self.links}
        present: set[str] = set()
        for parent in ("/", *self.parents):
            folder = Path(f"{root}{parent}")
            folder.mkdir(exist_ok=True)
            for entry in list(os.scandir(folder)):
                path = f"{parent.rstrip('/')}/{entry.name}"
                is_kept = path in kept and entry.is_dir(follow_symlinks=False)
                is_link = path in links and entry.is_symlink() and os.readlink(entry.path) == links[path]
                if is_kept or is_link:
                    present.add(path)
                else:
                    remove(Path(entry.path))
        for path in {*self.binds, *_MOUNTS, *self.own} - present:
            os.makedirs(f"{root}{path}")
        for path in links.keys() - present:
            os.symlink(links[path], f"{root}{path}")
        wanted = set(folders)
        needed = {str(path) for folder in wanted for path in (Path(folder), *Path(folder).parents)}
        for path in self.own:
            _empty(root, path, needed)
        for path in wanted:
            os.makedirs(f"{root}{path}", exist_ok=True)
        os.chmod(f"{root}/tmp", 0o1777)  # as /tmp is everywhere


def _empty(root: Path, folder: str, needed: set[str]) -> None:
    """Remove all below a folder but the folders that are needed again."""
    for entry in list(os.scandir(f"{root}{folder}")):
        path = f"{folder}/{entry.name}"
        if path in needed and entry.is_dir(follow_symlinks=False):
            os.chmod(entry.path, 0o755)
            _empty(root, path, needed)
        else:
            remove(Path(entry.path))


def remove(path: Path) -> None:
    """Remove a file, or a folder with all below it, those without permissions too."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        for folder, names, _ in os.walk(path):
            for name in (folder, *(f"{folder}/{name}" for name in names)):
                if not os.path.islink(name):
                    os.chmod(name, 0o700)
        shutil.rmtree(path)


def hidden(path: str) -> bool:
    """Whether a folder of the machine lies where a step has its own, so that the step would not see it."""
    return any(_is_below(path, own) for own in (*_OWN, *_COVERED))


def plan_view(own_paths: Iterable[str] = ()) -> View:
    """The view in which ``own_paths`` (absolute, normalised) are writable and private, beside the usual ones.

    A folder of this machine is bound read-only unless something private lies below it: then it is made anew and its
    entries are looked at one by one.
    """
    return _plan(frozenset(path for path in own_paths if not any(_is_below(path, own) for own in _OWN)))


@cache
def _plan(extra: frozenset[str]) -> View:
    own = extra | set(_OWN)
    binds: list[str] = []
    links: list[tuple[str, str]] = []
    parents: list[str] = []
    _explore("/", own, binds, links, parents)
    missing = {str(parent) for path in own for parent in Path(path).parents} - {"/", *parents}
    outermost_first = sorted({*parents, *missing}, key=lambda path: (path.count("/"), path))
    return View(tuple(binds), tuple(links), tuple(sorted(own)), tuple(outermost_first))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def _explore(
    folder: str, own: frozenset[str], binds: list[str], links: list[tuple[str, str]], parents: list[str]
) -> None:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = entry.path
        if path in own or path in _MOUNTS:
            continue
        if entry.is_symlink():
            links.append((os.readlink(path), path))
        elif entry.is_dir() and any(_is_below(item, path) for item in own):
            parents.append(path)
            _explore(path, own, binds, links, parents)
        elif entry.is_dir() and _has_content(path):
            binds.append(path)


def _has_content(path: str) -> bool:
    """Whether a folder is worth a mount; one that cannot be looked into might be."""
    try:
        with os.scandir(path) as entries:
            return next(entries, None) is not None
    except OSError:
        return True
