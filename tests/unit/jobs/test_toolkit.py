"""What the training toolkit makes of a job."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import an_input
from cursus_readiness.jobs.base import JobContext
from cursus_readiness.jobs.toolkit import command_arguments, decode, toolkit_environment, user_hyperparameters


def environment(hyperparameters: dict[str, str] | None = None, **changes: Any) -> dict[str, str]:
    fields: dict[str, Any] = {
        "context": JobContext("job-1", "eu-west-1"),
        "program": "train.py",
        "source": "s3://b/sourcedir.tar.gz",
        "hyperparameters": hyperparameters or {},
        "channels": {"train": an_input("s3://b/train", "/opt/ml/input/data/train")},
        "input_config": {"train": {"TrainingInputMode": "File", "ContentType": "text/csv"}},
        "instance_type": "ml.m5.large",
        **changes,
    }
    return toolkit_environment(**fields)


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("0.5", 0.5), ('"a"', "a"), ("true", True), ("null", None), ("[1]", [1]), ("plain", "plain"), ("", "")],
)
def test_a_hyperparameter_is_json_or_else_text(text: str, value: Any) -> None:
    assert decode(text) == value


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_what_the_sdk_wrote_is_read_back(value: Any) -> None:
    assert decode(json.dumps(value)) == value


def test_the_toolkits_own_hyperparameters_are_not_forwarded() -> None:
    given = {"sagemaker_program": '"a"', "_tuning_objective_metric": '"auc"', "rounds": "3"}
    assert user_hyperparameters(given) == {"rounds": 3}


@pytest.mark.parametrize(
    ("hyperparameters", "arguments"),
    [
        pytest.param({"b": "2", "aa": "1"}, ("--aa", "1", "-b", "2"), id="sorted, one letter has one dash"),
        pytest.param({"name": '"x y"'}, ("--name", "x y"), id="text without quotes"),
        pytest.param({"flag": "true"}, ("--flag", "True"), id="booleans as Python writes them"),
        pytest.param({"map": '{"a": 1, "b": 2}'}, ("--map", "a=1,b=2"), id="a mapping"),
        pytest.param({"map": '{"b": 2, "a": 1}'}, ("--map", "a=1,b=2"), id="a mapping is sorted"),
        pytest.param({"list": "[1, 2]"}, ("--list", "[1, 2]"), id="a list"),
        pytest.param({"nothing": "null"}, ("--nothing", ""), id="nothing is empty text"),
        pytest.param({}, (), id="none"),
    ],
)
def test_arguments_are_those_of_the_toolkit(hyperparameters: dict[str, str], arguments: tuple[str, ...]) -> None:
    assert command_arguments(hyperparameters) == arguments


def test_hyperparameters_are_variables_too() -> None:
    found = environment({"max-depth": "3", "name": '"x"', "nothing": "null", "list": "[1, 2]", "flag": "true"})
    assert found["SM_HP_MAX-DEPTH"] == "3"
    assert found["SM_HP_NAME"] == "x"
    assert found["SM_HP_NOTHING"] == ""
    assert found["SM_HP_LIST"] == "[1,2]"
    assert found["SM_HP_FLAG"] == "true"
    assert json.loads(found["SM_HPS"]) == {"max-depth": 3, "name": "x", "nothing": None, "list": [1, 2], "flag": True}


def test_folders_are_those_of_the_container() -> None:
    found = environment()
    assert found["SM_MODEL_DIR"] == "/opt/ml/model"
    assert found["SM_OUTPUT_DATA_DIR"] == "/opt/ml/output/data"
    assert found["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert json.loads(found["SM_CHANNELS"]) == ["train"]


def test_the_service_sets_region_and_job() -> None:
    found = environment()
    assert found["AWS_REGION"] == "eu-west-1"
    assert found["TRAINING_JOB_NAME"] == "job-1"
    assert found["TRAINING_JOB_ARN"] == "arn:aws:sagemaker:eu-west-1:000000000000:training-job/job-1"


def test_the_training_env_repeats_it_all_as_json() -> None:
    found = json.loads(environment({"rounds": "3"})["SM_TRAINING_ENV"])
    assert found["job_name"] == "job-1"
    assert found["hyperparameters"] == {"rounds": 3}
    assert found["channel_input_dirs"] == {"train": "/opt/ml/input/data/train"}
    assert found["resource_config"]["current_instance_type"] == "ml.m5.large"


def test_the_module_is_the_program_without_its_suffix() -> None:
    found = environment(program="pkg/train.py")
    assert (found["SM_USER_ENTRY_POINT"], found["SM_MODULE_NAME"]) == ("pkg/train.py", "pkg/train")


@pytest.mark.parametrize(("given", "level"), [({}, "20"), ({"sagemaker_container_log_level": "10"}, "10")])
def test_the_log_level_is_forwarded(given: dict[str, str], level: str) -> None:
    assert environment(given)["SM_LOG_LEVEL"] == level


def test_a_job_without_an_instance_type_has_an_empty_one() -> None:
    assert environment(instance_type=None)["SM_CURRENT_INSTANCE_TYPE"] == ""


def test_user_arguments_are_a_json_list() -> None:
    assert json.loads(environment({"a": "1"})["SM_USER_ARGS"]) == ["-a", "1"]


def test_every_variable_is_text() -> None:
    assert all(isinstance(value, str) for value in environment({"a": "[1]"}).values())
