"""Copying files as cheaply as the file system allows, and only where that is safe."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

_FICLONE = 0x40049409  # linux/fs.h; shares the blocks until one side is written
_SMALL_BYTES = 64 * 1024


def copy_file(source: Path, target: Path) -> None:
    """A private copy: a reflink where the file system has them, else the bytes, holes left holes.

    Never a hard link: a script may rewrite its input in place, and that must not reach the store.
    """
    if _is_there(source, target):
        return
    with open(source, "rb", buffering=0) as reader, _created(target) as writer:
        try:
            fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
        except OSError:
            _copy_data(reader.fileno(), writer.fileno())
        os.fchmod(writer.fileno(), stat.S_IMODE(os.fstat(reader.fileno()).st_mode))


def is_plain(state: os.stat_result) -> bool:
    """Whether a file, of which this is what ``lstat`` says, can be written over, and nothing else changes with it."""
    is_ours = state.st_uid == os.geteuid() and bool(state.st_mode & stat.S_IWUSR)
    return stat.S_ISREG(state.st_mode) and state.st_nlink == 1 and is_ours


def _is_there(source: Path, target: Path) -> bool:
    """Whether a small file has been copied before: to look takes a tenth of what a new file may take."""
    try:
        found = os.lstat(target)
    except FileNotFoundError:
        return False
    wanted = os.stat(source)
    if not is_plain(found) or (found.st_mode, found.st_size) != (wanted.st_mode, wanted.st_size):
        return False
    return found.st_size <= _SMALL_BYTES and source.read_bytes() == target.read_bytes()


def _created(path: Path) -> FileIO:
    """A new file in the place of whatever is there."""
    try:
        return open(path, "xb", buffering=0)
    except FileExistsError:
        os.unlink(path)
        return open(path, "xb", buffering=0)


def _copy_data(source: int, target: int) -> None:
    """Copy what is not a hole."""
    size, position = os.fstat(source).st_size, 0
    os.truncate(target, size)
    while position < size:
        try:
            position = os.lseek(source, position, os.SEEK_DATA)
        except OSError:  # ENXIO: nothing but a hole to the end
            return
        end = os.lseek(source, position, os.SEEK_HOLE)
        os.lseek(target, position, os.SEEK_SET)
        while position < end and (sent := os.sendfile(target, source, position, end - position)):
            position += sent


def link_file(source: Path, target: Path) -> None:
    """The same file under a second name, for a source that nobody writes any more; a copy across file systems."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        copy_file(source, target)


def walk_files(folder: Path, *, without: str | None = None) -> Iterator[Path]:
    """Files below a folder, sorted; links to files count, links to folders are not followed.

    Folders that hold a file named ``without`` are left out, and so is a folder below that such folders lie in.
    """
    yield from _walk(os.fspath(folder), without, is_top=True)


def _walk(folder: str, without: str | None, *, is_top: bool) -> Iterator[Path]:
    entries = sorted(os.scandir(folder), key=lambda item: item.name)
    folders = {entry.path for entry in entries if entry.is_dir(follow_symlinks=False)}
    if without is not None:
        if any(entry.name == without for entry in entries):
            return
        if not is_top and any(os.path.lexists(os.path.join(path, without)) for path in folders):
            return
    for entry in entries:
        if entry.path in folders:
            yield from _walk(entry.path, without, is_top=False)
        elif Path(entry.path).is_file():  # false for a link in a circle, where the entry itself would raise
            yield Path(entry.path)


def printable(name: str) -> str:
    """A file's name as text, whatever bytes it consists of."""
    return name.encode("utf-8", "replace").decode()
