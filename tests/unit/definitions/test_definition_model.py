"""The shape of a definition."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.definitions.model import Branch, Dependency, InvalidDefinitionError, PropertyFile
from cursus_readiness.definitions.parsing import parse

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
    assert (step.type, step.arguments, step.at) == ("Processing", {"x": 1}, "$.Steps[1]")
    assert step.depends_on == (Dependency("B"),)


@pytest.mark.parametrize("arguments", [{}, {"Arguments": None}], ids=["absent", "null"])
def test_a_step_may_have_no_arguments(arguments: dict[str, Any]) -> None:
    assert parse(json.dumps({"Steps": [{"Name": "A", "Type": "Fail", **arguments}]})).steps["A"].arguments == {}


def test_the_newer_form_of_depends_on_is_read() -> None:
    step = a_step(DependsOn=["B", {"Step": "C", "Trigger": "Any"}])
    assert parse(json.dumps({"Steps": [step]})).steps["A"].depends_on == (Dependency("B"), Dependency("C", "Any"))


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
            "$.Parameters[0].Type: unknown parameter type 'Text'; known are String, Integer, Float, Boolean",
            id="an unknown type",
        ),
        pytest.param(
            {"Parameters": [{"Name": "P", "Type": []}], "Steps": [a_step()]},
            "$.Parameters[0].Type: unknown parameter type []; known are String, Integer, Float, Boolean",
            id="a type that is no text",
        ),
        pytest.param(
            {"Parameters": [{"Name": "P"}, {"Name": "P"}], "Steps": [a_step()]},
            "$.Parameters[1]: parameter 'P' is declared twice",
            id="a parameter twice",
        ),
        pytest.param(
            {"Steps": [a_step(DependsOn=[{"Step": "B", "Trigger": "Sometimes"}])]},
            "$.Steps[0].DependsOn[0].Trigger: unknown trigger 'Sometimes'; use Succeeded, Failed, Stopped, Any",
            id="an unknown trigger",
        ),
        pytest.param(
            {"Steps": [a_step(Argument={})]},
            "$.Steps[0].Argument: unknown member 'Argument' (did you mean 'Arguments'?)",
            id="a member that is misspelt",
        ),
        pytest.param(
            {"Steps": [a_step(PropertyFiles=[{"PropertyFileName": "F"}])]},
            "$.Steps[0].PropertyFiles[0]: a property file needs PropertyFileName, OutputName, FilePath",
            id="half a property file",
        ),
        pytest.param(
            {"Steps": [a_step(PropertyFiles=[{"PropertyFileName": "F", "OutputName": "o", "FilePath": "../x"}])]},
            "$.Steps[0].PropertyFiles[0].FilePath: '../x' leaves the output 'o'",
            id="a property file outside its output",
        ),
        pytest.param(
            {"Steps": [a_step(CacheConfig={"Enabled": "yes"})]},
            "$.Steps[0].CacheConfig: an object with 'Enabled': true or false is expected",
            id="a cache that is neither on nor off",
        ),
        pytest.param(
            {"Steps": [a_step(CacheConfig={"Enabled": True, "ExpireAfter": "soon"})]},
            "$.Steps[0].CacheConfig.ExpireAfter: 'soon' is not a duration such as 'P30D'",
            id="a cache without a duration",
        ),
        pytest.param(
            {"Steps": [a_step(RetryPolicies=[{"ExceptionType": ["Step.THROTLING"]}])]},
            "$.Steps[0].RetryPolicies[0].ExceptionType: unknown exception type 'Step.THROTLING'"
            " (did you mean 'Step.THROTTLING'?)",
            id="a retry policy for nothing",
        ),
        pytest.param(
            {"Steps": [a_step(RetryPolicies=[{"ExceptionType": "Step.THROTTLING"}])]},
            "$.Steps[0].RetryPolicies[0].ExceptionType: a list of exception types is expected",
            id="a retry policy without a list",
        ),
        pytest.param(
            {"Steps": [{"Name": "C", "Type": "Condition", "Arguments": {"IfSteps": {}, "ElseSteps": 3}}]},
            "$.Steps[0].Arguments.ElseSteps: a list of steps is expected",
            id="a branch that is no list",
        ),
        pytest.param(
            {"Version": "2021", "Steps": [a_step()]},
            "$.Version: version '2021' is not known; '2020-12-01' is the only one",
            id="another version",
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


def test_steps_in_branches_are_steps_that_know_their_side() -> None:
    branches = {"IfSteps": [a_step(Name="If")], "ElseSteps": [a_step(Name="Else")]}
    steps = parse(json.dumps({"Steps": [{"Name": "C", "Type": "Condition", "Arguments": branches}]})).steps
    assert list(steps) == ["C", "If", "Else"]
    assert (steps["If"].branch, steps["Else"].branch) == (Branch("C", is_if=True), Branch("C", is_if=False))
    assert steps["Else"].at == "$.Steps[0].Arguments.ElseSteps[0]"
    assert steps["C"].arguments == {}


def test_property_files_and_members_of_a_type_are_kept() -> None:
    files = [{"PropertyFileName": "F", "OutputName": "out", "FilePath": "a/b.json"}]
    step = parse(json.dumps({"Steps": [a_step(PropertyFiles=files, FunctionArn="arn")]})).steps["A"]
    assert step.property_files == {"F": PropertyFile("out", "a/b.json")}
    assert step.members == {"FunctionArn": "arn"}


@pytest.mark.parametrize("spelling", ["P30D", "p30d", "30d", "T12H", "T16m", "30dT5h", "PT1H"])
def test_durations_are_read_as_definitions_in_use_spell_them(spelling: str) -> None:
    assert parse(json.dumps({"Steps": [a_step(CacheConfig={"Enabled": True, "ExpireAfter": spelling})]})).steps


def test_a_definition_without_a_version_is_noted() -> None:
    (note,) = parse(json.dumps({"Steps": [a_step()]})).notes
    assert (note.id, note.place) == ("no-version", "$.Version")
