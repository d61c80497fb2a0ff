"""What the outputs of a step are compared with beside files: its second run, and the same scenario as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cursus_readiness.model.reference import Reference
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.rules.base import NoReferenceError, UnreadableDataError


def _no_baseline(_name: str) -> Reference | None:
    return None


@dataclass(frozen=True, slots=True)
class SecondRun:
    """What came of running a step once more: the store with its outputs, or why there are none.

    ``has_failed`` says that the step itself ended otherwise than the first time.
    """

    store: ObjectStore | None = None
    why_not: str = "it was not run a second time"
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class Comparands:
    """``newest`` is the newest earlier run of the scenario, ``promoted`` finds a baseline by its name."""

    newest: Reference | None = None
    promoted: Callable[[str], Reference | None] = _no_baseline
    second_run: SecondRun = SecondRun()

    def second_store(self) -> ObjectStore:
        """Where the outputs of the second run are.

        Raises UnreadableDataError when it failed, NoReferenceError when there was none.
        """
        second = self.second_run
        if second.store is None:
            raise (UnreadableDataError if second.has_failed else NoReferenceError)(second.why_not)
        return second.store

    def metrics(self, step: str, target: str, baseline: str | None) -> tuple[str, Mapping[str, float]]:
        """Where the numbers are from, and those of one target by their path.

        Raises NoReferenceError.
        """
        found = self.promoted(baseline) if baseline else self.newest
        if found is None:
            wanted = f"baseline {baseline!r}" if baseline else "earlier run that came to its end"
            raise NoReferenceError(f"there is no {wanted} to compare with")
        there = found.steps.get(step)
        metrics = there.metrics.get(target) if there else None
        if not metrics:
            raise NoReferenceError(f"{found.name} has no number of {step} {target}")
        return found.name, metrics


NOTHING = Comparands()
