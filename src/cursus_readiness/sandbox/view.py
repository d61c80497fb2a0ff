"""Which folders of this machine a step sees, and which are its own."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from cursus_readiness.objectstore.files import is_plain
from cursus_readiness.sandbox.program import HOME

_MOUNTS = ("/proc", "/dev")
_OWN = ("/opt/ml", "/tmp", HOME)
_SOCKETS = "/run"  # where services of the machine have theirs; /var/run is a link to it
_COVERED = ("/var/tmp", "/dev/shm")  # mounted over for each step
_MODES = {"/tmp": 0o1777}  # as it is everywhere; 755 for the rest
_FILE_MODE = 0o644


@dataclass(frozen=True, slots=True)
class View:
    """The root directory of a step: folders that are bound read-only, links, and the step's own folders.

    ``links`` are (path, target). ``parents`` are folders made anew because something of the step's own lies below them.
    """

    binds: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    own: tuple[str, ...]
    parents: tuple[str, ...]

    def secluded(self) -> View:
        """The same, but where services of the machine have their sockets there is a folder of the step's own."""
        binds = tuple(path for path in self.binds if not _is_below(path, _SOCKETS))
        return replace(self, binds=binds, own=(*self.own, _SOCKETS))

    def prepare(
        self,
        root: Path,
        folders: Collection[str] = (),
        files: Mapping[str, str] = MappingProxyType({}),
        shown: Collection[str] = (),
        rewritten: Collection[str] = (),
    ) -> None:
        """Make ``root`` (a folder) ready for a step that needs ``folders`` and ``files`` (path -> text).

        ``shown`` are folders of the machine that will be mounted, too, although they lie below one of the step's own.
        Plain files at ``rewritten`` are left there: somebody writes them anew before the step starts.

        Whatever an earlier step left is gone. Mount points, links, folders and files that are needed again are kept: to
        remove and make them for each step would cost more than all else that is done for one.
        """
        wanted = {*self.own, *folders, *(file.rpartition("/")[0] for file in files)}
        mounts = {*self.binds, *_MOUNTS, *shown}
        ours = {*self.parents, *wanted, *_above(wanted), *_above(shown)}
        tidy = _Tidy(str(root), ours, mounts, links=dict(self.links), files=files, rewritten=rewritten)
        tidy.clear("")
        for path in {*mounts, *wanted} - tidy.present:
            os.makedirs(f"{root}{path}", exist_ok=True)
        for path, target in self.links:
            if path not in tidy.present:
                os.symlink(target, f"{root}{path}")
        for path, text in tidy.missing_files.items():
            with open(os.open(f"{root}{path}", os.O_WRONLY | os.O_CREAT, 0o666), "wb") as file:
                file.write(text.encode())
                file.truncate()  # not before: that is slow where a file system takes it for a replacement (ext4)
        if "/tmp" not in tidy.present:
            os.chmod(f"{root}/tmp", _MODES["/tmp"])


class _Tidy:
    """Removes all below a root but our own folders, mount points, links and files.

    ``present`` is what was kept of folders and links, ``missing_files`` which files do not have their text.
    """

    def __init__(
        self,
        root: str,
        ours: set[str],
        mounts: set[str],
        *,
        links: dict[str, str],
        files: Mapping[str, str],
        rewritten: Collection[str],
    ) -> None:
        self.present: set[str] = set()
        self.missing_files = dict(files)
        self._root = root
        self._ours = ours
        self._mounts = mounts
        self._links = links
        self._rewritten = rewritten

    def clear(self, folder: str) -> None:
        place = f"{self._root}{folder}"
        mode = _MODES.get(folder, 0o755)
        if stat.S_IMODE(os.lstat(place).st_mode) != mode:  # a step may have taken its permissions
            os.chmod(place, mode)
        with os.scandir(place) as entries:
            found = list(entries)
        for entry in found:
            path = f"{folder}/{entry.name}"
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and path in self._ours:
                self.present.add(path)
                self.clear(path)
            elif (is_folder and path in self._mounts) or (path in self._links and self._is_our_link(entry, path)):
                self.present.add(path)
            elif not self._is_kept(entry.path, path):
                remove(entry.path)

    def _is_our_link(self, entry: os.DirEntry[str], path: str) -> bool:
        return entry.is_symlink() and os.readlink(entry.path) == self._links[path]

    def _is_kept(self, place: str, path: str) -> bool:
        """Whether a file is one that is needed: it has its text already, or it can be written over."""
        text = self.missing_files.get(path)
        if text is None and path not in self._rewritten:
            return False
        state = os.lstat(place)
        if not is_plain(state):
            return False
        if text is None:
            return True
        if stat.S_IMODE(state.st_mode) != _FILE_MODE:
            return False
        if state.st_size == len(text.encode()) and _content(place, state.st_size) == text.encode():
            del self.missing_files[path]
        return True


def _content(path: str, size_bytes: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, size_bytes)
    finally:
        os.close(descriptor)


def _above(paths: Iterable[str]) -> set[str]:
    """Every folder above the paths but the root."""
    found: set[str] = set()
    for path in paths:
        while path := path.rpartition("/")[0]:
            found.add(path)
    return found


def remove(path: str | Path) -> None:
    """Remove a file, or a folder with all below it, those without permissions and very deep ones too."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except IsADirectoryError:
        _remove_folder(path)


def _remove_folder(path: str | Path) -> None:
    try:
        shutil.rmtree(path)
    except (FileNotFoundError, PermissionError, RecursionError):  # the first when another process removes it, too
        give_back_permissions(path)
        subprocess.run(["rm", "-rf", "--", str(path)], check=False, capture_output=True)
        if os.path.exists(path):
            raise


def give_back_permissions(folder: str | Path) -> None:
    """Let the owner into every folder and read every file below one, whatever a step has done to them."""
    pending = [str(folder)]
    while pending:
        path = pending.pop()
        try:
            os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) | stat.S_IRWXU)
            for entry in list(os.scandir(path)):
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    os.chmod(entry.path, stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode) | stat.S_IRUSR)
        except OSError:  # somebody else's, or gone
            continue


def hidden(path: str, own_paths: Iterable[str] = ()) -> bool:
    """Whether a folder of the machine lies where a step has its own, so that the step would not see it."""
    return any(_is_below(path, own) for own in (*_OWN, *_COVERED, *own_paths))


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
    return View(tuple(binds), tuple(links), tuple(sorted(own)), tuple(parents))


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
        if entry.is_symlink() and any(_is_below(item, path) for item in own):
            parents.append(path)  # a real folder: through the link, the step's own would be the machine's
        elif entry.is_symlink():
            links.append((path, os.readlink(path)))
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
