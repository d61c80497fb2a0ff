"""A second run of a step: with the same inputs, in a store of its own that no later step sees."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cursus_readiness.gather.attempt import Attempt
from cursus_readiness.gather.ending import ending
from cursus_readiness.gather.workplace import Surroundings
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.result import RepeatRecord, StepStatus
from cursus_readiness.objectstore.files import link_file
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.rules.comparands import SecondRun
from cursus_readiness.sandbox.view import remove
from cursus_readiness.units import format_bytes, format_seconds


@contextmanager
def set_aside(store: ObjectStore, folder: Path) -> Iterator[ObjectStore]:
    """A store with what another holds now, until the context ends; what is put into one is not in the other.

    Files are hard-linked where that is possible: neither store ever writes into one, both replace them.
    """
    remove(folder)  # of a run that was killed
    try:
        _link(store.root, folder)
        yield ObjectStore(folder)
    finally:
        remove(folder)


def _link(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for place, folders, names in os.walk(source):
        below = target / Path(place).relative_to(source)
        for name in (*folders, *names):
            path, copy = Path(place) / name, below / name
            with suppress(FileNotFoundError):  # replaced by a step that runs at the same time
                if path.is_symlink():
                    copy.symlink_to(os.readlink(path))
                elif path.is_dir():
                    copy.mkdir()
                else:
                    link_file(path, copy)


@dataclass(frozen=True, slots=True)
class Repeated:
    """What a second run cost, and what the outputs can be compared by; ``fatal`` when the run cannot go on."""

    record: RepeatRecord | None
    second_run: SecondRun
    findings: tuple[Finding, ...] = ()
    fatal: Exception | None = None


NOT_REPEATED = Repeated(None, SecondRun())


def repeated(step: str, made: Attempt, surroundings: Surroundings) -> Repeated:
    """What a second run comes to."""
    status, reason = ending(made, 1, surroundings.files)
    execution = made.execution
    record = RepeatRecord(
        status=status,
        reason=reason,
        wall_s=execution.wall_s if execution else None,
        cpu_s=execution.usage.cpu_s if execution else None,
        peak_memory_bytes=execution.usage.peak_memory_bytes if execution else None,
    )
    cost = f"{format_seconds(record.wall_s)}, {format_bytes(record.peak_memory_bytes)} of memory"
    message = f"it was run once more, for a rule that asks whether it is deterministic: {cost}"
    told = Finding(id="second-run", severity=Severity.NOTE, message=message, step=step)
    if status.has_succeeded:
        return Repeated(record, SecondRun(store=surroundings.store), (told,))
    why_not = f"its second run ended otherwise, {status.value.replace('_', ' ')}: {reason}"
    second_run = SecondRun(why_not=why_not, has_failed=status is StepStatus.FAILED)  # no limit tells what it would do
    return Repeated(record, second_run, (told,), made.fatal)
