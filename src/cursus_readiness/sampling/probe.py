"""What one look at a process tree yields, and the seam of those who look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(slots=True)
class ProcessMemory:
    """Memory of one process at one look.

    ``window_bytes`` is its largest resident size since the look before, ``highest_bytes`` since it is watched,
    0 where high-water marks are not told.
    ``image`` is equal for processes that were forked from one another without exec, ``None`` where that is not told.
    ``fault_count`` only rises, and nothing but a fault makes a page private or new. ``file_bytes`` and ``shmem_bytes``
    are the parts of ``rss_bytes`` that map files and shared memory, ``None`` before they were read.
    """

    pid: int
    rss_bytes: int = 0
    window_bytes: int = 0
    highest_bytes: int = 0
    fault_count: int = 0
    image: tuple[int, int] | None = None
    file_bytes: int | None = None
    shmem_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a tree. Totals include what has already ended and was reaped inside the tree.

    ``None`` means that the system did not let it be read. ``waiting_count`` are processes of which a thread waits for
    storage, ``runnable_count`` threads that compute or wait for a CPU. ``is_cpu_lower_bound`` says that a process
    ignores SIGCHLD: the kernel forgets what its children used.
    """

    cpu_s: float
    rss_bytes: int
    read_bytes: int | None
    written_bytes: int | None
    process_count: int
    thread_count: int
    waiting_count: int
    is_cpu_lower_bound: bool = False
    processes: Sequence[ProcessMemory] = ()
    runnable_count: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Memory of one process with each page divided by the number of processes that map it (PSS).

    ``pss_file_bytes`` is the part that maps files, ``None`` where the system does not tell it apart. The rest is as
    in ProcessMemory, of the same time.
    """

    pid: int
    rss_bytes: int
    pss_bytes: int
    pss_file_bytes: int | None
    pss_shmem_bytes: int = 0
    file_bytes: int = 0
    shmem_bytes: int = 0
    fault_count: int = 0


class Probe(Protocol):
    """Reads a process tree."""

    def read(self) -> Reading | None:
        """A reading, or ``None`` when the tree has no process."""
        ...

    def read_shares(self) -> tuple[Share, ...] | None:
        """The shares of the processes of the last reading (dear: it walks page tables); ``None`` where unknown."""
        ...

    def close(self) -> None:
        """Give back what the probe keeps open; it is not read again."""
        ...
