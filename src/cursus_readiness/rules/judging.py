"""Judge the outputs of one step by its rules."""

from __future__ import annotations

from pathlib import Path

from cursus_readiness.model.job import Job, Packing
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.rules.base import Judgement, UnreadableDataError
from cursus_readiness.rules.registry import BoundRule
from cursus_readiness.rules.target import Target


def judge(job: Job, rules: list[BoundRule], store: ObjectStore) -> list[RuleResult]:
    """Judge a step that succeeded by each of its rules."""
    targets: dict[str, Target] = {}
    results = []
    for rule in rules:
        if rule.target not in targets:
            targets[rule.target] = Target(_files(job, rule, store))
        found = _judge_one(rule, targets[rule.target])
        results.append(
            RuleResult(
                step=rule.step,
                target=rule.target,
                rule=rule.key,
                held=found.held,
                message=found.message,
                examples=found.examples,
            )
        )
    return results


def not_judged(rule: BoundRule, why: str) -> RuleResult:
    """A rule whose data never came to be."""
    return RuleResult(step=rule.step, target=rule.target, rule=rule.key, held=None, message=f"not judged: {why}")


def _judge_one(rule: BoundRule, target: Target) -> Judgement:
    if not target.files:
        return Judgement.broken("no file matches")
    try:
        return rule.check.judge(target)
    except UnreadableDataError as error:
        return Judgement.broken(str(error))


def _files(job: Job, rule: BoundRule, store: ObjectStore) -> tuple[Path, ...]:
    output = next(item for item in job.outputs if item.name == rule.output)
    path = store.path_of(output.uri)
    if output.packing is Packing.TAR_GZ:
        return (path,) if path.is_file() and path.match(rule.pattern) else ()
    if not path.is_dir():
        return ()
    return tuple(sorted(found for found in path.glob(rule.pattern) if found.is_file()))
