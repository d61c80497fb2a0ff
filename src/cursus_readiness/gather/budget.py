"""How much may run at the same time. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Budget:
    """So many steps at a time, and no more memory together than ``memory_bytes`` (``None``: not known, not held).

    What needs more than there is runs alone.
    """

    jobs: int
    memory_bytes: int | None = None
    _held: dict[int, int] = field(default_factory=dict)

    @property
    def running(self) -> int:
        """How many run."""
        return len(self._held)

    @property
    def has_room(self) -> bool:
        """Whether one more may run, if its memory allows it."""
        return self.running < self.jobs

    def fits(self, memory_bytes: int) -> bool:
        """Whether something that needs so much memory may start now."""
        if not self._held:
            return True
        if not self.has_room:
            return False
        return self.memory_bytes is None or sum(self._held.values()) + memory_bytes <= self.memory_bytes

    def take(self, key: int, memory_bytes: int) -> None:
        """It has started."""
        self._held[key] = memory_bytes

    def give_back(self, key: int) -> None:
        """It has ended."""
        del self._held[key]
