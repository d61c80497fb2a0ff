"""Training steps in script mode become jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cursus_readiness.jobs.base import ArgumentsError, JobContext, UnsupportedJobError
from cursus_readiness.jobs.training import Training
from cursus_readiness.model.job import Job, Packing

CONTEXT = JobContext("job-1", "us-east-1")


def a_channel(name: str, uri: str, **changes: Any) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri": uri}}, **changes}


def arguments(**changes: Any) -> dict[str, Any]:
    """Complete Arguments; a change to ``None`` takes the member out."""
    full: dict[str, Any] = {
        "AlgorithmSpecification": {"TrainingImage": "image"},
        "HyperParameters": {
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": '"s3://b/code/sourcedir.tar.gz"',
            "rounds": "3",
        },
        "InputDataConfig": [a_channel("train", "s3://b/train"), a_channel("val-1", "s3://b/val")],
        "OutputDataConfig": {"S3OutputPath": "s3://b/models/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "Environment": {"A": 1},
        **changes,
    }
    return {key: value for key, value in full.items() if value is not None}


def hyperparameters(**changes: str) -> dict[str, Any]:
    return {"HyperParameters": {**arguments()["HyperParameters"], **changes}}


def build(**changes: Any) -> Job:
    return Training().build("Step", arguments(**changes), CONTEXT)


def test_a_python_program_gets_its_hyperparameters_as_arguments() -> None:
    job = build()
    assert job.command == ("python3", "train.py", "--rounds", "3")
    assert job.working_directory == "/opt/ml/code"


def test_a_shell_script_is_run_by_sh() -> None:
    command = build(**hyperparameters(sagemaker_program='"train.sh"')).command
    assert command == ("/bin/sh", "-c", 'chmod 777 "./$0" && exec "./$0" "$@"', "train.sh", "--rounds", "3")


def test_the_source_is_unpacked_where_the_toolkit_does() -> None:
    source = build().inputs[0]
    assert (source.uri, source.path, source.packing, source.is_code) == (
        "s3://b/code/sourcedir.tar.gz",
        "/opt/ml/code",
        Packing.TAR_GZ,
        True,
    )


def test_channels_land_below_the_input_folder() -> None:
    assert [(item.name, item.uri, item.path) for item in build().inputs[1:]] == [
        ("train", "s3://b/train", "/opt/ml/input/data/train"),
        ("val-1", "s3://b/val", "/opt/ml/input/data/val-1"),
    ]


def test_model_and_output_are_packed_below_the_job_name() -> None:
    assert [(item.name, item.uri, item.path, item.packing) for item in build().outputs] == [
        ("model", "s3://b/models/job-1/output/model.tar.gz", "/opt/ml/model", Packing.TAR_GZ),
        ("output", "s3://b/models/job-1/output/output.tar.gz", "/opt/ml/output/data", Packing.TAR_GZ),
    ]


def test_the_container_is_told_its_configuration() -> None:
    files = {path: json.loads(text) for path, text in build().files.items()}
    assert files["/opt/ml/input/config/hyperparameters.json"]["rounds"] == "3"
    assert set(files["/opt/ml/input/config/inputdataconfig.json"]) == {"train", "val-1"}
    assert files["/opt/ml/input/config/resourceconfig.json"]["hosts"] == ["algo-1"]


def test_the_environment_has_the_users_variables_and_the_toolkits() -> None:
    environment = build().environment
    assert environment["A"] == "1"
    assert environment["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert environment["SM_CHANNEL_VAL-1"] == "/opt/ml/input/data/val-1"


def test_instances_image_and_time_limit_are_kept() -> None:
    job = build()
    found = (job.instance_type, job.instance_count, job.image_uri, job.max_runtime_s)
    assert found == ("ml.m5.large", 2, "image", 3600)


def test_what_is_optional_may_be_left_out() -> None:
    job = build(InputDataConfig=None, StoppingCondition=None, Environment=None, AlgorithmSpecification=None)
    assert (len(job.inputs), job.max_runtime_s, job.image_uri) == (1, None, None)


def test_later_steps_see_what_describe_training_job_answers() -> None:
    seen = Training().properties(arguments(), CONTEXT)
    assert seen["ModelArtifacts"]["S3ModelArtifacts"] == "s3://b/models/job-1/output/model.tar.gz"
    assert seen["OutputDataConfig"]["S3OutputPath"] == "s3://b/models/"
    assert seen["TrainingJobArn"].endswith(":training-job/job-1")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"HyperParameters": None}, "neither a program nor an entry point", id="a built-in algorithm"),
        pytest.param(
            {"InputDataConfig": [a_channel("a", "s3://b/a", InputMode="Pipe")]},
            "uses Pipe mode",
            id="a channel in pipe mode",
        ),
        pytest.param(
            {"InputDataConfig": [{"ChannelName": "a", "DataSource": {"FileSystemDataSource": {}}}]},
            "not on S3",
            id="a file system",
        ),
    ],
)
def test_what_cannot_run_here_says_why(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnsupportedJobError, match=reason):
        build(**changes)


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        pytest.param({"ResourceConfig": None}, ".ResourceConfig", id="no resources"),
        pytest.param({"OutputDataConfig": None}, ".OutputDataConfig", id="no output"),
        pytest.param({"OutputDataConfig": {"S3OutputPath": "out"}}, ".OutputDataConfig.S3OutputPath", id="not on S3"),
        pytest.param(
            {"HyperParameters": {"sagemaker_program": '"a.py"'}},
            ".HyperParameters.sagemaker_submit_directory",
            id="no source",
        ),
        pytest.param({"HyperParameters": ["a"]}, ".HyperParameters", id="hyperparameters as a list"),
        pytest.param(
            {"InputDataConfig": [a_channel("a/b", "s3://b/a")]},
            ".InputDataConfig[0].ChannelName",
            id="a channel name with a slash",
        ),
        pytest.param(
            {"InputDataConfig": [a_channel("..", "s3://b/a")]},
            ".InputDataConfig[0].ChannelName",
            id="a channel name that leads up",
        ),
        pytest.param(
            {"InputDataConfig": [{"ChannelName": "a"}]}, ".InputDataConfig[0].DataSource", id="a channel from nowhere"
        ),
        pytest.param(
            {"InputDataConfig": [a_channel("a", "data")]},
            ".InputDataConfig[0].DataSource.S3DataSource.S3Uri",
            id="a channel that is not on S3",
        ),
        pytest.param(
            {"ResourceConfig": {"InstanceCount": []}}, ".ResourceConfig.InstanceCount", id="a count that is none"
        ),
        pytest.param(
            {"ResourceConfig": {"InstanceCount": 0}}, ".ResourceConfig.InstanceCount", id="no instance at all"
        ),
        pytest.param(
            hyperparameters(sagemaker_program='"../train.py"'),
            ".HyperParameters.sagemaker_program",
            id="a program outside the archive",
        ),
        pytest.param({"CheckpointConfig": {"LocalPath": "/x"}}, ".CheckpointConfig.S3Uri", id="checkpoints to nowhere"),
        pytest.param(
            {"CheckpointConfig": {"S3Uri": "s3://b/c", "LocalPath": "/etc"}},
            ".CheckpointConfig.LocalPath",
            id="checkpoints among programs",
        ),
    ],
)
def test_each_mistake_is_named_with_its_place(changes: dict[str, Any], at: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        build(**changes)
    assert caught.value.at == at


def test_pipe_mode_of_the_algorithm_is_not_run_as_file_mode() -> None:
    from cursus_readiness.jobs.base import JobContext, UnsupportedJobError
    from cursus_readiness.jobs.training import Training
    from pipelines import training

    arguments = training("A", "a.py", {})["Arguments"]
    arguments["AlgorithmSpecification"]["TrainingInputMode"] = "Pipe"
    with pytest.raises(UnsupportedJobError, match="Pipe mode"):
        Training().build("A", arguments, JobContext("job", "us-east-1"))


def test_fast_file_mode_is_files_for_a_script() -> None:
    job = build(InputDataConfig=[a_channel("a", "s3://b/a", InputMode="FastFile")])
    assert [item.path for item in job.inputs if item.name == "a"] == ["/opt/ml/input/data/a"]


def test_a_channel_twice_is_refused() -> None:
    with pytest.raises(ArgumentsError, match="channel 'train' is there twice") as caught:
        build(InputDataConfig=[a_channel("train", "s3://b/a"), a_channel("train", "s3://b/c")])
    assert caught.value.at == ".InputDataConfig[1]"
