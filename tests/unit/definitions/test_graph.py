"""The order of steps."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.definitions.graph import dependencies, execution_order
from cursus_readiness.definitions.model import InvalidDefinitionError, PipelineDefinition
from cursus_readiness.definitions.parsing import parse


def a_definition(steps: dict[str, Any], parameters: list[str] | None = None) -> PipelineDefinition:
    """Steps by name: their DependsOn, or their whole content."""
    written = [
        {"Name": name, "Type": "Processing", **(content if isinstance(content, dict) else {"DependsOn": content})}
        for name, content in steps.items()
    ]
    return parse(json.dumps({"Parameters": [{"Name": name} for name in parameters or []], "Steps": written}))


def order(definition: PipelineDefinition) -> tuple[str, ...]:
    return execution_order(definition, dependencies(definition))


def refusal(definition: PipelineDefinition) -> list[str]:
    with pytest.raises(InvalidDefinitionError) as caught:
        order(definition)
    return [finding.line() for finding in caught.value.findings]


def test_steps_without_dependencies_keep_their_order() -> None:
    assert order(a_definition({"B": [], "A": [], "C": []})) == ("B", "A", "C")


def test_a_step_comes_after_what_it_depends_on() -> None:
    assert order(a_definition({"C": ["B"], "B": ["A"], "A": [], "D": []})) == ("A", "B", "C", "D")


def test_a_reference_is_a_dependency() -> None:
    definition = a_definition({"B": {"Arguments": {"x": [{"Get": "Steps.A.Out"}]}}, "A": []})
    assert dependencies(definition) == {"B": ("A",), "A": ()}
    assert order(definition) == ("A", "B")


def test_a_dependency_named_twice_counts_once() -> None:
    arguments = {"x": {"Get": "Steps.A.Out"}, "y": {"Get": "Steps.A.Out"}}
    definition = a_definition({"A": [], "B": {"DependsOn": ["A", "A"], "Arguments": arguments}})
    assert dependencies(definition)["B"] == ("A",)
    assert order(definition) == ("A", "B")


def test_a_diamond_has_both_sides_before_its_end() -> None:
    assert order(a_definition({"End": ["L", "R"], "R": ["S"], "L": ["S"], "S": []})) == ("S", "R", "L", "End")


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        pytest.param(
            {"Train": [], "B": ["Trian"]},
            "$.Steps[1].DependsOn[0]: step 'B' depends on a missing step 'Trian' (did you mean 'Train'?)",
            id="a misspelled dependency",
        ),
        pytest.param(
            {"B": ["Zzzz"]}, "$.Steps[0].DependsOn[0]: step 'B' depends on a missing step 'Zzzz'", id="a missing step"
        ),
        pytest.param(
            {"B": {"Arguments": {"x": {"Get": "Steps.Nope.y"}}}},
            "$.Steps[0].Arguments.x: Get refers to a missing step 'Nope'",
            id="a reference to a missing step",
        ),
        pytest.param(
            {"B": {"Arguments": {"x": {"Get": "Parameters.Bucket"}}}},
            "$.Steps[0].Arguments.x: unknown parameter 'Bucket'",
            id="an unknown parameter",
        ),
        pytest.param(
            {"B": {"Arguments": {"x": {"Get": 3}}}},
            "$.Steps[0].Arguments.x: Get needs a path, not int",
            id="a broken reference",
        ),
    ],
)
def test_references_to_nothing_are_refused_with_their_place(steps: dict[str, Any], message: str) -> None:
    assert refusal(a_definition(steps)) == [message]


def test_a_misspelled_parameter_gets_a_hint() -> None:
    definition = a_definition({"A": {"Arguments": {"x": {"Get": "Parameters.Bukcet"}}}}, ["Bucket"])
    assert refusal(definition) == ["$.Steps[0].Arguments.x: unknown parameter 'Bukcet' (did you mean 'Bucket'?)"]


def test_every_missing_name_is_told_at_once() -> None:
    assert len(refusal(a_definition({"A": ["X", "Y"], "B": ["Z"]}))) == 3


@pytest.mark.parametrize(
    ("steps", "cycle"),
    [
        pytest.param({"A": ["A"]}, "A -> A", id="a step that waits for itself"),
        pytest.param({"A": ["B"], "B": ["A"]}, "A -> B -> A", id="two steps"),
        pytest.param({"A": ["B"], "B": ["C"], "C": ["B"], "D": []}, "B -> C -> B", id="a step behind the cycle"),
    ],
)
def test_a_cycle_is_shown_step_by_step(steps: dict[str, list[str]], cycle: str) -> None:
    (line,) = refusal(a_definition(steps))
    assert f"the steps form a cycle: {cycle}" in line


def test_a_reference_can_close_a_cycle() -> None:
    definition = a_definition({"A": ["B"], "B": {"Arguments": {"x": {"Get": "Steps.A.y"}}}})
    assert "cycle" in refusal(definition)[0]


def test_steps_inside_a_condition_may_refer_to_each_other() -> None:
    branch = [
        {"Name": "CreateModel", "Type": "Model", "Arguments": {}},
        {"Name": "Register", "Type": "RegisterModel", "Arguments": {"Model": {"Get": "Steps.CreateModel.ModelName"}}},
    ]
    condition = {"Type": "Condition", "Arguments": {"Conditions": [], "IfSteps": branch, "ElseSteps": []}}
    definition = a_definition({"Train": [], "Check": {**condition, "DependsOn": ["Train"]}})
    assert order(definition) == ("Train", "Check", "CreateModel", "Register")


@st.composite
def acyclic_graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Steps in any order; each depends on some of those with a smaller number."""
    count = draw(st.integers(1, 12))
    needs = {f"S{i}": draw(st.lists(st.sampled_from([f"S{j}" for j in range(i)]), max_size=4)) if i else []
             for i in range(count)}  # fmt: skip
    names = draw(st.permutations(list(needs)))
    return {name: needs[name] for name in names}


@given(acyclic_graphs())
def test_every_step_comes_once_and_after_its_needs(steps: dict[str, list[str]]) -> None:
    found = order(a_definition(steps))
    assert sorted(found) == sorted(steps)
    for name, needs in steps.items():
        assert all(found.index(needed) < found.index(name) for needed in needs)


@given(acyclic_graphs())
def test_ties_keep_the_order_of_the_definition(steps: dict[str, list[str]]) -> None:
    found = order(a_definition(steps))
    rank = {name: index for index, name in enumerate(steps)}
    for position, name in enumerate(found):
        ready = [
            other for other in steps if other not in found[:position] and set(steps[other]) <= set(found[:position])
        ]
        assert name == min(ready, key=rank.__getitem__)


@given(acyclic_graphs(), st.data())
def test_a_closed_loop_is_always_found(steps: dict[str, list[str]], data: st.DataObject) -> None:
    first = data.draw(st.sampled_from(sorted(steps)))
    behind = {first}
    for _ in steps:
        behind |= {name for name, needs in steps.items() if behind & set(needs)}
    last = data.draw(st.sampled_from(sorted(behind)))
    looped = {**steps, first: [*steps[first], last]}
    (line,) = refusal(a_definition(looped))
    trail = line.partition("cycle: ")[2].split(" -> ")
    assert trail[0] == trail[-1]
    for needing, needed in pairwise(trail):
        assert needed in looped[needing]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        pytest.param({"Get": "Parameters.Ratte"}, "unknown parameter 'Ratte' (did you mean 'Rate'?)", id="parameter"),
        pytest.param({"Get": "Execution.Nope"}, "unknown execution variable 'Nope'", id="execution variable"),
        pytest.param({"Get": "PipelineExperimentConfig.X"}, "unknown experiment setting 'X'", id="experiment"),
        pytest.param({"Get": "Somewhere.X"}, "Get of 'Somewhere'; use", id="an unknown root"),
        pytest.param(
            {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.A.PropertyFiles.F"}, "Path": "x"}},
            "step 'A' declares no property file 'F'",
            id="property file",
        ),
    ],
)
def test_a_reference_to_nothing_has_its_json_path(step: dict[str, Any], message: str) -> None:
    (line,) = refusal(a_definition({"A": [], "B": {"Arguments": {"x": [step]}}}, parameters=["Rate"]))
    assert line.startswith("$.Steps[1].Arguments.x[0]")
    assert message in line


def test_a_step_waits_for_the_condition_that_it_stands_in() -> None:
    condition = {"Type": "Condition", "Arguments": {"IfSteps": [{"Name": "In", "Type": "Fail"}]}}
    definition = a_definition({"Check": condition})
    assert dependencies(definition) == {"Check": (), "In": ("Check",)}


def test_a_condition_that_needs_a_step_of_its_own_branch_is_a_cycle() -> None:
    inner = {"Name": "In", "Type": "Processing", "Arguments": {}}
    condition = {
        "Type": "Condition",
        "Arguments": {"Conditions": [{"LeftValue": {"Get": "Steps.In.X"}}], "IfSteps": [inner]},
    }
    (line,) = refusal(a_definition({"Check": condition}))
    assert "the steps form a cycle: " in line
