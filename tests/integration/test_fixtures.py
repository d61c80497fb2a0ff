"""What stands for steps that are not executed is served, labelled, and missed by its name when it does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import preparation, workflow
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.result import E2ETestResult, StepKind, StepResult, StepStatus
from pipelines import output_of, processing, training, write_pipeline
from service_steps import clarify_check, function_step

pytestmark = pytest.mark.slow


def run(path: Path) -> E2ETestResult:
    return workflow.run(path, path.parent / "reports").report.scenarios[0]


def step_of(result: E2ETestResult, name: str) -> StepResult:
    return next(step for step in result.steps if step.step_name == name)


def errors_of(path: Path) -> list[Finding]:
    """What keeps a scenario from being run."""
    _, ((_, findings),) = preparation.check(path)
    return [finding for finding in findings if finding.severity.value == "error"]


def without_program(name: str, outputs: dict[str, str], **more: Any) -> dict[str, Any]:
    """A Processing step whose image decides what runs, as a data loader of a company's own is."""
    step = processing(name, "none.py", outputs=outputs, **more)
    del step["Arguments"]["AppSpecification"]["ContainerEntrypoint"]
    return step


def served(result: E2ETestResult, name: str) -> StepResult:
    """A step that a fixture stands for, or that is served otherwise: never passed for one that ran."""
    step = step_of(result, name)
    assert (step.status, step.kind, step.stand_in) == (StepStatus.NOT_EXECUTED, StepKind.FIXTURE, None), step.reason
    assert any(item.id == "not-executed" and item.step == name for item in result.findings)
    return step


READ = """
import sys
rows = open("/opt/ml/processing/input/data/rows.csv").read()
assert rows == "1\\n", rows
"""


@pytest.mark.parametrize(
    "outputs",
    [
        {"data": "local:fixtures/", "report": "local:fixtures/metrics.json"},
        {"s3://bucket/data/": "local:fixtures/", "s3://bucket/report/metrics.json": "local:fixtures/metrics.json"},
    ],
    ids=["by name", "by URI"],
)
def test_outputs_of_a_fixture_reach_inputs_and_conditions(tmp_path: Path, outputs: dict[str, str]) -> None:
    fixtures = tmp_path / "fixtures"
    fixtures.mkdir()
    (fixtures / "rows.csv").write_text("1\n", encoding="utf-8")
    (fixtures / "metrics.json").write_text('{"auc": {"value": 0.9}}', encoding="utf-8")
    load = without_program("Load", {"data": "s3://bucket/data", "report": "s3://bucket/report"})
    load["PropertyFiles"] = [{"PropertyFileName": "Metrics", "OutputName": "report", "FilePath": "metrics.json"}]
    auc = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Load.PropertyFiles.Metrics"}, "Path": "auc.value"}}
    compared = {"Type": "GreaterThan", "LeftValue": auc, "RightValue": 0.8}
    use = processing("Use", "use.py", inputs={"data": output_of("Load", "data")})
    gate = {"Name": "Gate", "Type": "Condition", "Arguments": {"Conditions": [compared], "IfSteps": [use]}}
    overrides = {"Load": {"fixture": {"outputs": outputs}}}
    result = run(write_pipeline(tmp_path, [load, gate], {"use.py": READ}, steps=overrides))
    assert result.success, [step.reason for step in result.steps]
    assert served(result, "Load").reason == "the scenario's fixture stands for it"
    assert step_of(result, "Use").status is StepStatus.SUCCEEDED


def test_a_step_that_could_be_executed_is_not_when_it_has_a_fixture(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("1\n", encoding="utf-8")
    steps = [
        processing("Write", "fail.py", outputs={"data": "s3://bucket/data"}),
        processing("Use", "use.py", inputs={"data": output_of("Write", "data")}),
    ]
    overrides = {"Write": {"fixture": {"outputs": {"data": "local:rows.csv"}}}}
    scripts = {"use.py": READ, "fail.py": "raise SystemExit(1)"}
    result = run(write_pipeline(tmp_path, steps, scripts, steps=overrides))
    assert result.success, [step.reason for step in result.steps]
    served(result, "Write")


def test_the_model_of_a_fixture_is_an_archive(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/weights.txt").write_text("1\n", encoding="utf-8")
    read = """
import tarfile
with tarfile.open("/opt/ml/processing/input/model/model.tar.gz") as tar:
    assert tar.getnames() == ["weights.txt"], tar.getnames()
"""
    steps = [
        training("Train", "train.py", {}),
        processing("Read", "read.py", inputs={"model": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}}),
    ]
    overrides = {"Train": {"fixture": {"outputs": {"model": "local:model/"}}}}
    result = run(write_pipeline(tmp_path, steps, {"read.py": read}, steps=overrides))
    assert result.success, [step.reason for step in result.steps]
    served(result, "Train")


@pytest.mark.parametrize("step_type", ["EMR", "AutoML", "Endpoint", "SomethingOfTheFuture"])
def test_any_other_type_is_known_by_the_properties_of_its_fixture(tmp_path: Path, step_type: str) -> None:
    (tmp_path / "rows.csv").write_text("1\n", encoding="utf-8")
    other = {"Name": "Other", "Type": step_type, "Arguments": {"StepConfig": {"Name": "x"}}}
    uri = {"Get": "Steps.Other.BestCandidate.Places[0]"}
    steps = [
        other,
        processing("Use", "use.py", inputs={"data": uri}, arguments=["--id", {"Get": "Steps.Other.ClusterId"}]),
    ]
    fixture = {
        "properties": {"ClusterId": "j-1", "BestCandidate": {"Places": ["s3://bucket/best/rows.csv"]}},
        "outputs": {"s3://bucket/best/": "local:."},
    }
    result = run(
        write_pipeline(
            tmp_path, steps, {"use.py": f"{READ}\nassert sys.argv[2] == 'j-1'"}, steps={"Other": {"fixture": fixture}}
        )
    )
    assert result.success, [step.reason for step in result.steps]
    served(result, "Other")


def test_output_parameters_of_a_fixture_decide_conditions(tmp_path: Path) -> None:
    ask = function_step("Callback", "Ask", {"approved": "Boolean", "who": "String"}, {})
    get = {"Get": "Steps.Ask.OutputParameters['approved']"}
    use = processing("Use", "use.py", arguments=[{"Get": "Steps.Ask.OutputParameters['who']"}])
    compared = {"Type": "Equals", "LeftValue": get, "RightValue": True}
    gate = {"Name": "Gate", "Type": "Condition", "Arguments": {"Conditions": [compared], "IfSteps": [use]}}
    fixture = {"output_parameters": {"approved": True, "who": "me"}}
    scripts = {"use.py": "import sys; assert sys.argv[1] == 'me'"}
    result = run(write_pipeline(tmp_path, [ask, gate], scripts, steps={"Ask": {"fixture": fixture}}))
    assert result.success, [step.reason for step in result.steps]
    assert step_of(result, "Use").status is StepStatus.SUCCEEDED
    served(result, "Ask")


@pytest.mark.parametrize(
    ("fixture", "place", "message"),
    [
        ({"outputs": {"dta": "local:."}}, "outputs.dta", "step 'Load' has no output 'dta' (did you mean 'data'?)"),
        ({"outputs": {"zzz": "local:."}}, "outputs.zzz", "step 'Load' has no output 'zzz'; there are data"),
        ({"outputs": {"data": "local:nowhere/"}}, "outputs", "is to be served by {folder}/nowhere, which is not there"),
        ({"outputs": {"data": "ftp:x"}}, "outputs", "unknown source 'ftp:x'"),
    ],
)
def test_a_mistake_in_a_fixture_is_named_with_its_place(
    tmp_path: Path, fixture: dict[str, Any], place: str, message: str
) -> None:
    load = without_program("Load", {"data": "s3://bucket/data"})
    steps = [load, processing("Use", "use.py", inputs={"data": output_of("Load", "data")})]
    found = errors_of(write_pipeline(tmp_path, steps, {"use.py": ""}, steps={"Load": {"fixture": fixture}}))
    assert len(found) == 1
    assert found[0].place.startswith(f"{tmp_path}/pipeline.yaml:") or "pipeline.yaml:" in found[0].place
    assert f"steps.Load.fixture.{place}" in found[0].place
    assert message.format(folder=tmp_path) in found[0].message


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"mesage": "x"}, "step 'Notify' declares no output parameter 'mesage' (did you mean 'message'?)"),
        ({"message": 1}, "output parameter 'message' is 1, not String"),
        ({"count": True}, "output parameter 'count' is True, not Integer"),
        ({"count": "1"}, "output parameter 'count' is '1', not Integer"),
    ],
)
def test_output_parameters_that_do_not_fit_are_named(tmp_path: Path, parameters: dict[str, Any], message: str) -> None:
    notify = function_step("Lambda", "Notify", {"message": "String", "count": "Integer"}, {})
    overrides = {"Notify": {"fixture": {"output_parameters": parameters}}}
    (found,) = errors_of(write_pipeline(tmp_path, [notify], {}, steps=overrides))
    assert found.message == message
    assert "steps.Notify.fixture.output_parameters" in found.place


def test_an_output_parameter_that_a_fixture_leaves_out_is_missed_where_it_is_asked_for(tmp_path: Path) -> None:
    notify = function_step("Lambda", "Notify", {"message": "String", "count": "Integer"}, {})
    use = processing("Use", "use.py", arguments=[{"Get": "Steps.Notify.OutputParameters['count']"}])
    overrides = {"Notify": {"fixture": {"output_parameters": {"message": "x"}}}}
    (found,) = errors_of(write_pipeline(tmp_path, [notify, use], {"use.py": ""}, steps=overrides))
    assert "$.Steps[1].Arguments.AppSpecification.ContainerArguments[0]" in found.place
    assert found.message == "step 'Notify' has no property \"OutputParameters['count']\"; there are message"


@pytest.mark.parametrize(
    "scenario",
    [
        {"inputs": {"s3://bucket/code/": "local:code/", "s3://bucket/loaded/": "local:loaded/"}},
        {"data_source": "local"},
    ],
    ids=["by the inputs", "by the data source"],
)
def test_a_step_that_loads_data_is_served_by_what_serves_data(tmp_path: Path, scenario: dict[str, Any]) -> None:
    for place in ("loaded", "data/bucket/loaded"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "rows.csv").write_text("1\n", encoding="utf-8")
    steps = [
        without_program("Load", {"data": "s3://bucket/loaded"}),
        processing("Use", "use.py", inputs={"data": output_of("Load", "data")}),
    ]
    result = run(write_pipeline(tmp_path, steps, {"use.py": READ}, **scenario))
    assert result.success, [step.reason for step in result.steps]
    assert "no ContainerEntrypoint is given" in (served(result, "Load").reason or "")


def test_a_step_without_a_program_that_reads_others_is_not_taken_for_a_loader(tmp_path: Path) -> None:
    steps = [
        processing("Write", "write.py", outputs={"data": "s3://bucket/data"}),
        without_program("Shape", {"data": "s3://bucket/shaped"}, inputs={"data": output_of("Write", "data")}),
        processing("Use", "use.py", inputs={"data": output_of("Shape", "data")}),
    ]
    result = run(write_pipeline(tmp_path, steps, {"use.py": "", "write.py": ""}))
    assert [step.status.value for step in result.steps] == ["succeeded", "not_executed", "blocked"]


def test_nothing_but_a_fixture_stands_for_a_check_that_needs_an_endpoint(tmp_path: Path) -> None:
    check = clarify_check("Bias", "s3://bucket/rows/", output="s3://bucket/bias", CheckType="MODEL_BIAS", ModelName="m")
    uri = {"Get": "Steps.Bias.CalculatedBaselineConstraints"}
    steps = [check, processing("Use", "use.py", inputs={"bias": uri})]
    script = "import json; assert json.load(open('/opt/ml/processing/input/bias/analysis.json')) == {'version': '1.0'}"
    inputs = {"s3://bucket/": "local:.", "s3://bucket/code/": "local:code/"}
    scenario = write_pipeline(tmp_path, steps, {"use.py": script}, inputs=inputs)
    result = run(scenario)
    assert [step.status.value for step in result.steps] == ["not_executed", "blocked"]
    assert step_of(result, "Bias").kind is StepKind.PROCESS
    assert "asks a deployed endpoint for predictions" in (result.steps[0].reason or "")
    (tmp_path / "analysis.json").write_text(json.dumps({"version": "1.0"}), encoding="utf-8")
    fixture = {"outputs": {"analysis_result": "local:analysis.json"}}
    scenario = write_pipeline(tmp_path, steps, {"use.py": script}, steps={"Bias": {"fixture": fixture}})
    result = run(scenario)
    assert result.success, [step.reason for step in result.steps]
    served(result, "Bias")
