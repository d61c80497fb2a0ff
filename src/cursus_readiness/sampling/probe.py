"""What one look at a process tree yields, and the seam of those who look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a tree. Totals include what has already ended and was reaped inside the tree.

    ``None`` means that the system did not let it be read.
    """

    cpu_s: float
    rss_bytes: int
    read_bytes: int | None
    written_bytes: int | None
    process_count: int
    thread_count: int
    waiting_count: int


class Probe(Protocol):
    """Reads a process tree."""

    def read(self) -> Reading | None:
        """A reading, or ``None`` when the tree has no process."""
        ...

    def read_pss_bytes(self, *, with_files: bool = True) -> int | None:
        """Memory with shared pages counted once over the tree (dear: it walks page tables).

        Without files it is what must fit: pages of files can be dropped and read again. ``None`` where it is not known.
        """
        ...
