"""A file that is being downloaded in parts, and goes on where it stopped."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import Self

PART_BYTES = 8 * 1024 * 1024


class PartialFile:
    """The bytes that are there already, and beside them (``.parts``) from where to where they are.

    Several threads may write, each a part of its own. What is one part alone is not noted, nor waited for until it is
    on the disk: when the machine dies, it is found too short.
    """

    def __init__(self, path: Path, size_bytes: int, *, part_bytes: int = PART_BYTES) -> None:
        self._path = path
        self._notes = path.with_name(f"{path.name}.parts")
        self._size = size_bytes
        self._has_parts = size_bytes > part_bytes
        self._part_bytes = part_bytes
        self._lock = Lock()

    def __enter__(self) -> Self:
        self._had = self._read_notes() if self._has_parts else []
        if not self._had:
            self._path.unlink(missing_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if self._has_parts and not self._had:
            os.ftruncate(self._file, self._size)
            self._notes.write_text(f"{self._part_bytes}\n", encoding="ascii")
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    @property
    def missing(self) -> list[range]:
        """The parts, or what is left of them, that are not there yet."""
        found = []
        for start in range(0, self._size, self._part_bytes):
            position, stop = start, min(start + self._part_bytes, self._size)
            for had in self._had:
                position = max(position, had.stop) if had.start <= position else position
            if position < stop:
                found.append(range(position, stop))
        return found

    def write(self, offset: int, data: bytes) -> None:
        """Put bytes where they belong."""
        view = memoryview(data)
        while view:
            written = os.pwrite(self._file, view, offset)
            view, offset = view[written:], offset + written

    def note(self, written: range) -> None:
        """These bytes are there, and on the disk before that is noted."""
        if not self._has_parts:
            return
        os.fdatasync(self._file)
        with self._lock, self._notes.open("a", encoding="ascii") as notes:
            notes.write(f"{written.start} {written.stop}\n")

    def discard(self) -> None:
        """Nothing of it is of use."""
        self._path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)

    def complete(self) -> None:
        """It is whole, and on the disk: which parts are there need not be known any more."""
        if self._has_parts:
            os.fsync(self._file)
            self._notes.unlink(missing_ok=True)

    def _read_notes(self) -> list[range]:
        """What is there, by its start; nothing when the file is not that of the notes."""
        try:
            first, *rest, _ = self._notes.read_text(encoding="ascii").split("\n")  # the last may be half a line
            if int(first) != self._part_bytes or self._path.stat().st_size != self._size:
                return []
            pairs = sorted(tuple(map(int, line.split())) for line in rest)
            return [range(start, stop) for start, stop in pairs]
        except (OSError, ValueError):
            return []
