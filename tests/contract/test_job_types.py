"""What every step type promises."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.definitions.expressions import LATER
from cursus_readiness.jobs.base import ArgumentsError, JobContext, JobType, UnsupportedJobError
from cursus_readiness.jobs.registry import JOB_TYPES
from cursus_readiness.model.job import Job
from pipelines import built_in_xgboost, processing, training, tuning, whole
from served_models import model, register, transform
from service_steps import clarify_check, function_step, quality_check

BESIDE = ("Name", "Type", "Arguments")
WITH_MEMBERS: dict[str, dict[str, Any]] = {
    "Lambda": function_step("Lambda", "A", {"n": "Integer"}, {"a": 1, "b": ["x"]}),
    "Callback": function_step("Callback", "A", {"n": "Float"}, {"a": 1}),
    "QualityCheck": quality_check(
        "A",
        "s3://b/in",
        SuppliedBaselineConstraints="s3://b/constraints.json",
        SuppliedBaselineStatistics="s3://b/statistics.json",
    ),
    "ClarifyCheck": clarify_check("A", "s3://b/in", SuppliedBaselineConstraints="s3://b/analysis.json"),
}
COMPLETE: dict[str, dict[str, Any]] = {
    "Processing": processing("A", "a.py", inputs={"in": "s3://b/in"}, outputs={"out": "s3://b/out"})["Arguments"],
    "Training": training("A", "a.py", {"train": "s3://b/train"}, rounds=3)["Arguments"],
    "Tuning": tuning(
        built_in_xgboost("A", {"num_round": 3}, {"train": "s3://b/train"}),
        "validation:rmse",
        ranges={
            "IntegerParameterRanges": [whole("max_depth", 1, 5)],
            "ContinuousParameterRanges": [
                {"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5", "ScalingType": "Logarithmic"}
            ],
            "CategoricalParameterRanges": [{"Name": "booster", "Values": ["gbtree", "dart"]}],
        },
    )["Arguments"],
    "Model": model(artifact="s3://b/model.tar.gz")["Arguments"],
    "RegisterModel": register()["Arguments"],
    "Transform": transform(model_name="model-1")["Arguments"],
    **{step_type: step["Arguments"] for step_type, step in WITH_MEMBERS.items()},
}
COMPLETE["RegisterModel"]["InferenceSpecification"]["Containers"] = [COMPLETE["Model"]["PrimaryContainer"]]
CONTEXT = JobContext("job-1", "us-east-1", models={"model-1": COMPLETE["Model"]})
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
each_type = pytest.mark.parametrize("job_type", JOB_TYPES.values(), ids=list(JOB_TYPES))


def context_of(job_type: JobType) -> JobContext:
    """What the SDK writes beside the Arguments, and a function where one is called."""
    step = WITH_MEMBERS.get(job_type.step_type, {})
    members = {key: value for key, value in step.items() if key not in BESIDE}
    function = "functions/notify.py:handler" if job_type.step_type in ("Lambda", "Callback") else None
    return replace(CONTEXT, members=members, function=function)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every member of nested data."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in items for found in places(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with one member replaced."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    target = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = new
    return changed


@each_type
def test_complete_arguments_become_a_job(job_type: JobType) -> None:
    arguments = COMPLETE[job_type.step_type]
    job = job_type.build("A", arguments, context_of(job_type))
    assert (job.step_name, job.step_type) == ("A", job_type.step_type)
    assert job.command
    assert job.working_directory.startswith("/")
    assert all(path.startswith("/") for path in (*job.files, *job.directories, *job.message_files))


@each_type
def test_the_same_arguments_give_the_same_job_and_stay_as_they_are(job_type: JobType) -> None:
    arguments = copy.deepcopy(COMPLETE[job_type.step_type])
    first = job_type.build("A", arguments, context_of(job_type))
    assert job_type.build("A", arguments, context_of(job_type)) == first
    assert arguments == COMPLETE[job_type.step_type]


@each_type
def test_a_job_survives_storage(job_type: JobType) -> None:
    job = job_type.build("A", COMPLETE[job_type.step_type], context_of(job_type))
    assert Job.model_validate_json(job.model_dump_json()) == job


@each_type
def test_properties_hold_the_arguments_and_are_json(job_type: JobType) -> None:
    arguments = COMPLETE[job_type.step_type]
    seen = job_type.properties(arguments, context_of(job_type))
    assert job_type.step_type in ("Lambda", "Callback") or arguments.items() <= seen.items()  # an event is no property
    json.dumps(seen, default=lambda item: {LATER: "later"}[item])


@each_type
@given(data=st.data())
def test_any_arguments_give_a_job_or_a_reason(job_type: JobType, data: st.DataObject) -> None:
    complete = COMPLETE[job_type.step_type]
    path = data.draw(st.sampled_from(places(complete)[1:]))
    arguments = replaced(complete, path, data.draw(ANYTHING))
    try:
        said: tuple[object, ...] = (job_type.build("A", arguments, context_of(job_type)),)
    except ArgumentsError as error:
        said = (error.at, error.message)
    except UnsupportedJobError as error:
        said = (str(error),)
    assert all(said)
