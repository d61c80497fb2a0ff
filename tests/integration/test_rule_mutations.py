"""The bundled scenario's rules against what goes wrong in practice, and against what is nobody's business.

The pipeline runs once. Each case works on a copy of its outputs and judges the rules whose files it touched.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cursus_readiness.gather.scenario import PreparedScenario
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.planning.selection import Selection
from cursus_readiness.preparation import prepare
from cursus_readiness.rules.judging import judge
from cursus_readiness.rules.references import files_of
from cursus_readiness.rules.registry import BoundRule
from cursus_readiness.scenarios.discovery import discover
from cursus_readiness.workflow import run_scenarios
from rule_mutations import CORRUPTIONS, VARIATIONS, Outputs

pytest.importorskip("sklearn", reason="the bundled pipelines need the extra 'scenarios'")
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Bench:
    """The prepared scenario, and the store with what its run wrote."""

    prepared: PreparedScenario
    objects: Path

    def judged(self, objects: Path, *, everything: bool = False) -> list[RuleResult]:
        """The rules whose files are others in this store than in the run's own."""
        results = []
        for step in self.prepared.plan.steps:
            assert step.job
            rules = [rule for rule in self.prepared.rules if rule.step == step.name]
            touched = [
                rule for rule in rules if everything or self._files(rule, objects) != self._files(rule, self.objects)
            ]
            results += judge(step.job, touched, ObjectStore(objects))
        return results

    def _files(self, rule: BoundRule, objects: Path) -> set[tuple[str, int]]:
        """What a rule reads, by name and inode: a case replaces files and never writes into one."""
        job = next(step.job for step in self.prepared.plan.steps if step.name == rule.step)
        assert job
        store = ObjectStore(objects)
        output = next(item for item in job.outputs if item.name == rule.output)
        found = list(files_of(output, rule.pattern, store))
        for place in rule.places.values():
            found += place.files(job, store)
        return {(path.name, path.stat().st_ino) for path in found}


@pytest.fixture(scope="module")
def bench(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    scenario = discover(repository / "scenarios/churn-e2e.yaml").scenarios[0]
    prepared = prepare(scenario, Selection(), datetime(2026, 1, 1, tzinfo=UTC))
    assert isinstance(prepared, PreparedScenario)
    outcome = run_scenarios([scenario], tmp_path_factory.mktemp("run"))
    return Bench(prepared, outcome.layout.scenario("churn-e2e").objects)


@pytest.fixture
def outputs(bench: Bench, tmp_path: Path) -> Outputs:
    """A copy that shares every file with the run until a case replaces it."""
    target = tmp_path / "s3"
    for folder, _, files in os.walk(bench.objects):
        place = target / Path(folder).relative_to(bench.objects)
        place.mkdir(parents=True)
        for name in files:
            os.link(Path(folder) / name, place / name, follow_symlinks=False)
    return Outputs(target)


def lines(results: list[RuleResult]) -> str:
    return "\n".join(f"{result.target} {result.rule}: {result.message} {result.examples}" for result in results)


def test_what_the_pipeline_wrote_keeps_every_rule(bench: Bench) -> None:
    results = bench.judged(bench.objects, everything=True)
    assert lines([result for result in results if result.held is not True]) == ""
    assert {result.step for result in results} == {step.name for step in bench.prepared.plan.steps}


def test_there_are_forty_of_each() -> None:
    assert len(CORRUPTIONS) >= 40
    assert len(VARIATIONS) >= 40


@pytest.mark.parametrize("corrupt", CORRUPTIONS, ids=lambda case: case.__name__)
def test_a_corruption_is_found(corrupt: Callable[[Outputs], None], outputs: Outputs, bench: Bench) -> None:
    corrupt(outputs)
    results = bench.judged(outputs.root)
    broken = [result for result in results if result.held is False]
    assert broken, f"nothing was found by {len(results)} rules"
    assert all(len(result.examples) <= 5 for result in broken)


@pytest.mark.parametrize("vary", VARIATIONS, ids=lambda case: case.__name__)
def test_a_harmless_variation_is_not_flagged(vary: Callable[[Outputs], None], outputs: Outputs, bench: Bench) -> None:
    vary(outputs)
    results = bench.judged(outputs.root)
    assert results, "the variation touched nothing that is judged"
    assert lines([result for result in results if result.held is not True]) == ""
