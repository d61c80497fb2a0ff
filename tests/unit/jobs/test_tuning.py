"""Tuning steps become one job that runs a few training jobs."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from cursus_readiness.definitions.expressions import LATER
from cursus_readiness.jobs.base import ArgumentsError, JobContext, UnsupportedJobError
from cursus_readiness.jobs.tuning import RESULTS_FILE, TRIALS_FILE, Tuning
from cursus_readiness.model.job import Job
from pipelines import built_in_xgboost, training, tuning, whole

CONTEXT = JobContext("pipelines-readiness-Tune", "us-east-1")
RANGES = {"IntegerParameterRanges": [whole("depth", 1, 9)]}
GRID = {"CategoricalParameterRanges": [{"Name": "kind", "Values": ['"a"', '"b"', '"c"']}]}
METRICS = [{"Name": "score", "Regex": "score=([0-9.]+)"}]


def arguments(ranges: dict[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    """Complete Arguments over a script; ``config`` changes the tuning job's own."""
    step = training("Tune", "train.py", {"train": "s3://b/train"}, rows=5)
    step["Arguments"]["AlgorithmSpecification"]["MetricDefinitions"] = METRICS
    found: dict[str, Any] = tuning(step, "score", ranges=RANGES if ranges is None else ranges, **config)["Arguments"]
    return found


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """Complete Arguments with one member changed; ``None`` takes it out."""
    full = copy.deepcopy(arguments())
    inner: Any = full
    for key in path[:-1]:
        inner = inner[key]
    if to is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return full


def several(count: int) -> dict[str, Any]:
    """Arguments with several definitions that differ by name alone, each with ranges of its own."""
    full = arguments()
    config = full["HyperParameterTuningJobConfig"]
    own = {
        "TuningObjective": config.pop("HyperParameterTuningJobObjective"),
        "HyperParameterRanges": config.pop("ParameterRanges"),
    }
    definition = full.pop("TrainingJobDefinition")
    names = ["one", "two", "three"][:count]
    return {**full, "TrainingJobDefinitions": [{**definition, **own, "DefinitionName": name} for name in names]}


def build(given: dict[str, Any] | None = None, **context: Any) -> Job:
    return Tuning().build("Tune", arguments() if given is None else given, replace(CONTEXT, **context))


def trials_of(job: Job) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(job.files[TRIALS_FILE])["trials"]
    return found


def test_each_trial_is_a_training_job_with_hyperparameters_of_its_own() -> None:
    job = build()
    first, second = trials_of(job)
    assert first["command"] == ["python3", "train.py", "--depth", "5", "--rows", "5"]
    assert first["environment"]["SM_HP_DEPTH"] == "5"
    told = json.loads(first["files"]["/opt/ml/input/config/hyperparameters.json"])
    assert (told["depth"], told["_tuning_objective_metric"]) == ("5", "score")
    assert second["hyperparameters"]["depth"] != "5"
    assert second["environment"]["TRAINING_JOB_NAME"] == second["name"]
    assert job.environment == first["environment"]
    assert job.results_file == RESULTS_FILE


def test_version_3_of_the_sdk_writes_plain_texts_and_another_name_for_the_resources() -> None:
    given = arguments(GRID | {"CategoricalParameterRanges": [{"Name": "kind", "Values": ["a b"]}]})
    definition = given["TrainingJobDefinition"]
    definition["ResourceConfig"] = definition.pop("HyperParameterTuningResourceConfig")
    definition["StaticHyperParameters"] = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": "s3://b/sourcedir.tar.gz",
        "name": "c d",
    }
    job = build(given)
    assert trials_of(job)[0]["command"] == ["python3", "train.py", "--kind", "a b", "--name", "c d"]
    assert job.instance_type == "ml.m5.large"


def test_trials_are_named_as_the_service_names_them_and_within_its_limit() -> None:
    names = [trial["name"] for trial in trials_of(build())]
    assert [name[:-8] for name in names] == ["pipelines-readiness-Tune-001-", "pipelines-readiness-Tune-002-"]
    assert [trial["name"] for trial in trials_of(build())] == names
    assert all(len(trial["name"]) == 63 for trial in trials_of(build(job_name="x" * 80)))


def test_models_go_where_the_sdk_looks_for_those_of_the_best_trials() -> None:
    job = build()
    outputs = {output.name: (output.uri, output.path) for output in job.outputs}
    name = trials_of(job)[0]["name"]
    kept = trials_of(job)[0]["kept"]["/opt/ml/model"]
    assert outputs["model-001"] == (f"s3://bucket/models/{name}/output/model.tar.gz", kept)
    assert list(outputs) == ["model-001", "output-001", "model-002", "output-002"]


@pytest.mark.parametrize(
    ("given", "trial_count", "label"),
    [
        pytest.param(arguments(), 2, "2 of 20 trials, sampled at random here, not by Bayesian search", id="Bayesian"),
        pytest.param(arguments(Strategy="Random", trials=1), 2, "1 of 1 trials", id="no more than the job allows"),
        pytest.param(arguments(Strategy="Random"), 3, "3 of 20 trials", id="as many as the scenario wants"),
        pytest.param(arguments(GRID, Strategy="Grid"), 9, "3 of 3 trials of the grid", id="a grid has an end"),
        pytest.param(
            arguments(GRID, Strategy="Grid", ResourceLimits={"MaxNumberOfTrainingJobs": None}),
            2,
            "2 of 3 trials of the grid",
            id="a grid need not say",
        ),
        pytest.param(
            arguments(Strategy="Random", ResourceLimits={"MaxNumberOfTrainingJobs": "⟦Steps.A.B⟧"}),
            2,
            "2 trials",
            id="known only during the run",
        ),
        pytest.param(several(3), 2, "3 of 20 trials, sampled", id="one of each definition at least"),
    ],
)
def test_the_label_says_how_much_of_the_search_is_run(given: dict[str, Any], trial_count: int, label: str) -> None:
    assert (build(given, trial_count=trial_count).stand_in or "").startswith(label)


def test_definitions_take_turns_and_their_inputs_wait_apart() -> None:
    job = build(several(2), trial_count=3)
    assert [trial["definition_name"] for trial in trials_of(job)] == ["one", "two", "one"]
    assert [(item.name, item.path) for item in job.inputs] == [
        (name, f"/opt/ml/stand-in/inputs/{number}{path}")
        for number in (0, 1)
        for name, path in (("source", "/opt/ml/code"), ("train", "/opt/ml/input/data/train"))
    ]
    assert job.inputs[2].at == ".TrainingJobDefinitions[1].StaticHyperParameters.sagemaker_submit_directory"


def test_a_built_in_algorithm_brings_its_program_along() -> None:
    step = built_in_xgboost("Tune", {"num_round": 3}, {"train": "s3://b/train"})
    job = build(tuning(step, "validation:rmse", ranges=RANGES)["Arguments"])
    assert {"/opt/ml/stand-in/xgboost_algorithm.py", "/opt/ml/stand-in/tuning.py", "/opt/ml/stand-in/trial.py"} < set(
        job.files
    )
    assert (job.stand_in or "").endswith("; the open-source xgboost library for the built-in XGBoost algorithm")
    assert "validation\\-rmse" not in trials_of(job)[0]["pattern"]
    assert "#011validation-rmse:" in trials_of(job)[0]["pattern"]


def test_checkpoints_of_each_trial_lie_apart_and_none_goes_on_from_anothers() -> None:
    job = build(changed("TrainingJobDefinition", "CheckpointConfig", to={"S3Uri": "s3://b/checkpoints"}))
    uris = [output.uri for output in job.outputs if output.name.startswith("checkpoints-")]
    assert uris == [f"s3://b/checkpoints/{trial['name']}" for trial in trials_of(job)]
    assert not any(item.is_optional for item in job.inputs)


@pytest.mark.parametrize(
    ("given", "limit_s"),
    [
        pytest.param(arguments(), 7200, id="those of all trials"),
        pytest.param(
            arguments(ResourceLimits={"MaxNumberOfTrainingJobs": 5, "MaxRuntimeInSeconds": 600}), 600, id="its own"
        ),
        pytest.param(changed("TrainingJobDefinition", "StoppingCondition", to=None), None, id="none"),
    ],
)
def test_the_time_limit_is_that_of_the_tuning_job(given: dict[str, Any], limit_s: float | None) -> None:
    assert build(given).max_runtime_s == limit_s


def test_later_steps_see_what_the_service_answers() -> None:
    seen = Tuning().properties(arguments(), CONTEXT)
    assert seen["BestTrainingJob"]["TunedHyperParameters"] == {"depth": LATER}
    assert seen["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] is LATER
    assert len(seen["TrainingJobSummaries"]) == 2
    assert seen["HyperParameterTuningJobArn"].endswith(":hyper-parameter-tuning-job/pipelines-readiness-Tune")


_CONFIG = "HyperParameterTuningJobConfig"


@pytest.mark.parametrize(
    ("given", "at"),
    [
        pytest.param(changed(_CONFIG, to=None), ".HyperParameterTuningJobConfig", id="no configuration"),
        pytest.param(changed(_CONFIG, "Strategy", to="Best"), f".{_CONFIG}.Strategy", id="an unknown strategy"),
        pytest.param(
            changed(_CONFIG, "ResourceLimits", "MaxNumberOfTrainingJobs", to=None),
            f".{_CONFIG}.ResourceLimits.MaxNumberOfTrainingJobs",
            id="no number of trials",
        ),
        pytest.param(
            changed(_CONFIG, "HyperParameterTuningJobObjective", "Type", to="Best"),
            f".{_CONFIG}.HyperParameterTuningJobObjective.Type",
            id="neither the largest nor the smallest",
        ),
        pytest.param(
            changed(_CONFIG, "HyperParameterTuningJobObjective", "MetricName", to="accuracy"),
            f".{_CONFIG}.HyperParameterTuningJobObjective.MetricName",
            id="a metric that nobody defines",
        ),
        pytest.param(
            changed("TrainingJobDefinition", "AlgorithmSpecification", "MetricDefinitions", 0, "Regex", to="score=.*"),
            f".{_CONFIG}.HyperParameterTuningJobObjective.MetricName",
            id="a regular expression that captures nothing",
        ),
        pytest.param(
            changed("TrainingJobDefinition", "AlgorithmSpecification", "MetricDefinitions", 0, "Regex", to="score=("),
            ".TrainingJobDefinition.AlgorithmSpecification.MetricDefinitions[0].Regex",
            id="no regular expression",
        ),
        pytest.param(changed("TrainingJobDefinition", to=None), ".TrainingJobDefinition", id="no definition"),
        pytest.param(
            changed("TrainingJobDefinition", "StaticHyperParameters", "depth", to="3"),
            ".TrainingJobDefinition.StaticHyperParameters.depth",
            id="searched and given",
        ),
        pytest.param(
            changed("TrainingJobDefinition", "StaticHyperParameters", "sagemaker_program", to='"/x.py"'),
            ".TrainingJobDefinition.StaticHyperParameters.sagemaker_program",
            id="a mistake of the hyperparameters",
        ),
        pytest.param(
            changed("TrainingJobDefinition", "HyperParameterTuningResourceConfig", "InstanceCount", to=0),
            ".TrainingJobDefinition.HyperParameterTuningResourceConfig.InstanceCount",
            id="a mistake of the resources",
        ),
    ],
)
def test_each_mistake_is_named_with_its_place(given: dict[str, Any], at: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        build(given)
    assert caught.value.at == at


def test_what_a_training_job_cannot_do_here_its_trials_cannot_either() -> None:
    with pytest.raises(UnsupportedJobError, match="Pipe mode"):
        build(changed("TrainingJobDefinition", "AlgorithmSpecification", "TrainingInputMode", to="Pipe"))
