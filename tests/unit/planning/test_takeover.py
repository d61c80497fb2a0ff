"""A plan that begins in the middle: what is not run, what stands for it, and what is missed in time."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_definition, a_scenario
from cursus_readiness.model.plan import Plan, PlannedStep
from cursus_readiness.planning.executions import Execution, RecordedExecution, RecordedStep, StoredExecution
from cursus_readiness.planning.plan import InvalidPlanError, build_plan
from cursus_readiness.planning.takeover import Start
from pipelines import output_of, processing, training
from served_models import model, transform

STARTED = "2026-03-14T09:26:53+00:00"
CODE = {"s3://bucket/code/": "local:code/"}
WRITE = processing("Write", "w.py", outputs={"data": "s3://plan/data", "other": "s3://plan/other"})
READ = processing("Read", "r.py", inputs={"data": output_of("Write", "data")})
NOTHING = StoredExecution("s3://real/run/", frozenset(), frozenset())
DATA = StoredExecution("s3://real/run/", frozenset({"Write/data/x"}), frozenset({"Write", "Write/data"}))


def plan(*steps: dict[str, Any], start: str, execution: Execution, **scenario: Any) -> Plan:
    fields = {"inputs": CODE, **scenario}
    definition = a_definition(*steps)
    return build_plan(a_scenario(**fields), definition, started_at=STARTED, start=Start(start, execution))


def refusal(*steps: dict[str, Any], start: str, execution: Execution, **scenario: Any) -> list[str]:
    with pytest.raises(InvalidPlanError) as caught:
        plan(*steps, start=start, execution=execution, **scenario)
    return [finding.line() for finding in caught.value.findings]


def recorded(**told: dict[str, Any]) -> RecordedExecution:
    return RecordedExecution("arn", {name: RecordedStep("Succeeded", answer) for name, answer in told.items()})


def step_of(found: Plan, name: str) -> PlannedStep:
    return next(step for step in found.steps if step.name == name)


def served(found: Plan) -> dict[str, str]:
    return {item.uri: item.binding.source for item in found.served if not item.is_for_scripts}


def test_only_what_a_later_step_reads_is_served() -> None:
    found = plan(WRITE, READ, start="Read", execution=DATA)
    assert served(found) == {"s3://plan/data": "s3://real/run/Write/data/", "s3://bucket/code/r.py": "local:code/"}
    assert (step_of(found, "Write").has_fixture, step_of(found, "Write").served_from) == (True, "s3://real/run/")
    assert found.expected_steps == ("Write", "Read")


def test_code_of_steps_that_are_not_run_need_not_be_served() -> None:
    found = plan(WRITE, READ, start="Read", execution=DATA, inputs={"s3://bucket/code/r.py": "local:r.py"})
    assert step_of(found, "Read").job is not None


def test_data_that_only_steps_before_read_stays_on_s3() -> None:
    inputs = {**CODE, "s3://raw/": "s3:", "s3://local/": "local:data/"}
    first = processing("Write", "w.py", inputs={"raw": "s3://raw/x"}, outputs={"data": "s3://plan/data"})
    found = plan(first, READ, start="Read", execution=DATA, inputs=inputs)
    assert [item.prefix for item in found.served if item.is_for_scripts] == ["s3://bucket/code/", "s3://local/"]


def test_what_is_missing_is_an_error_and_never_made_up() -> None:
    (told,) = refusal(WRITE, READ, start="Read", execution=NOTHING)
    assert "s3://real/run/ has no output for s3://plan/data of step 'Write'" in told


@pytest.mark.parametrize(
    "scenario",
    [
        {"inputs": {**CODE, "s3://plan/data/": "local:data/"}},
        {"steps": {"Write": {"fixture": {"outputs": {"data": "local:data/"}}}}},
    ],
    ids=["inputs", "a fixture"],
)
def test_the_scenario_serves_what_the_execution_does_not_have(scenario: dict[str, Any]) -> None:
    assert served(plan(WRITE, READ, start="Read", execution=NOTHING, **scenario))["s3://plan/data"] == "local:data/"


def test_a_fixture_that_does_not_fit_is_a_mistake_all_the_same() -> None:
    fixture = {"Write": {"fixture": {"outputs": {"dta": "local:data/"}}}}
    (told,) = refusal(WRITE, READ, start="Read", execution=DATA, steps=fixture)
    assert "steps.Write.fixture.outputs.dta" in told


def test_conditions_before_the_first_step_are_not_decided() -> None:
    metrics = {"Get": "Steps.Write.PropertyFiles.Metrics"}
    first = {**WRITE, "PropertyFiles": [{"PropertyFileName": "Metrics", "OutputName": "other", "FilePath": "m.json"}]}
    auc = {"Std:JsonGet": {"PropertyFile": metrics, "Path": "auc"}}
    compared = {"Type": "GreaterThan", "LeftValue": auc, "RightValue": 0.8}
    gate = {"Name": "Gate", "Type": "Condition", "Arguments": {"Conditions": [compared], "IfSteps": [READ]}}
    found = plan(first, gate, start="Read", execution=DATA)
    assert (step_of(found, "Gate").has_fixture, step_of(found, "Gate").conditions) == (True, None)
    (told,) = refusal(first, gate, start="Gate", execution=DATA)
    assert "no output for s3://plan/other of step 'Write'" in told


def test_a_property_file_of_an_output_that_is_none_is_a_mistake() -> None:
    first = {**WRITE, "PropertyFiles": [{"PropertyFileName": "M", "OutputName": "othr", "FilePath": "m.json"}]}
    auc = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Write.PropertyFiles.M"}, "Path": "auc"}}
    use = processing("Use", "u.py", arguments=[auc])
    (told,) = refusal(first, use, start="Use", execution=DATA)
    assert "step 'Write' has no output 'othr' (did you mean 'other'?)" in told


def test_a_step_whose_own_arguments_are_not_known_is_known_by_what_the_service_tells() -> None:
    cluster = {"Name": "Cluster", "Type": "EMR", "Arguments": {"StepConfig": {}}}
    middle = processing("Middle", "m.py", arguments=[{"Get": "Steps.Cluster.ClusterId"}])
    last = processing("Last", "l.py", inputs={"x": output_of("Middle", "x")})
    outputs = [{"OutputName": "x", "S3Output": {"S3Uri": "s3://real/x"}}]
    execution = recorded(Middle={"ProcessingOutputConfig": {"Outputs": outputs}})
    found = plan(cluster, middle, last, start="Last", execution=execution)
    assert served(found)["s3://real/x"] == "s3:"


def test_what_the_service_tells_is_what_later_steps_get() -> None:
    train = training("Train", "t.py", {})
    train["Arguments"]["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "auc", "Regex": "x"}]
    use = processing("Use", "u.py", arguments=[{"Get": "Steps.Train.FinalMetricDataList['auc'].Value"}])
    execution = recorded(Train={"FinalMetricDataList": [{"MetricName": "auc", "Value": 0.75}], "TrainingJobName": "t"})
    job = step_of(plan(train, use, start="Use", execution=execution), "Use").job
    assert job is not None
    assert job.command[-1] == "0.75"
    (told,) = refusal(train, use, start="Use", execution=NOTHING)
    assert "Steps.Train.FinalMetricDataList['auc'].Value is not known: s3://real/run/ does not tell it" in told


def test_a_model_that_is_not_made_here_is_still_that_of_the_steps_after_it() -> None:
    train = training("Train", "t.py", {})
    keys = frozenset({"Train/model.tar.gz"})
    execution = StoredExecution("s3://real/run/", keys, frozenset({"Train"}))
    found = plan(train, model(), transform(), start="Score", execution=execution, data_source="local")
    assert "s3://real/run/Train/model.tar.gz" in served(found).values()
