"""The shape of a definition."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.definitions.model import InvalidDefinitionError, parse

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def mistakes(document: Any) -> list[str]:
    """The findings of a document that must be refused."""
    with pytest.raises(InvalidDefinitionError) as caught:
        parse(document if isinstance(document, str) else json.dumps(document))
    return [finding.line() for finding in caught.value.findings]


def a_step(**changes: Any) -> dict[str, Any]:
    return {"Name": "A", "Type": "Processing", "Arguments": {}, **changes}


def test_steps_keep_the_order_of_the_definition() -> None:
    found = parse(json.dumps({"Steps": [a_step(Name="B"), a_step(Name="A")]}))
    assert list(found.steps) == ["B", "A"]


def test_a_step_knows_where_it_stands() -> None:
    step = parse(json.dumps({"Steps": [a_step(Name="B"), a_step(Arguments={"x": 1}, DependsOn=["B"])]})).steps["A"]
    assert (step.type, step.arguments, step.depends_on, step.at) == ("Processing", {"x": 1}, ("B",), "$.Steps[1]")


@pytest.mark.parametrize("arguments", [{}, {"Arguments": None}], ids=["absent", "null"])
def test_a_step_may_have_no_arguments(arguments: dict[str, Any]) -> None:
    assert parse(json.dumps({"Steps": [{"Name": "A", "Type": "Fail", **arguments}]})).steps["A"].arguments == {}


def test_the_newer_form_of_depends_on_is_read() -> None:
    step = a_step(DependsOn=["B", {"Step": "C", "Trigger": "Any"}])
    assert parse(json.dumps({"Steps": [step]})).steps["A"].depends_on == ("B", "C")


def test_parameters_have_type_default_and_choices() -> None:
    document = {
        "Parameters": [
            {"Name": "Plain"},
            {"Name": "Full", "Type": "Integer", "DefaultValue": 3, "EnumValues": [1, 3]},
        ],
        "Steps": [a_step()],
    }
    plain, full = parse(json.dumps(document)).parameters.values()
    assert (plain.type, plain.default, plain.enum) == ("String", None, ())
    assert (full.type, full.default, full.enum) == ("Integer", 3, (1, 3))


def test_broken_json_is_named_with_its_line() -> None:
    assert mistakes('{"Steps": [\n  oops\n]}') == ["line 2 column 3: not valid JSON: Expecting value"]


def test_json_that_is_nested_too_deeply_is_refused() -> None:
    assert mistakes("[" * 100_000 + "]" * 100_000) == ["$: not valid JSON: nested too deeply"]


@pytest.mark.parametrize("document", [[], 3, None, {}, {"Steps": {}}, {"Steps": None}], ids=json.dumps)
def test_what_is_no_definition_is_refused_with_a_remedy(document: Any) -> None:
    with pytest.raises(InvalidDefinitionError, match="not a SageMaker pipeline definition") as caught:
        parse(json.dumps(document))
    assert caught.value.findings[0].remedy


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param({"Steps": []}, "$.Steps: the pipeline has no steps", id="no steps"),
        pytest.param({"Steps": [3]}, "$.Steps[0]: a step must be an object", id="a number"),
        pytest.param({"Steps": [{"Type": "T"}]}, "$.Steps[0]: a step needs a 'Name' and a 'Type'", id="no name"),
        pytest.param({"Steps": [{"Name": "A"}]}, "$.Steps[0]: a step needs a 'Name' and a 'Type'", id="no type"),
        pytest.param(
            {"Steps": [a_step(Name="")]}, "$.Steps[0]: a step needs a 'Name' and a 'Type'", id="an empty name"
        ),
        pytest.param({"Steps": [a_step(), a_step()]}, "$.Steps[1].Name: step 'A' is there twice", id="a name twice"),
        pytest.param(
            {"Steps": [a_step(Arguments=[1])]}, "$.Steps[0].Arguments: an object is expected", id="arguments as a list"
        ),
        pytest.param(
            {"Steps": [a_step(DependsOn="B")]},
            "$.Steps[0].DependsOn: a list of step names is expected",
            id="dependencies as text",
        ),
        pytest.param(
            {"Steps": [a_step(DependsOn=[{"Trigger": "Any"}])]},
            "$.Steps[0].DependsOn[0]: a step name is expected",
            id="a dependency without a name",
        ),
        pytest.param(
            {"Parameters": {"A": 1}, "Steps": [a_step()]}, "$.Parameters: a list is expected", id="parameters as object"
        ),
        pytest.param(
            {"Parameters": [{"Type": "String"}], "Steps": [a_step()]},
            "$.Parameters[0]: a parameter needs a 'Name'",
            id="a nameless parameter",
        ),
        pytest.param(
            {"Parameters": [{"Name": "P", "Type": "Text"}], "Steps": [a_step()]},
            "$.Parameters[0].Type: unknown parameter type 'Text'",
            id="an unknown type",
        ),
        pytest.param(
            {"Parameters": [{"Name": "P", "Type": []}], "Steps": [a_step()]},
            "$.Parameters[0].Type: unknown parameter type []",
            id="a type that is no text",
        ),
        pytest.param(
            {"Parameters": [{"Name": "P"}, {"Name": "P"}], "Steps": [a_step()]},
            "$.Parameters[1]: parameter 'P' is declared twice",
            id="a parameter twice",
        ),
    ],
)
def test_each_mistake_has_its_json_path(document: Any, expected: str) -> None:
    assert mistakes(document) == [expected]


def test_all_mistakes_are_named_at_once() -> None:
    assert len(mistakes({"Parameters": [3], "Steps": [3, a_step(DependsOn=4), {}]})) == 4


@given(JSON_VALUES)
def test_no_document_breaks_the_parser(document: Any) -> None:
    for text in (json.dumps(document), json.dumps({"Parameters": document, "Steps": document})):
        with pytest.raises(InvalidDefinitionError):
            parse(text)


@given(JSON_VALUES, JSON_VALUES, JSON_VALUES)
def test_no_step_breaks_the_parser(arguments: Any, depends_on: Any, parameter: Any) -> None:
    step = {"Name": "A", "Type": "T", "Arguments": arguments, "DependsOn": depends_on}
    try:
        said: list[object] = list(parse(json.dumps({"Parameters": [parameter], "Steps": [step]})).steps)
    except InvalidDefinitionError as error:
        said = list(error.findings)
    assert said
