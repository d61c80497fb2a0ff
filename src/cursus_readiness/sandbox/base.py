"""The seam of the launcher: where a step runs, and how all of it is ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class Enclosure(Protocol):
    """Holds one step after the other. Named by the launcher for the type checker alone: it has to stay small."""

    def spawn(self, spec: dict[str, Any], logs: Sequence[int]) -> int:
        """Start ``spec["argv"]`` as the first process of a step, with its logs as output and errors; its number.

        Raises OSError or ValueError when that is not possible; nothing of the step is left then.
        """
        ...

    def listen(self, port: int) -> int:
        """The descriptor of a socket on the loopback interface of steps that are to have no network.

        Raises OSError where there is no such thing.
        """
        ...

    def kill_all(self) -> None:
        """Kill what there is of the step. What was being forked meanwhile is a child of this process afterwards."""
        ...

    def leave(self) -> None:
        """Put things back after a step of which no process is left: what it wrote lies below its root."""
        ...
