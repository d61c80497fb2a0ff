"""Whose turn it is: the steps all of whose upstream steps have ended. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from cursus_readiness.model.plan import PlannedStep


class Turns:
    """Hands out each step once, in the plan's order among those whose turn has come."""

    def __init__(self, steps: Sequence[PlannedStep]) -> None:
        self._steps = steps
        self._positions = {step.name: index for index, step in enumerate(steps)}
        self._unmet = [len(set(step.depends_on)) for step in steps]
        self._after: dict[str, list[int]] = {step.name: [] for step in steps}
        for index, step in enumerate(steps):
            for name in set(step.depends_on):
                self._after[name].append(index)
        self._come = [index for index, unmet in enumerate(self._unmet) if not unmet]

    def next(self) -> PlannedStep | None:
        """The next step, if it is the turn of any."""
        return self._steps[heapq.heappop(self._come)] if self._come else None

    def position(self, step: str) -> int:
        """Where a step stands in the plan."""
        return self._positions[step]

    def ended(self, step: str) -> None:
        """A step has ended, however it did."""
        for index in self._after[step]:
            self._unmet[index] -= 1
            if not self._unmet[index]:
                heapq.heappush(self._come, index)
