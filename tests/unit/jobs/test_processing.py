"""Processing steps become jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cursus_readiness.jobs.base import ArgumentsError, JobContext, UnsupportedJobError
from cursus_readiness.jobs.processing import Processing
from cursus_readiness.model.job import Job, Packing

CONTEXT = JobContext("job-1", "us-east-1")


def arguments(**changes: Any) -> dict[str, Any]:
    """Complete Arguments; a change to ``None`` takes the member out."""
    full: dict[str, Any] = {
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
        "AppSpecification": {
            "ImageUri": "image",
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/a.py"],
            "ContainerArguments": ["--rounds", 3],
        },
        "ProcessingInputs": [an_input("raw", "s3://b/raw/"), an_input("code", "s3://b/code/a.py")],
        "ProcessingOutputConfig": {"Outputs": [an_output("out", "s3://b/out")]},
        "Environment": {"A": "1", "DEBUG": True},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }
    return {key: value for key, value in full.items() if value is not None}


def an_input(name: str, uri: str, path: str | None = None, **changes: Any) -> dict[str, Any]:
    s3 = {"S3Uri": uri, "LocalPath": path or f"/opt/ml/processing/input/{name}", **changes}
    return {"InputName": name, "S3Input": s3}


def an_output(name: str, uri: str) -> dict[str, Any]:
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/output/{name}"}}


def build(**changes: Any) -> Job:
    return Processing().build("Step", arguments(**changes), CONTEXT)


def test_the_command_is_entry_point_and_arguments_as_text() -> None:
    assert build().command == ("python3", "/opt/ml/processing/input/code/a.py", "--rounds", "3")


def test_a_processing_job_starts_at_the_root() -> None:
    assert build().working_directory == "/"


def test_the_environment_is_that_of_the_definition_alone() -> None:
    assert build().environment == {"A": "1", "DEBUG": "true"}


def test_inputs_land_at_their_local_path() -> None:
    raw, code = build().inputs
    assert (raw.name, raw.uri, raw.path, raw.packing) == (
        "raw",
        "s3://b/raw/",
        "/opt/ml/processing/input/raw",
        Packing.NONE,
    )
    assert (raw.is_code, code.is_code) == (False, True)


@pytest.mark.parametrize(
    ("name", "uri", "is_code"),
    [
        ("entrypoint", "s3://b/x", True),
        ("code", "s3://b/x", True),
        ("input-1", "s3://b/script.py", True),
        ("input-1", "s3://b/sourcedir.tar.gz", True),
        ("input-1", "s3://b/data.csv", False),
    ],
)
def test_code_is_told_from_data(name: str, uri: str, is_code: bool) -> None:
    (found,) = build(ProcessingInputs=[an_input(name, uri)]).inputs
    assert found.is_code is is_code


def test_output_folders_exist_before_the_start() -> None:
    job = build()
    assert job.outputs[0].uri == "s3://b/out"
    assert "/opt/ml/processing/output/out" in job.directories


def test_the_container_is_told_its_configuration() -> None:
    files = build().files
    assert json.loads(files["/opt/ml/config/processingjobconfig.json"])["ProcessingJobName"] == "job-1"
    assert json.loads(files["/opt/ml/config/resourceconfig.json"])["current_instance_type"] == "ml.m5.large"


def test_a_failure_message_is_looked_for_where_the_service_does() -> None:
    assert build().message_files == ("/opt/ml/output/message",)


def test_instances_image_and_time_limit_are_kept() -> None:
    job = build()
    assert (job.instance_type, job.instance_count, job.image_uri, job.max_runtime_s) == ("ml.m5.large", 1, "image", 60)


def test_what_is_optional_may_be_left_out() -> None:
    job = build(ProcessingInputs=None, ProcessingOutputConfig=None, Environment=None, StoppingCondition=None)
    assert (job.inputs, job.outputs, job.environment, job.max_runtime_s) == ((), (), {}, None)


def test_later_steps_see_what_describe_processing_job_answers() -> None:
    seen = Processing().properties(arguments(), CONTEXT)
    assert seen["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] == "s3://b/out"
    assert seen["ProcessingJobName"] == "job-1"
    assert seen["ProcessingJobArn"].endswith(":processing-job/job-1")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"AppSpecification": {"ImageUri": "i"}}, "no ContainerEntrypoint", id="no entry point"),
        pytest.param(
            {"AppSpecification": {"ContainerEntrypoint": []}}, "no ContainerEntrypoint", id="an empty entry point"
        ),
        pytest.param(
            {"ProcessingInputs": [{"InputName": "q", "DatasetDefinition": {}}]}, "DatasetDefinition", id="a query"
        ),
        pytest.param(
            {"ProcessingInputs": [an_input("p", "s3://b/p", S3InputMode="Pipe")]}, "uses Pipe mode", id="pipe mode"
        ),
        pytest.param(
            {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "f", "FeatureStoreOutput": {}}]}},
            "Feature Store",
            id="a feature store",
        ),
    ],
)
def test_what_cannot_run_here_says_why(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnsupportedJobError, match=reason):
        build(**changes)


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        pytest.param({"AppSpecification": None}, ".AppSpecification", id="no app"),
        pytest.param({"ProcessingResources": {}}, ".ProcessingResources.ClusterConfig", id="no cluster"),
        pytest.param(
            {"AppSpecification": {"ContainerEntrypoint": "python3 a.py"}},
            ".AppSpecification.ContainerEntrypoint",
            id="an entry point as text",
        ),
        pytest.param(
            {"AppSpecification": {"ContainerEntrypoint": ["a"], "ContainerArguments": [None]}},
            ".AppSpecification.ContainerArguments",
            id="an argument that is nothing",
        ),
        pytest.param({"ProcessingInputs": [{}]}, ".ProcessingInputs[0].InputName", id="a nameless input"),
        pytest.param(
            {"ProcessingInputs": [{"InputName": "a"}]}, ".ProcessingInputs[0].S3Input", id="an input from nowhere"
        ),
        pytest.param(
            {"ProcessingInputs": [an_input("a", "/data")]}, ".ProcessingInputs[0].S3Input.S3Uri", id="not on S3"
        ),
        pytest.param(
            {"ProcessingInputs": [an_input("a", "s3://b/a", "data")]},
            ".ProcessingInputs[0].S3Input.LocalPath",
            id="a relative path",
        ),
        pytest.param(
            {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "o"}]}},
            ".ProcessingOutputConfig.Outputs[0].S3Output",
            id="an output to nowhere",
        ),
        pytest.param({"Environment": ["A=1"]}, ".Environment", id="an environment as list"),
        pytest.param(
            {"ProcessingResources": {"ClusterConfig": {"InstanceCount": "many"}}},
            ".ProcessingResources.ClusterConfig.InstanceCount",
            id="a count that is none",
        ),
        pytest.param(
            {"ProcessingResources": {"ClusterConfig": {"InstanceCount": 10**12}}},
            ".ProcessingResources.ClusterConfig.InstanceCount",
            id="a count beyond what is stored",
        ),
        pytest.param(
            {"ProcessingInputs": [an_input("raw", "s3://b/a"), an_input("raw", "s3://b/c")]},
            ".ProcessingInputs[1]",
            id="an input twice",
        ),
        pytest.param(
            {"ProcessingOutputConfig": {"Outputs": [an_output("o", "s3://b/a"), an_output("o", "s3://b/c")]}},
            ".ProcessingOutputConfig.Outputs[1]",
            id="an output twice",
        ),
        pytest.param(
            {"ProcessingResources": {"ClusterConfig": {"InstanceCount": 0}}},
            ".ProcessingResources.ClusterConfig.InstanceCount",
            id="no instance at all",
        ),
        pytest.param(
            {"StoppingCondition": {"MaxRuntimeInSeconds": "soon"}},
            ".StoppingCondition.MaxRuntimeInSeconds",
            id="a time limit that is none",
        ),
    ],
)
def test_each_mistake_is_named_with_its_place(changes: dict[str, Any], at: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        build(**changes)
    assert caught.value.at == at
