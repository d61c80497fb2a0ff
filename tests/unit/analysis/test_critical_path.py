"""The critical path is the longest chain, whatever the graph."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

import pytest

from builders import a_step, a_step_that_never_ran
from cursus_readiness.analysis.critical_path import critical_path
from cursus_readiness.model.result import StepResult, StepStatus


def chains(graph: Mapping[str, tuple[str, ...]], name: str) -> Iterator[tuple[str, ...]]:
    """Every chain of steps that ends with ``name``: the oracle walks them all."""
    yield (name,)
    for before in graph[name]:
        for chain in chains(graph, before):
            yield (*chain, name)


def longest_s(steps: list[StepResult], lengths: Mapping[str, float]) -> float:
    graph = {step.step_name: step.depends_on for step in steps}
    return max(sum(lengths[name] for name in chain) for last in graph for chain in chains(graph, last))


def a_graph(seed: int) -> list[StepResult]:
    source = random.Random(seed)
    steps: list[StepResult] = []
    for number in range(source.randint(1, 9)):
        names = [step.step_name for step in steps]
        before = tuple(source.sample(names, k=min(len(names), source.randint(0, 3))))
        steps.append(a_step(f"S{number}", wall_s=float(source.randint(0, 20)), depends_on=before))
    return steps


@pytest.mark.parametrize("seed", range(60))
def test_it_is_the_longest_of_all_chains(seed: int) -> None:
    steps = a_graph(seed)
    found = critical_path(steps)
    assert found is not None
    lengths = {step.step_name: step.wall_s or 0.0 for step in steps}
    assert found.length_s == pytest.approx(longest_s(steps, lengths))
    assert sum(lengths[name] for name in found.steps) == pytest.approx(found.length_s)
    assert lengths[found.slowest] == max(lengths[name] for name in found.steps)
    assert found.without_slowest_s == pytest.approx(longest_s(steps, {**lengths, found.slowest: 0.0}))


@pytest.mark.parametrize("seed", range(60))
def test_a_step_that_lasts_as_much_longer_as_its_slack_delays_nothing_and_more_does(seed: int) -> None:
    steps = a_graph(seed)
    found = critical_path(steps)
    assert found is not None
    lengths = {step.step_name: step.wall_s or 0.0 for step in steps}
    for name, slack_s in found.slack_s.items():
        within = {**lengths, name: lengths[name] + slack_s}
        assert longest_s(steps, within) == pytest.approx(found.length_s)
        assert longest_s(steps, {**within, name: within[name] + 1}) == pytest.approx(found.length_s + 1)


def test_staging_counts_as_time_of_the_step() -> None:
    found = critical_path([a_step("Train", offset_s=2.0, process_offset_s=5.0, wall_s=10.0)])
    assert found is not None
    assert found.length_s == pytest.approx(13.0)
    assert found.without_slowest_s == 0


def test_steps_that_did_not_run_here_take_no_time_and_are_not_on_the_path() -> None:
    reused = a_step("Features", status=StepStatus.REUSED, wall_s=100.0)
    blocked = a_step_that_never_ran("Evaluate", StepStatus.BLOCKED)
    found = critical_path([reused, a_step("Train", depends_on=("Features",)), blocked])
    assert found is not None
    assert found.steps == ("Train",)
    assert set(found.slack_s) == {"Train"}


def test_nothing_timed_has_no_path() -> None:
    assert critical_path([]) is None
    assert critical_path([a_step_that_never_ran("Train", StepStatus.NOT_EXECUTED)]) is None
