"""Get, Std:Join and Std:JsonGet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.definitions.expressions import (
    LATER,
    ExpressionError,
    Reference,
    Scope,
    has_late,
    is_late,
    references,
    resolve,
    settle,
    text_of,
)

SCOPE = Scope(
    parameters={"Bucket": "demo", "Rounds": 3, "Rate": 0.5, "Debug": True, "Dotted.Name": "dot"},
    execution={"PipelineExecutionId": "readiness"},
    properties={
        "Prep-1": {
            "ProcessingOutputConfig": {
                "Outputs": [
                    {"OutputName": "train", "S3Output": {"S3Uri": "s3://demo/train"}},
                    {"OutputName": "it]s", "S3Output": {"S3Uri": "s3://demo/odd"}},
                ]
            },
            "ProcessingInputs": [{"InputName": "raw", "S3Input": {"S3Uri": "s3://demo/raw"}}],
        },
        "Train": {
            "ModelArtifacts": {"S3ModelArtifacts": "s3://demo/model.tar.gz"},
            "InputDataConfig": [{"ChannelName": "validation"}],
            "TrainingTimeInSeconds": LATER,
            "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": LATER}],
        },
    },
)


def get(path: str) -> Any:
    return resolve({"Get": path}, SCOPE, "$")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Parameters.Bucket", "demo"),
        ("Parameters.Rounds", 3),
        ("Parameters.Dotted.Name", "dot"),
        ("Execution.PipelineExecutionId", "readiness"),
        ("Steps.Train.ModelArtifacts.S3ModelArtifacts", "s3://demo/model.tar.gz"),
        ("Steps.Prep-1.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri", "s3://demo/train"),
        ('Steps.Prep-1.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri', "s3://demo/train"),
        ("Steps.Prep-1.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri", "s3://demo/train"),
        ("Steps.Prep-1.ProcessingOutputConfig.Outputs['it]s'].S3Output.S3Uri", "s3://demo/odd"),
        ("Steps.Prep-1.ProcessingInputs['raw'].S3Input.S3Uri", "s3://demo/raw"),
        ("Steps.Train.InputDataConfig['validation'].ChannelName", "validation"),
        ("Steps.Train['ModelArtifacts']['S3ModelArtifacts']", "s3://demo/model.tar.gz"),
    ],
)
def test_get_finds_what_its_path_names(path: str, expected: Any) -> None:
    assert get(path) == expected


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("Parameters.Buckett", "unknown parameter 'Buckett'", id="parameter"),
        pytest.param("Execution.Nope", "unknown execution variable 'Nope'", id="execution variable"),
        pytest.param("Steps.Nope.A", "unknown step 'Nope'", id="step"),
        pytest.param("Steps.Train.Nope", "step 'Train' has no property 'Nope'", id="property"),
        pytest.param("Steps.Prep-1.ProcessingInputs[1]", "has no property 'ProcessingInputs[1]'", id="index too large"),
        pytest.param("Steps.Prep-1.ProcessingInputs['x']", "has no property", id="name not in the list"),
        pytest.param("Steps.Train.ModelArtifacts.S3ModelArtifacts.x", "has no property", id="below text"),
        pytest.param("Steps.Train.ModelArtifacts[", "cannot read the path", id="half a bracket"),
        pytest.param("Steps.Train.ModelArtifacts['']", "has no property", id="an empty name"),
        pytest.param("Somewhere.Else", "use Parameters, Execution or Steps", id="unknown root"),
        pytest.param("Parameters", "is not a path such as", id="no name"),
        pytest.param("", "is not a path such as", id="nothing"),
    ],
)
def test_get_of_nothing_says_what_is_not_there(path: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        get(path)
    assert message in caught.value.message
    assert caught.value.at == "$"


@pytest.mark.parametrize("path", [3, None, ["a"], {"Get": "Parameters.Bucket"}])
def test_get_needs_text(path: Any) -> None:
    with pytest.raises(ExpressionError, match="Get needs a path"):
        resolve({"Get": path}, SCOPE, "$")


@pytest.mark.parametrize(
    ("join", "expected"),
    [
        pytest.param({"On": "/", "Values": ["s3:/", {"Get": "Parameters.Bucket"}, "x"]}, "s3://demo/x", id="path"),
        pytest.param({"On": "", "Values": [{"Get": "Parameters.Rounds"}]}, "3", id="a number as text"),
        pytest.param({"On": ",", "Values": [{"Get": "Parameters.Debug"}, 0.5]}, "true,0.5", id="booleans as JSON"),
        pytest.param({"Values": ["a", "b"]}, "ab", id="no separator"),
        pytest.param({"On": "/", "Values": []}, "", id="no values"),
        pytest.param(
            {"On": "-", "Values": [{"Std:Join": {"On": "+", "Values": [1, 2]}}, 3]}, "1+2-3", id="a join in a join"
        ),
    ],
)
def test_join_makes_text(join: dict[str, Any], expected: str) -> None:
    assert resolve({"Std:Join": join}, SCOPE, "$") == expected


@pytest.mark.parametrize("join", [None, [], {}, {"On": "/"}, {"On": "/", "Values": "ab"}])
def test_join_without_values_is_refused(join: Any) -> None:
    with pytest.raises(ExpressionError, match="list 'Values'"):
        resolve({"Std:Join": join}, SCOPE, "$.a")


def test_an_unknown_function_is_refused() -> None:
    with pytest.raises(ExpressionError, match="unknown function 'Std:Jion'"):
        resolve({"Std:Jion": {}}, SCOPE, "$")


AUC = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Train.PropertyFiles.Report"}, "Path": "metrics.auc"}}


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param({"Get": "Steps.Train.TrainingTimeInSeconds"}, id="a property"),
        pytest.param({"Get": "Steps.Train.FinalMetricDataList['validation:auc'].Value"}, id="a metric of the log"),
        pytest.param(AUC, id="a property file"),
        pytest.param({"Std:JsonGet": {"S3Uri": {"Get": "Parameters.Bucket"}, "Path": "a"}}, id="a file by its URI"),
    ],
)
def test_what_only_the_run_tells_becomes_a_marker_that_is_settled_later(expression: Any) -> None:
    scope = replace(SCOPE, late={})
    alone, inside = resolve([expression, {"Std:Join": {"On": "=", "Values": ["x", expression]}}], scope, "$")
    assert is_late(alone)
    assert is_late(inside)
    assert has_late({"a": [alone]})
    assert len(scope.late) == 1
    assert settle([alone, inside, "plain"], scope.late, lambda _: 0.5) == [0.5, "x=0.5", "plain"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        pytest.param({}, "needs 'PropertyFile'", id="nothing"),
        pytest.param({"Path": "a"}, "needs a 'PropertyFile'", id="no file"),
        pytest.param({"Path": 3, "S3Uri": "s3://b/k"}, "a text 'Path'", id="a path that is no text"),
        pytest.param(
            {"Path": "a", "PropertyFile": {"Get": "Steps.Train.X"}}, "is not Steps.NAME", id="no property file"
        ),
        pytest.param({"Path": "a", "PropertyFile": {"Get": "Parameters.P"}}, "is not Steps.NAME", id="a parameter"),
        pytest.param({"Path": "a", "PropertyFile": "F"}, "is a Get of", id="no Get"),
    ],
)
def test_a_json_get_of_nothing_says_what_is_missing(argument: Any, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        resolve({"Std:JsonGet": argument}, SCOPE, "$")


def test_a_property_file_is_not_read_by_get() -> None:
    with pytest.raises(ExpressionError, match="read by Std:JsonGet"):
        get("Steps.Train.PropertyFiles.Report")


def test_text_that_looks_like_a_marker_but_is_none_stays() -> None:
    assert settle("⟦nothing⟧", {}, lambda _: 1) == "⟦nothing⟧"


def test_an_error_has_the_json_path_of_its_expression() -> None:
    with pytest.raises(ExpressionError) as caught:
        resolve({"a": [1, {"b": {"Get": "Parameters.Nope"}}]}, SCOPE, "$.Arguments")
    assert caught.value.at == "$.Arguments.a[1].b"


def test_a_get_beside_other_keys_is_plain_data() -> None:
    value = {"Get": "Parameters.Bucket", "Other": 1}
    assert resolve(value, SCOPE, "$") == value
    assert list(references(value, "$")) == []


def test_references_are_found_at_any_depth() -> None:
    value = {"x": [{"Std:Join": {"On": "/", "Values": [{"Get": "Steps.A-1['b'].c"}]}}], "y": {"Get": "Parameters.P"}}
    assert list(references(value, "$")) == [
        Reference("Steps", "A-1", "['b'].c", "$.x[0].Std:Join.Values[0]"),
        Reference("Parameters", "P", "", "$.y"),
    ]


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (True, "true"), (False, "false"), (3, "3"), (0.5, "0.5"), (1.0, "1.0")]
)
def test_text_is_what_the_service_would_write(value: Any, text: str) -> None:
    assert text_of(value) == text


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=12,
)


@given(PLAIN)
def test_plain_data_stays_as_it_is(value: Any) -> None:
    assert resolve(value, SCOPE, "$") == value
    assert list(references(value, "$")) == []


@given(st.text(max_size=20) | st.from_regex(r"Steps\.(Train|Prep-1)[\[\]'.A-Za-z0-9\"-]{0,25}", fullmatch=True))
def test_any_path_is_resolved_or_refused(path: str) -> None:
    try:
        resolve({"Get": path}, SCOPE, "$")
    except ExpressionError as error:
        message = error.message
    else:
        message = "resolved"
    assert message


@given(PLAIN, st.sampled_from(["Parameters.Bucket", "Parameters.Nope", "Steps.Train.X", "nowhere"]))
def test_resolving_meets_every_reference(value: Any, path: str) -> None:
    document = {"kept": value, "got": {"Get": path}}
    known = path == "Parameters.Bucket"
    if known:
        assert resolve(document, SCOPE, "$") == {"kept": value, "got": "demo"}
    else:
        with pytest.raises(ExpressionError):
            resolve(document, SCOPE, "$")


def test_a_whole_object_of_which_a_part_comes_later_is_refused() -> None:
    scope = replace(
        SCOPE, properties={"Train": {"Times": {"Start": LATER, "Name": "x"}, "Metrics": [{"Value": LATER}]}}
    )
    for path in ("Steps.Train.Times", "Steps.Train.Metrics"):
        with pytest.raises(ExpressionError, match="names a whole object; name one value of it"):
            resolve({"Get": path}, scope, "$")
    assert resolve({"Get": "Steps.Train.Times.Name"}, scope, "$") == "x"
