"""Judge the outputs of one step by its rules."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from cursus_readiness.model.job import Job
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.rules.base import Judgement, MeasuringCheck, NoReferenceError, UnreadableDataError
from cursus_readiness.rules.comparands import NOTHING, Comparands
from cursus_readiness.rules.masking import MOST_EXAMPLES
from cursus_readiness.rules.references import Place, files_of
from cursus_readiness.rules.registry import BoundRule
from cursus_readiness.rules.settings import Settings
from cursus_readiness.rules.target import Target


def judge(
    job: Job,
    rules: list[BoundRule],
    store: ObjectStore,
    *,
    interpreter: str = sys.executable,
    comparands: Comparands = NOTHING,
) -> list[RuleResult]:
    """Judge a step that succeeded by each of its rules; rules on the same files share one pass over them.

    Models are loaded with ``interpreter``, in a sandbox of its own.
    """
    bench = _Bench(job, store, interpreter, comparands)
    for rule in rules:
        bench.announce(rule)
    return [bench.judge(rule) for rule in rules]


def not_judged(rule: BoundRule, why: str) -> RuleResult:
    """A rule whose data never came to be."""
    return RuleResult(step=rule.step, target=rule.target, rule=rule.key, held=None, message=f"not judged: {why}")


class _Bench:
    """The files that the rules of one step are about, each set of them once."""

    def __init__(self, job: Job, store: ObjectStore, interpreter: str, comparands: Comparands) -> None:
        self._job = job
        self._store = store
        self._interpreter = interpreter
        self._comparands = comparands
        self._targets: dict[tuple[str, Settings], Target] = {}
        self._places: dict[tuple[str, Settings], dict[str, Place]] = {}
        self._references: dict[Place, Target] = {}

    def announce(self, rule: BoundRule) -> None:
        """Let the files know what this rule will ask."""
        self._places.setdefault((rule.target, rule.settings), {}).update(rule.places)
        if not isinstance(rule.check, MeasuringCheck):
            return
        for need in rule.check.needs:
            target = self._target(rule) if need.of is None else self._files_at(rule.places[need.of])
            target.want(need.measure)

    def judge(self, rule: BoundRule) -> RuleResult:
        """What the files say to this rule."""
        found = self._judgement(rule)
        return RuleResult(
            step=rule.step,
            target=rule.target,
            rule=rule.key,
            held=found.held,
            message=found.message,
            examples=found.examples[:MOST_EXAMPLES],
            measured=dict(found.measured),
        )

    def _judgement(self, rule: BoundRule) -> Judgement:
        target = self._target(rule)
        if not target.files:
            return Judgement.broken("no file matches")
        try:
            return rule.check.judge(target)
        except UnreadableDataError as error:
            return Judgement.broken(str(error))
        except NoReferenceError as error:
            return Judgement.open(str(error))
        except Exception as error:  # noqa: BLE001 - what nobody thought of must not cost the report of the run
            return Judgement.open(f"the rule failed with {type(error).__name__}")  # its text may quote the data

    def _target(self, rule: BoundRule) -> Target:
        key = (rule.target, rule.settings)
        if key not in self._targets:
            self._targets[key] = Target(
                self._files(rule, self._store),
                rule.settings.form,
                rule.settings.show,
                partial(self._refer, key),
                self._interpreter,
                partial(self._second_run, rule),
                partial(self._comparands.metrics, rule.step, rule.target),
            )
        return self._targets[key]

    def _files(self, rule: BoundRule, store: ObjectStore) -> tuple[Path, ...]:
        output = next(item for item in self._job.outputs if item.name == rule.output)
        return files_of(output, rule.pattern, store)

    def _second_run(self, rule: BoundRule) -> Target:
        files = self._files(rule, self._comparands.second_store())
        if not files:
            raise UnreadableDataError("its second run wrote no such file")
        return Target(files, rule.settings.form)

    def _refer(self, key: tuple[str, Settings], written: str) -> Target:
        found = self._files_at(self._places[key][written])
        if not found.files:
            raise NoReferenceError(f"{written}: no file matches")
        return found

    def _files_at(self, place: Place) -> Target:
        if place not in self._references:
            self._references[place] = Target(place.files(self._job, self._store), place.form)
        return self._references[place]
