"""Whose turn it is: the steps all of whose upstream steps have ended. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cursus_readiness.model.plan import PlannedStep


class Turns:
    """Hands out each step once, in the plan's order among those whose turn has come.

    ``compared`` names, of a step, others with whose outputs its own are compared: it comes after them, too.
    """

    def __init__(self, steps: Sequence[PlannedStep], compared: Mapping[str, set[str]] = MappingProxyType({})) -> None:
        self._steps = steps
        self._positions = {step.name: index for index, step in enumerate(steps)}
        before = [{*step.depends_on, *compared.get(step.name, ())} for step in steps]
        self._unmet = [len(names) for names in before]
        self._after: dict[str, list[int]] = {step.name: [] for step in steps}
        for index, names in enumerate(before):
            for name in names:
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
