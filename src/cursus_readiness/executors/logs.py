"""Logs that a step may flood: head and tail are kept, and the middle takes no room on the disk."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_PUNCH_HOLE, _KEEP_SIZE = 0x02, 0x01
_BLOCK_BYTES = 4096
_COPY_BYTES = 1 << 20
_MARK_BYTES = 100  # of the line about what is left out there have to be fewer

_libc = ctypes.CDLL(None, use_errno=True)


class CappedLog:
    """A log that a step appends to. Of what this step writes ``limit_bytes`` are kept, half of them its last.

    The step writes to the file itself, and never waits for anybody.
    """

    def __init__(self, file: Path, limit_bytes: int | None) -> None:
        self._file = file
        self._half_bytes = None if limit_bytes is None else limit_bytes // 2
        self._start = self._size()
        self._freed_to = 0
        self.dropped_bytes = 0

    def trim(self) -> None:
        """Give the disk back what will not be kept (fallocate(2)); where that cannot be done it waits for the end."""
        if self._half_bytes is None:
            return
        head_end = max(self._up_to_block(self._start + self._half_bytes), self._freed_to)
        length = self._size() - self._half_bytes - head_end
        if length < max(self._half_bytes // 2, _BLOCK_BYTES):
            return
        length -= length % _BLOCK_BYTES
        descriptor = os.open(self._file, os.O_WRONLY)
        try:
            offset, size = ctypes.c_int64(head_end), ctypes.c_int64(length)
            _libc.fallocate(descriptor, _PUNCH_HOLE | _KEEP_SIZE, offset, size)
        finally:
            os.close(descriptor)
        self._freed_to = head_end + length

    def finish(self) -> None:
        """Close the gap, with a line that says how much is missing. Nobody may write any more."""
        size = self._size()
        if self._half_bytes is None or size - self._start <= 2 * self._half_bytes + _MARK_BYTES:
            return
        source, target = size - self._half_bytes, self._start + self._half_bytes
        self.dropped_bytes = source - target
        with self._file.open("r+b") as file:
            mark = f"\n[... {self.dropped_bytes} bytes dropped ...]\n".encode()
            os.pwrite(file.fileno(), mark, target)
            target += len(mark)
            while data := os.pread(file.fileno(), _COPY_BYTES, source):  # forwards: both parts may overlap
                os.pwrite(file.fileno(), data, target)
                source, target = source + len(data), target + len(data)
            file.truncate(target)

    def _size(self) -> int:
        try:
            return os.stat(self._file).st_size
        except FileNotFoundError:
            return 0

    @staticmethod
    def _up_to_block(offset: int) -> int:
        return -(-offset // _BLOCK_BYTES) * _BLOCK_BYTES
