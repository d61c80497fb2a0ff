"""Copying files as cheaply as the file system allows, and only where that is safe."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

_FICLONE = 0x40049409  # linux/fs.h; shares the blocks until one side is written


def copy_file(source: Path, target: Path) -> None:
    """A private copy: a reflink where the file system has them, else the bytes.

    Never a hard link: a script may rewrite its input in place, and that must not reach the store.
    """
    with source.open("rb") as reader, target.open("wb") as writer:
        try:
            fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
        except OSError:
            shutil.copyfileobj(reader, writer, 1 << 20)
    shutil.copymode(source, target)


def link_file(source: Path, target: Path) -> None:
    """The same file under a second name, for a source that nobody writes any more; a copy across file systems."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        copy_file(source, target)


def walk_files(folder: Path) -> Iterator[Path]:
    """Files below a folder, sorted; links to files count, links to folders are not followed."""
    for entry in sorted(os.scandir(folder), key=lambda item: item.name):
        if entry.is_dir(follow_symlinks=False):
            yield from walk_files(Path(entry.path))
        elif entry.is_file():
            yield Path(entry.path)


def printable(name: str) -> str:
    """A file's name as text, whatever bytes it consists of."""
    return name.encode("utf-8", "replace").decode()
