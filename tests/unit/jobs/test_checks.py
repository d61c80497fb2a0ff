"""What stands beside the Arguments of a check decides what it is compared with, and what later steps may Get."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.jobs.base import ArgumentsError, JobContext, MembersError, UnsupportedJobError
from cursus_readiness.jobs.clarify_check import ClarifyCheck
from cursus_readiness.jobs.functions import declared_outputs
from cursus_readiness.jobs.quality_check import QualityCheck
from service_steps import clarify_check, quality_check

CONTEXT = JobContext("job-1", "us-east-1")
SUPPLIED = {
    "SuppliedBaselineConstraints": "s3://b/constraints.json",
    "SuppliedBaselineStatistics": "s3://b/statistics.json",
}


def members_of(step: dict[str, Any]) -> JobContext:
    return replace(CONTEXT, members={key: item for key, item in step.items() if key not in ("Name", "Arguments")})


def used(**members: Any) -> tuple[str, str]:
    step = quality_check("A", "s3://b/in", output="s3://b/out/", **members)
    found = QualityCheck().properties(step["Arguments"], members_of(step))
    assert found["CalculatedBaselineConstraints"] == "s3://b/out/constraints.json"
    assert found["CalculatedBaselineStatistics"] == "s3://b/out/statistics.json"
    return found["BaselineUsedForDriftCheckConstraints"], found["BaselineUsedForDriftCheckStatistics"]


def test_the_baseline_that_is_used_is_the_supplied_one_unless_the_calculated_one_is_registered() -> None:
    calculated = ("s3://b/out/constraints.json", "s3://b/out/statistics.json")
    assert used(**SUPPLIED) == ("s3://b/constraints.json", "s3://b/statistics.json")
    assert used(**SUPPLIED, SkipCheck=True) == ("s3://b/constraints.json", "s3://b/statistics.json")
    assert used(**SUPPLIED, RegisterNewBaseline=True) == calculated
    assert used() == calculated  # there is no registry of models to take it from
    assert used(SuppliedBaselineConstraints="", SuppliedBaselineStatistics="") == calculated


@pytest.mark.parametrize(
    ("members", "baseline", "said"),
    [
        (SUPPLIED, ["baseline_constraints", "baseline_statistics"], ""),
        ({**SUPPLIED, "SkipCheck": "True"}, [], "; SkipCheck is set, so nothing is compared"),
        ({}, [], "; no baseline is supplied, so nothing is compared"),
        ({"SuppliedBaselineConstraints": ""}, [], "; no baseline is supplied, so nothing is compared"),
        ({"SuppliedBaselineStatistics": "s3://b/s"}, [], "; no baseline is supplied, so nothing is compared"),
        (
            {**SUPPLIED, "SkipCheck": "⟦Steps.A.OutputParameters['x']⟧"},
            ["baseline_constraints", "baseline_statistics"],
            "",
        ),
    ],
)
def test_the_label_says_when_nothing_is_compared(members: dict[str, Any], baseline: list[str], said: str) -> None:
    step = quality_check("A", "s3://b/in", **members)
    job = QualityCheck().build("A", step["Arguments"], members_of(step))
    assert [item.name for item in job.inputs] == ["baseline_dataset_input", *baseline]
    assert all(item.is_code for item in job.inputs[1:])
    assert job.stand_in == f"pandas for the program of Model Monitor{said}"


@pytest.mark.parametrize(
    ("members", "at", "message"),
    [
        ({"CheckType": "DATA_BIAS"}, ".CheckType", "'DATA_BIAS' is none of DATA_QUALITY, MODEL_QUALITY"),
        ({"SkipCheck": "maybe"}, ".SkipCheck", "true or false is expected, not 'maybe'"),
        ({"FailOnViolation": 1}, ".FailOnViolation", "true or false is expected, not 1"),
        ({"SuppliedBaselineConstraints": "b/x"}, ".SuppliedBaselineConstraints", "'b/x' is not an s3:// URI"),
        ({"SuppliedBaselineStatistics": 7}, ".SuppliedBaselineStatistics", "text is expected, not 7"),
    ],
)
def test_a_mistake_beside_the_arguments_is_named(members: dict[str, Any], at: str, message: str) -> None:
    step = quality_check("A", "s3://b/in", **members)
    with pytest.raises(MembersError) as caught:
        QualityCheck().build("A", step["Arguments"], members_of(step))
    assert (caught.value.at, caught.value.message) == (at, message)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset_format": '{"sagemakerCaptureJson": {}}'}, "the dataset is sagemakerCaptureJson; csv, json, parquet"),
        ({"record_preprocessor_script": "/opt/x.py"}, "records go through a preprocessor script"),
        ({"dataset_format": "csv"}, "a format as JSON is expected, not 'csv'"),
        ({"dataset_format": "{}"}, "one format is expected"),
        ({"dataset_format": None}, "a format as JSON is expected, not None"),
    ],
)
def test_what_is_not_read_here_says_so(changes: dict[str, Any], message: str) -> None:
    step = quality_check("A", "s3://b/in")
    step["Arguments"]["Environment"] |= changes
    with pytest.raises((ArgumentsError, UnsupportedJobError), match=message):
        QualityCheck().build("A", step["Arguments"], members_of(step))


def test_a_post_analytics_script_is_left_out_and_that_is_said() -> None:
    step = quality_check("A", "s3://b/in", SkipCheck=True)
    step["Arguments"]["Environment"]["post_analytics_processor_script"] = "/opt/x.py"
    job = QualityCheck().build("A", step["Arguments"], members_of(step))
    assert "the post-analytics script is not run" in (job.stand_in or "")


def test_a_check_without_its_inputs_or_outputs_is_a_mistake() -> None:
    step = clarify_check("A", "s3://b/in")
    del step["Arguments"]["ProcessingInputs"][0]
    with pytest.raises(ArgumentsError, match="inputs named analysis_config and dataset are expected"):
        ClarifyCheck().build("A", step["Arguments"], members_of(step))
    step = quality_check("A", "s3://b/in")
    step["Arguments"]["ProcessingOutputConfig"]["Outputs"] = []
    with pytest.raises(ArgumentsError, match="a check needs an output"):
        QualityCheck().build("A", step["Arguments"], members_of(step))


def test_the_properties_of_a_check_that_cannot_be_executed_are_known_all_the_same() -> None:
    step = quality_check("A", "s3://b/in")
    step["Arguments"]["ProcessingInputs"].append({"InputName": "table", "DatasetDefinition": {}})
    found = QualityCheck().properties(step["Arguments"], members_of(step))
    assert found["CalculatedBaselineConstraints"] == "s3://bucket/quality/constraints.json"
    with pytest.raises(UnsupportedJobError, match="is a DatasetDefinition"):
        QualityCheck().build("A", step["Arguments"], members_of(step))


@given(
    st.dictionaries(
        st.sampled_from(["CheckType", "SkipCheck", "FailOnViolation", "RegisterNewBaseline", *SUPPLIED]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=2), max_size=1),
    )
)
def test_any_members_give_a_job_or_a_reason(members: dict[str, Any]) -> None:
    step = quality_check("A", "s3://b/in", **members)
    try:
        job = QualityCheck().build("A", step["Arguments"], members_of(step))
        said = [json.loads(job.files["/opt/ml/stand-in/instructions.json"])["check_type"] == "DATA_QUALITY"]
    except MembersError as error:
        said = [error.at.startswith("."), bool(error.message)]
    assert all(said)


@pytest.mark.parametrize(
    ("outputs", "at", "message"),
    [
        ("x", ".OutputParameters", "a list is expected"),
        ([{}], ".OutputParameters[0]", "an output parameter needs an 'OutputName'"),
        ([{"OutputName": "n", "OutputType": "Int"}], ".OutputParameters[0].OutputType", "'Int' is none of String, "),
        ([{"OutputName": "n", "OutputType": []}], ".OutputParameters[0].OutputType", "[] is none of String, "),
        ([{"OutputName": "n", "OutputType": "String"}] * 2, ".OutputParameters[1].OutputName", "declared twice"),
    ],
)
def test_a_declaration_of_output_parameters_that_is_none_is_named(outputs: Any, at: str, message: str) -> None:
    with pytest.raises(MembersError) as caught:
        declared_outputs({"OutputParameters": outputs})
    assert caught.value.at == at
    assert message in caught.value.message
