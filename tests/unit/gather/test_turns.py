"""Whose turn it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.gather.turns import Turns
from cursus_readiness.model.plan import PlannedStep


def steps_of(graph: dict[str, list[str]]) -> list[PlannedStep]:
    return [PlannedStep(name=name, step_type="Processing", depends_on=tuple(needs)) for name, needs in graph.items()]


def all_next(turns: Turns) -> list[str]:
    found = []
    while (step := turns.next()) is not None:
        found.append(step.name)
    return found


def test_a_step_waits_for_all_that_it_depends_on() -> None:
    turns = Turns(steps_of({"A": [], "B": [], "C": ["A", "B"], "D": ["A"]}))
    assert all_next(turns) == ["A", "B"]
    turns.ended("B")
    assert all_next(turns) == []
    turns.ended("A")
    assert all_next(turns) == ["C", "D"]


def test_a_step_that_is_named_twice_is_waited_for_once() -> None:
    turns = Turns(steps_of({"A": [], "B": ["A", "A"]}))
    assert all_next(turns) == ["A"]
    turns.ended("A")
    assert all_next(turns) == ["B"]


def test_a_step_whose_outputs_are_compared_comes_after_what_they_are_compared_with() -> None:
    turns = Turns(steps_of({"A": [], "B": [], "C": ["B"]}), {"B": {"A"}, "C": {"B"}})
    assert all_next(turns) == ["A"]
    turns.ended("A")
    assert all_next(turns) == ["B"]
    turns.ended("B")
    assert all_next(turns) == ["C"]


@given(st.lists(st.lists(st.integers(0, 30), max_size=4), min_size=1, max_size=30))
def test_every_step_has_its_turn_once_and_after_its_upstream(needs: list[list[int]]) -> None:
    graph = {f"S{i}": [f"S{j}" for j in before if j < i] for i, before in enumerate(needs)}
    turns = Turns(steps_of(graph))
    seen: list[str] = []
    while (step := turns.next()) is not None:
        assert set(graph[step.name]) <= set(seen)
        seen.append(step.name)
        turns.ended(step.name)
    assert seen == list(graph)  # one after the other, they come in the plan's order
