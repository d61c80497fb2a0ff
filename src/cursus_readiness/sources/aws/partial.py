"""A file that is being downloaded in parts, and goes on where it stopped."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import Self

PART_BYTES = 8 * 1024 * 1024


class PartialFile:
    """The bytes that are there already, and beside them (``.parts``) which parts are whole.

    Several threads may write, each a part of its own.
    """

    def __init__(self, path: Path, size_bytes: int, *, part_bytes: int = PART_BYTES) -> None:
        self._path = path
        self._notes = path.with_name(f"{path.name}.parts")
        self._size = size_bytes
        self._part_bytes = part_bytes
        self._lock = Lock()

    def __enter__(self) -> Self:
        self._whole = self._read_notes()
        if not self._whole:
            self._path.unlink(missing_ok=True)
            self._notes.write_text(f"{self._part_bytes}\n", encoding="ascii")
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._file, self._size)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    @property
    def missing(self) -> list[range]:
        """The parts that are not there yet."""
        count = -(-self._size // self._part_bytes)
        return [self._part(index) for index in range(count) if index not in self._whole]

    def write(self, offset: int, data: bytes) -> None:
        """Put bytes where they belong."""
        view = memoryview(data)
        while view:
            written = os.pwrite(self._file, view, offset)
            view, offset = view[written:], offset + written

    def finish(self, part: range) -> None:
        """A part is whole, and on the disk before that is noted."""
        os.fdatasync(self._file)
        with self._lock, self._notes.open("a", encoding="ascii") as notes:
            notes.write(f"{part.start // self._part_bytes}\n")

    def discard(self) -> None:
        """Nothing of it is of use."""
        self._path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)

    def complete(self) -> None:
        """It is whole, and on the disk: which parts are there need not be known any more."""
        os.fsync(self._file)
        self._notes.unlink(missing_ok=True)

    def _part(self, index: int) -> range:
        start = index * self._part_bytes
        return range(start, min(start + self._part_bytes, self._size))

    def _read_notes(self) -> set[int]:
        """The parts that are whole; none when the file is not that of the notes."""
        try:
            first, *rest, _ = self._notes.read_text(encoding="ascii").split("\n")  # the last may be half a line
            if int(first) != self._part_bytes or self._path.stat().st_size != self._size:
                return set()
            return {int(line) for line in rest}
        except (OSError, ValueError):
            return set()
