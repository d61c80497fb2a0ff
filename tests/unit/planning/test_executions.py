"""Where an output is looked for below the prefix of an execution."""

from __future__ import annotations

import pytest

from cursus_readiness.planning.executions import OutputPlace, StoredExecution, output_places

DATA = OutputPlace("data", "s3://plan/churn/readiness/Prepare/data", ("ProcessingOutputConfig",))
MODEL = OutputPlace(
    "model",
    "s3://plan/models/pipelines-readiness-Train/output/model.tar.gz",
    ("ModelArtifacts", "S3ModelArtifacts"),
)
JOB = "pipelines-abc123def456-{}-0123456789"


def stored(*keys: str, reference: str = "s3://real/run/") -> StoredExecution:
    folders = {key[:index] for key in keys for index, sign in enumerate(key) if sign == "/"}
    return StoredExecution(reference, frozenset(keys), frozenset(folders))


@pytest.mark.parametrize(
    "key",
    [
        "churn/readiness/Prepare/data/x",
        "Prepare/data/x",
        "Prepare/output/data/x",
        f"{JOB.format('Prepare')}/data/x",
        f"{JOB.format('Prepare')}/output/data/x",
    ],
)
def test_an_output_is_found_by_each_convention(key: str) -> None:
    assert stored(key).find("Prepare", DATA).uri == f"s3://real/run/{key.removesuffix('x')}"


@pytest.mark.parametrize(
    "key",
    [
        "models/pipelines-readiness-Train/output/model.tar.gz",
        f"models/{JOB.format('Train')}/output/model.tar.gz",
        f"{JOB.format('Train')}/output/model.tar.gz",
        "Train/model.tar.gz",
        "Train/output/model.tar.gz",
        "Train/model/model.tar.gz",
    ],
)
def test_a_model_is_found_by_each_convention(key: str) -> None:
    assert stored(key).find("Train", MODEL).uri == f"s3://real/run/{key}"


def test_a_place_below_the_prefix_itself_comes_first() -> None:
    execution = stored("Prepare/data/x", "data/y", reference="s3://plan/churn/readiness/")
    assert execution.find("Prepare", DATA).uri == "s3://plan/churn/readiness/Prepare/data/"


def test_the_part_after_the_executions_id_is_looked_for() -> None:
    place = OutputPlace("x", "s3://plan/churn/readiness/deep/er", ("ProcessingOutputConfig",))
    assert stored("deep/er/file").find("Prepare", place).uri == "s3://real/run/deep/er/"


def test_of_several_jobs_of_a_step_none_is_taken() -> None:
    keys = [f"{JOB.format('Prepare')}/data/x", "pipelines-ffffffffffff-Prepare-0123456789/data/x"]
    assert stored(*keys).find("Prepare", DATA).uri is None


def test_the_service_shortens_long_names_of_steps() -> None:
    name = "PrepareTheDataOfAllCustomers"
    key = f"{JOB.format(name[:20])}/data/x"
    assert stored(key).find(name, DATA).uri == f"s3://real/run/{JOB.format(name[:20])}/data/"
    assert stored(f"{JOB.format('Prep')}/data/x").find(name, DATA).uri is None


def test_what_is_not_there_is_told_with_what_is() -> None:
    why = stored("Other/data/x", "notes.txt").find("Prepare", DATA).why
    assert why.startswith("looked below s3://real/run/ for churn/readiness/Prepare/data, Prepare/data, ")
    assert why.endswith("; there are Other, notes.txt")


def test_every_place_that_a_step_writes_to_is_known() -> None:
    properties = {
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "a", "S3Output": {"S3Uri": "s3://b/a"}}, {}, "x"]},
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/m"},
        "TransformOutput": {"S3OutputPath": "s3://b/t"},
        "CalculatedBaselineConstraints": "s3://b/c",
    }
    assert {place.name: place.uri for place in output_places(properties)} == {
        "a": "s3://b/a",
        "model": "s3://b/m",
        "transform": "s3://b/t",
        "constraints": "s3://b/c",
    }
