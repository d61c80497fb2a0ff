"""Steps that need not run again: an earlier run has what they would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cursus_readiness.errors import InvalidInputError
from cursus_readiness.gather.known import read_known
from cursus_readiness.model.job import Job
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.objectstore.files import link_file, walk_files
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.rules.registry import BoundRule
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.reading import read_step
from cursus_readiness.store.records import StepRecord
from cursus_readiness.store.reference import NO_REFERENCES, References

_HEADROOM = 1.25


@dataclass(frozen=True, slots=True)
class EarlierStep:
    """A step that an earlier run has executed, with its outputs in that run's store and what it told later steps."""

    run_id: str
    record: StepRecord
    known: dict[str, Any]
    store: ObjectStore

    def hand_over(self, job: Job, store: ObjectStore) -> bool:
        """Put the outputs of the job into another store; ``False`` when they are not all there any more."""
        recorded = {item.name: item for item in self.record.outputs}
        found: list[tuple[Path, Path]] = []
        for output in job.outputs:
            path = self.store.path_of(output.uri)
            files = [path] if path.is_file() else list(walk_files(path)) if path.is_dir() else []
            expected = recorded.get(output.name)
            size = sum(file.stat().st_size for file in files)
            if expected is None or (expected.file_count, expected.size_bytes) != (len(files), size):
                return False
            target = store.path_of(output.uri)
            found += [(file, target / file.relative_to(path) if path.is_dir() else target) for file in files]
        for file, target in found:
            target.parent.mkdir(parents=True, exist_ok=True)
            link_file(file, target)
        return True

    def has_judged(self, rules: Sequence[BoundRule]) -> bool:
        """Whether it has run the step a second time, for each rule that compares with that."""
        found = self._second_runs()
        return all((rule.target, rule.key) in found for rule in rules if rule.needs_second_run)

    def with_second_runs(self, rules: Sequence[BoundRule], judged: Sequence[RuleResult]) -> list[RuleResult]:
        """The results of rules, those that compare with a second run as they were when there was one."""
        found = self._second_runs()
        return [
            found[rule.target, rule.key] if rule.needs_second_run else result
            for rule, result in zip(rules, judged, strict=True)
        ]

    def _second_runs(self) -> dict[tuple[str, str], RuleResult]:
        return {(rule.target, rule.rule): rule for rule in self.record.rules if rule.held is not None}


def repeated_rules(rules: Sequence[BoundRule]) -> list[str]:
    """What of the rules on a second run tells whether an earlier run has judged the same."""
    return sorted(f"{rule.target} {rule.check} {rule.settings.form}" for rule in rules if rule.needs_second_run)


class EarlierRuns:
    """Run folders, the one to be preferred first; none when nothing is to be reused.

    ``references`` are what the outputs of this run are compared with.
    """

    def __init__(self, runs: Sequence[RunLayout], *, reuses: bool, references: References = NO_REFERENCES) -> None:
        self.references = references
        self._runs = runs
        self._reuses = reuses
        self._known: dict[Path, dict[str, dict[str, Any]]] = {}

    def find(self, scenario: str, step: str, fingerprint: str) -> EarlierStep | None:
        """A run in which the step of that fingerprint has succeeded.

        One that asked AWS for something by itself is none: what it read and wrote there is not among its inputs.
        """
        for layout in self._runs if self._reuses else ():
            files = layout.scenario(scenario)
            record = self._record(files.step(step).result)
            if record is None or record.fingerprint != fingerprint:
                continue
            if files.known not in self._known:
                self._known[files.known] = read_known(files.known)
            known = self._known[files.known].get(step)
            if known is not None and record.status.has_succeeded and not record.accesses:
                return EarlierStep(record.reused_from or layout.run_id, record, known, ObjectStore(files.objects))
        return None

    def needed_bytes(self, scenario: str, step: str) -> int | None:
        """The memory that a step has needed before, with some headroom; ``None`` when no run has measured it."""
        for layout in self._runs:
            record = self._record(layout.scenario(scenario).step(step).result)
            peak = record.usage.peak_memory_bytes if record and record.status.has_succeeded else None
            if peak is not None:
                return int(peak * _HEADROOM)
        return None

    @staticmethod
    def _record(result: Path) -> StepRecord | None:
        try:
            return read_step(result)
        except InvalidInputError:  # of another version of the tool, or damaged: no use to this run
            return None
