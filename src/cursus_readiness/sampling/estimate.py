"""What the memory of a process tree is taken to be, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Estimate:
    """Memory of a tree at one look. ``file_bytes`` is the part of ``likely_bytes`` that are pages of files.

    Where it ``is_uncertain``, a look at PSS would tell more.
    """

    likely_bytes: int
    lower_bytes: int
    upper_bytes: int
    file_bytes: int | None = None
    is_uncertain: bool = False

    @property
    def anonymous_bytes(self) -> int | None:
        """The part that must fit: anonymous and shared memory; ``None`` when files were not told apart."""
        return None if self.file_bytes is None else max(self.likely_bytes - self.file_bytes, 0)


@dataclass(slots=True)
class Mapped:
    """Pages of one kind that processes may share: files, or shared memory."""

    known_bytes: int = 0  # over the tree, by the last look at PSS
    largest_bytes: int = 0  # of a single process
    new_bytes: int = 0  # summed over what processes have more than then

    def add(self, size_bytes: int, then_bytes: int, pss_bytes: int) -> None:
        """Add what a process has now, had at the last look at PSS, and counted for then."""
        self.known_bytes += pss_bytes
        self.largest_bytes = max(self.largest_bytes, size_bytes)
        self.new_bytes += max(size_bytes - then_bytes, 0)

    @property
    def likely_bytes(self) -> int:
        """Who maps more than before mostly maps what others have already."""
        return max(self.known_bytes, self.largest_bytes)

    @property
    def upper_bytes(self) -> int:
        """Nothing new is shared."""
        return max(self.known_bytes + self.new_bytes, self.largest_bytes)


@dataclass(slots=True)
class Sums:
    """What processes add up to. Faults on shared pages may have made ``broken_bytes`` private."""

    files: Mapped
    shmem: Mapped
    private_bytes: int = 0
    broken_bytes: int = 0

    @property
    def unbroken_bytes(self) -> int:
        """The likely sum, had none of the faults made a page private."""
        return self.private_bytes + self.files.likely_bytes + self.shmem.likely_bytes

    @property
    def upper_bytes(self) -> int:
        """The largest possible sum."""
        return self.private_bytes + self.broken_bytes + self.files.upper_bytes + self.shmem.upper_bytes
