"""How much the steps hold on disk: looked at only when enough was written that a limit may have been passed."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_BLOCK_BYTES = 512  # the unit of st_blocks
_SMALLEST_GROWTH = 1 / 64
_REST = 10


class SharedDisk:
    """What the steps of a scenario that run hold on disk, and its outputs: held to one limit together."""

    def __init__(self, outputs: Path, limit_bytes: int | None) -> None:
        self.limit_bytes = limit_bytes
        self._outputs = outputs
        self._roots: tuple[Path, ...] = ()  # replaced and never changed, so that every thread may look
        self._lock = threading.Lock()

    @contextmanager
    def held_by(self, root: Path) -> Iterator[DiskLimit]:
        """The limit for a step that runs in ``root``: what it leaves there counts for no other step."""
        with self._lock:
            self._roots = (*self._roots, root)
        try:
            yield DiskLimit(self, root)
        finally:
            with self._lock:
                self._roots = tuple(other for other in self._roots if other != root)

    @property
    def folders(self) -> tuple[Path, ...]:
        """All that counts now."""
        return (self._outputs, *self._roots)

    def held(self) -> tuple[int, Path]:
        """What all of them hold, and where the step runs that holds most; each is looked at once: others may end."""
        sizes = {root: held_bytes([root]) for root in self._roots}
        return held_bytes([self._outputs]) + sum(sizes.values()), max(sizes, key=sizes.__getitem__)


class DiskLimit:
    """Holds one step to what all may hold together; where they hold more, the one with most has passed the limit.

    Until the tree has written, or the file system has lost, as much as was left, the limit cannot have been passed.
    Then the folders are walked; near the limit, for every 1/64 of it. A walk is not repeated for ten times as long as
    it took.
    """

    def __init__(self, disk: SharedDisk, root: Path) -> None:
        self._disk = disk
        self._root = root
        self._limit_bytes = disk.limit_bytes
        self._walk_at = 0.0
        self._written_bytes = 0
        self._used_bytes = 0
        self._left_bytes = 0
        self.is_passed = False
        if self._limit_bytes is not None:
            self._walk(0)

    def judge(self, written_bytes: int | None, *, at_end: bool = False) -> bool:
        """Whether the limit is passed, given what the tree has written so far (``None`` where that is not known)."""
        if self._limit_bytes is None or self.is_passed:
            return self.is_passed
        written = (written_bytes or 0) - self._written_bytes
        grown = max(written, self._used() - self._used_bytes)
        if grown >= self._left_bytes and (at_end or time.monotonic() >= self._walk_at):
            self._walk(written_bytes or 0)
        return self.is_passed

    def _walk(self, written_bytes: int) -> None:
        limit_bytes = self._limit_bytes or 0
        before = time.monotonic()
        self._written_bytes, self._used_bytes = written_bytes, self._used()
        all_bytes, largest = self._disk.held()
        left_bytes = limit_bytes - all_bytes
        self.is_passed = left_bytes < 0 and largest == self._root
        after = time.monotonic()
        self._walk_at = after + _REST * (after - before)
        self._left_bytes = max(left_bytes, int(limit_bytes * _SMALLEST_GROWTH))

    def _used(self) -> int:
        """What is taken of the file systems: it grows with blocks that are written or reserved, by whomever."""
        systems = {os.stat(folder).st_dev: os.statvfs(folder) for folder in self._disk.folders if folder.exists()}
        return sum((system.f_blocks - system.f_bfree) * system.f_frsize for system in systems.values())


def held_bytes(folders: Sequence[Path]) -> int:
    """The room that all files below some folders take on disk, each counted once whatever its names."""
    seen: set[tuple[int, int]] = set()
    total = 0
    pending = [str(folder) for folder in folders]
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue  # gone meanwhile
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
            if status.st_nlink > 1 and not entry.is_dir(follow_symlinks=False):
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
            total += status.st_blocks * _BLOCK_BYTES
    return total
