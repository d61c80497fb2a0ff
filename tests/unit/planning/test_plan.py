"""Scenario and definition become a plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders import a_definition, a_scenario
from cursus_readiness.model.finding import Severity
from cursus_readiness.model.plan import Plan
from cursus_readiness.planning.building import settled_job
from cursus_readiness.planning.plan import InvalidPlanError, build_plan
from pipelines import output_of, processing, training

STARTED = "2026-03-14T09:26:53+00:00"
CODE = {"s3://bucket/code/": "local:code/"}
PREP = processing("Prep", "prep.py", inputs={"raw": "s3://bucket/raw"}, outputs={"data": "s3://bucket/prep"})
TRAIN = training("Train", "train.py", {"train": output_of("Prep", "data")})


def plan(*steps: dict[str, Any], parameters: list[dict[str, Any]] | None = None, **scenario: Any) -> Plan:
    fields = {"inputs": CODE, **scenario}
    return build_plan(a_scenario(**fields), a_definition(*steps, parameters=parameters), started_at=STARTED)


def refusal(*steps: dict[str, Any], parameters: list[dict[str, Any]] | None = None, **scenario: Any) -> list[str]:
    with pytest.raises(InvalidPlanError) as caught:
        plan(*steps, parameters=parameters, **scenario)
    assert all(finding.severity is Severity.ERROR for finding in caught.value.findings)
    return [finding.line() for finding in caught.value.findings]


def test_steps_are_planned_in_their_order() -> None:
    found = plan(TRAIN, PREP)
    assert [step.name for step in found.steps] == ["Prep", "Train"]
    assert [step.depends_on for step in found.steps] == [(), ("Prep",)]


def test_a_step_gets_the_uri_that_an_earlier_one_writes() -> None:
    job = plan(PREP, TRAIN).steps[1].job
    assert job
    assert job.inputs[1].uri == "s3://bucket/prep"


def test_what_training_makes_can_be_referred_to() -> None:
    model = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    job = plan(PREP, TRAIN, processing("Eval", "eval.py", inputs={"model": model})).steps[2].job
    assert job
    assert job.inputs[0].uri == "s3://bucket/models/pipelines-readiness-Train/output/model.tar.gz"


def test_execution_variables_have_values() -> None:
    names = ("PipelineName", "PipelineExecutionId", "StartDateTime", "CurrentDateTime", "PipelineExecutionArn")
    step = processing("A", "a.py", environment={name: {"Get": f"Execution.{name}"} for name in names})  # type: ignore[misc]
    job = plan(step).steps[0].job
    assert job
    assert job.environment["PipelineName"] == "churn"
    assert job.environment["PipelineExecutionId"] == "readiness"
    assert job.environment["StartDateTime"] == job.environment["CurrentDateTime"] == STARTED


@pytest.mark.parametrize(
    ("step", "variable"),
    [
        pytest.param(processing("A", "a.py"), "ProcessingJobName", id="a processing job"),
        pytest.param(training("A", "a.py", {}), "TrainingJobName", id="a training job"),
    ],
)
def test_a_step_may_know_the_name_of_its_job(step: dict[str, Any], variable: str) -> None:
    arguments = {**step["Arguments"], "Environment": {"JOB": {"Get": f"Execution.{variable}"}}}
    job = plan({**step, "Arguments": arguments}).steps[0].job
    assert job
    assert job.environment["JOB"] == "pipelines-readiness-A"


@pytest.mark.parametrize("place", ["name", "value"])
def test_text_that_no_file_can_hold_is_refused(place: str) -> None:
    half = "\ud800"  # half a surrogate pair, which JSON can escape and UTF-8 cannot write
    step = processing(half if place == "name" else "A", "a.py", environment={"X": half})
    try:
        said = plan(step).model_dump_json()
    except InvalidPlanError as error:
        said = error.findings[0].message
    assert said


def test_the_same_scenario_gives_the_same_plan() -> None:
    assert plan(PREP, TRAIN) == plan(PREP, TRAIN)


def test_a_plan_knows_the_definition_it_was_made_from() -> None:
    assert plan(PREP).definition_sha256 != plan(TRAIN, PREP).definition_sha256
    assert len(plan(PREP).definition_sha256) == 64


def test_a_plan_survives_storage() -> None:
    found = plan(PREP, TRAIN)
    assert Plan.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("expected", "found"), [([], ("Prep", "Train")), (["Train"], ("Train",))], ids=["all by default", "as declared"]
)
def test_expected_steps_are_those_declared_or_all(expected: list[str], found: tuple[str, ...]) -> None:
    assert plan(PREP, TRAIN, expected_steps=expected).expected_steps == found


def test_parameters_are_replaced_by_their_values() -> None:
    step = processing("A", "a.py", environment={"BUCKET": {"Get": "Parameters.Bucket"}})  # type: ignore[dict-item]
    parameters = [{"Name": "Bucket", "DefaultValue": "one"}]
    text = a_definition(step, parameters=parameters)
    for given, value in (({}, "one"), ({"Bucket": "two"}, "two")):
        job = build_plan(a_scenario(inputs=CODE, parameters=given), text, started_at=STARTED).steps[0].job
        assert job
        assert job.environment["BUCKET"] == value


def test_an_unsupported_type_is_planned_with_its_reason() -> None:
    step = plan({"Name": "Cluster", "Type": "EMR", "Arguments": {}}).steps[0]
    assert (step.job, step.reason) == (None, "step type EMR cannot be executed here")


def test_a_type_that_is_misspelt_is_refused_with_a_hint() -> None:
    (line,) = refusal({"Name": "A", "Type": "Procesing", "Arguments": {}}, inputs={})
    assert line == "$.Steps[0].Type: unknown step type 'Procesing' (did you mean 'Processing'?)"


def test_a_job_that_cannot_run_here_is_planned_with_its_reason() -> None:
    step = processing("A", "a.py")
    del step["Arguments"]["AppSpecification"]["ContainerEntrypoint"]
    planned = plan(step, inputs={}).steps[0]
    assert planned.job is None
    assert planned.reason
    assert "no ContainerEntrypoint" in planned.reason


REPORT = [{"PropertyFileName": "Report", "OutputName": "data", "FilePath": "metrics/auc.json"}]
AUC: Any = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Prep.PropertyFiles.Report"}, "Path": "auc"}}


def test_a_value_of_the_run_is_marked_and_the_job_is_built_again_with_it() -> None:
    found = plan({**PREP, "PropertyFiles": REPORT}, processing("B", "b.py", environment={"AUC": AUC}))
    prep, step = found.steps
    assert prep.property_files == {"Report": "s3://bucket/prep/metrics/auc.json"}
    assert step.depends_on == ("Prep",)
    assert step.job
    assert step.job.environment["AUC"] == "⟦Steps.Prep.PropertyFiles.Report auc⟧"
    assert settled_job(step, found, lambda _: 0.75).environment["AUC"] == "0.75"
    assert settled_job(prep, found, lambda _: 0.75) == prep.job


def test_text_that_could_be_taken_for_a_marker_is_refused() -> None:
    step = processing("B", "b.py", inputs={"x": "s3://b/../../⟦x⟧"})
    (line,) = refusal(step)
    assert "text between ⟦ and ⟧" in line


def test_a_property_file_of_an_output_that_is_not_there_is_refused() -> None:
    (line,) = refusal({**PREP, "PropertyFiles": [{**REPORT[0], "OutputName": "dat"}]})
    assert line == "$.Steps[0].PropertyFiles[0].OutputName: step 'Prep' has no output 'dat' (did you mean 'data'?)"


def test_what_refers_to_a_step_that_cannot_run_is_left_without_a_job() -> None:
    cluster = {"Name": "Cluster", "Type": "EMR", "Arguments": {}}
    consumer = processing("B", "b.py", inputs={"x": {"Get": "Steps.Cluster.OutputPath"}})
    step = plan(cluster, consumer, inputs={}).steps[1]
    assert (step.job, step.reason, step.depends_on) == (None, None, ("Cluster",))


def a_condition(*conditions: Any, if_steps: Any = (), else_steps: Any = ()) -> dict[str, Any]:
    arguments = {"Conditions": list(conditions), "IfSteps": list(if_steps), "ElseSteps": list(else_steps)}
    return {"Name": "Check", "Type": "Condition", "Arguments": arguments}


def test_a_condition_is_planned_before_both_of_its_branches() -> None:
    condition = a_condition(
        {"Type": "GreaterThanOrEqualTo", "LeftValue": AUC, "RightValue": 0.8},
        if_steps=[processing("Good", "b.py")],
        else_steps=[
            {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": {"Std:Join": {"Values": ["a", AUC]}}}}
        ],
    )
    found = plan({**PREP, "PropertyFiles": REPORT}, condition)
    assert [step.name for step in found.steps] == ["Prep", "Check", "Good", "Stop"]
    _, check, good, stop = found.steps
    assert check.is_control
    assert check.depends_on == ("Prep",)
    assert good.branch
    assert good.branch.is_if
    assert stop.fail_message == "a⟦Steps.Prep.PropertyFiles.Report auc⟧"


@pytest.mark.parametrize(
    ("condition", "line"),
    [
        pytest.param({"Type": "Equal"}, ".Type: unknown condition 'Equal' (did you mean 'Equals'?)", id="unknown"),
        pytest.param({"Type": "Equals"}, ": Equals needs a 'LeftValue' and a 'RightValue'", id="no values"),
        pytest.param(
            {"Type": "LessThan", "LeftValue": "a", "RightValue": 1}, ": LessThan cannot compare 'a' with 1", id="types"
        ),
        pytest.param({"Type": "In", "QueryValue": 1}, ": In needs a 'QueryValue' and a list 'Values'", id="no list"),
        pytest.param({"Type": "Not", "Expression": 3}, ".Expression.Type: unknown condition None", id="no expression"),
        pytest.param({"Type": "Or", "Conditions": []}, ".Conditions: a list of conditions is expected", id="empty"),
        pytest.param(3, ".Type: unknown condition None", id="a number"),
    ],
)
def test_a_condition_that_can_never_be_decided_is_refused(condition: Any, line: str) -> None:
    (found,) = refusal(a_condition(condition), inputs={})
    assert found.startswith(f"$.Steps[0].Arguments.Conditions[0]{line}")


def test_a_fixture_cannot_stand_for_what_the_tool_decides() -> None:
    condition = a_condition({"Type": "Equals", "LeftValue": 1, "RightValue": 1})
    assert refusal(condition, inputs={}, steps={"Check": {"fixture": {}}}) == [
        "steps.Check.fixture: a Condition step is decided here: leave the fixture out"
    ]


def test_outputs_in_the_same_place_are_a_warning_unless_only_one_of_them_runs() -> None:
    one, two = (processing(name, "a.py", outputs={"data": "s3://bucket/same"}) for name in "AB")
    (found,) = [finding for finding in plan(one, two).findings if finding.id == "duplicate-output"]
    assert found.place == "$.Steps[1].Arguments.ProcessingOutputConfig.Outputs[0]"
    branches = a_condition({"Type": "Equals", "LeftValue": 1, "RightValue": 1}, if_steps=[one], else_steps=[two])
    assert not [finding for finding in plan(branches).findings if finding.id == "duplicate-output"]


@pytest.mark.parametrize(
    ("name", "output", "is_odd"),
    [
        ("DATA_SECONDARY", "METADATA", True),
        ("model_artifacts_input", "processed_data", True),
        ("custom_payload_input", "evaluation_output", True),
        ("other", "data", False),
        ("data", "other", True),
        ("eval_data_input", "processed_data", False),
        ("evaluation_data", "eval_output", False),
        ("input_path", "processed", False),
        ("METADATA", "METADATA", False),
    ],
)
def test_an_input_whose_name_speaks_against_its_output_is_a_warning(name: str, output: str, is_odd: bool) -> None:
    outputs = {output: "s3://bucket/one", **({"data": "s3://bucket/two"} if output == "other" else {})}
    steps = processing("A", "a.py", outputs=outputs), processing("B", "b.py", inputs={name: output_of("A", output)})
    found = [finding for finding in plan(*steps).findings if finding.id == "odd-wiring"]
    assert [finding.place for finding in found] == ["$.Steps[1].Arguments.ProcessingInputs[0].S3Input.S3Uri"] * is_odd


def test_several_instances_are_noted() -> None:
    step = processing("A", "a.py")
    step["Arguments"]["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 3
    notes = [finding for finding in plan(step).findings if finding.id == "reduced-fidelity"]
    assert [note.message for note in notes] == ["step 'A' asks for 3 instances; one process tree runs here"]
    assert notes[0].severity is Severity.NOTE


@pytest.mark.parametrize(
    ("scenario", "line"),
    [
        pytest.param(
            {"expected_steps": ["Prep", "Pre"]},
            "expected_steps.1: the definition has no step 'Pre' (did you mean 'Prep'?)",
            id="an expected step",
        ),
        pytest.param(
            {"steps": {"Zzz": {"retries": 1}}}, "steps.Zzz: the definition has no step 'Zzz'", id="a step's settings"
        ),
        pytest.param(
            {"validation_rules": {"prep": {}}},
            "validation_rules.prep: the definition has no step 'prep' (did you mean 'Prep'?)",
            id="a step's rules",
        ),
    ],
)
def test_a_name_that_the_definition_lacks_is_refused(scenario: dict[str, Any], line: str) -> None:
    assert refusal(PREP, **scenario) == [line]


def test_a_parameter_that_the_definition_lacks_is_refused() -> None:
    with pytest.raises(InvalidPlanError, match="the definition has no parameter 'Nope'"):
        build_plan(a_scenario(inputs=CODE, parameters={"Nope": 1}), a_definition(PREP), started_at=STARTED)


def test_a_needed_parameter_without_a_value_is_refused() -> None:
    step = processing("A", "a.py", environment={"X": {"Get": "Parameters.P"}})  # type: ignore[dict-item]
    assert refusal(step, parameters=[{"Name": "P"}]) == [
        "$.Steps[0].Arguments.Environment.X: parameter 'P' has no default: set parameters.P"
    ]


def test_a_parameter_that_only_an_unsupported_step_needs_may_lack_a_value() -> None:
    step = {"Name": "R", "Type": "EMR", "Arguments": {"x": {"Get": "Parameters.P"}}}
    assert plan(step, parameters=[{"Name": "P"}], inputs={}).steps[0].job is None


def test_mistakes_in_arguments_have_their_path_in_the_definition() -> None:
    step = processing("A", "a.py")
    del step["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3Uri"]
    assert refusal(PREP, step) == ["$.Steps[1].Arguments.ProcessingInputs[0].S3Input.S3Uri: 'S3Uri' is missing"]


def test_an_unknown_property_of_a_step_is_refused() -> None:
    step = processing("B", "b.py", inputs={"x": output_of("Prep", "dta")})
    (line,) = refusal(PREP, step)
    assert line.startswith("$.Steps[1].Arguments.ProcessingInputs[0].S3Input.S3Uri: step 'Prep' has no property")


def test_all_mistakes_are_told_at_once() -> None:
    bad = processing("B", "b.py", environment={"X": {"Get": "Steps.Prep.Nope"}})  # type: ignore[dict-item]
    assert len(refusal(PREP, bad, expected_steps=["Nope"], parameters=None, steps={"No": {}})) == 3


@pytest.mark.parametrize("text", ["", "{}", '{"Steps": [{}]}'], ids=["nothing", "no steps", "a broken step"])
def test_a_broken_definition_is_refused(text: str) -> None:
    with pytest.raises(InvalidPlanError):
        build_plan(a_scenario(), text, started_at=STARTED)


@pytest.mark.parametrize("depth", [50, 400, 960], ids=["shallow", "deep", "as deep as the parser goes"])
def test_deep_arguments_are_planned_or_refused(depth: int) -> None:
    text = '{"Steps": [{"Name": "A", "Type": "Fail", "Arguments": {"x": %s}}]}' % ("[" * depth + "]" * depth)
    try:
        said: list[object] = list(build_plan(a_scenario(), text, started_at=STARTED).steps)
    except InvalidPlanError as error:
        said = list(error.findings)
    assert said


def real_definition(name: str, repository: Path) -> str:
    path = repository.parent / "shared" / "definitions" / f"{name}.json"
    if not path.is_file():
        pytest.skip("the real definitions are not beside this checkout")
    return path.read_text(encoding="utf-8")


def plan_real(text: str, folder: Path) -> Plan:
    """The plan of a real definition: every parameter is given, local folders and synthetic tables serve its inputs."""
    (folder / "code").mkdir()
    names = [item["Name"] for item in json.loads(text)["Parameters"]]
    scenario = a_scenario(
        folder,
        parameters={**dict.fromkeys(names, "x"), "EXECUTION_S3_PREFIX": "s3://local-bucket/execution"},
        inputs={"s3://local-bucket/": "local:code", "s3://local/in/": {"source": "synthetic:", "rows": 10}},
    )
    return build_plan(scenario, text, started_at=STARTED)


def test_a_real_compiled_definition_is_planned(tmp_path: Path, repository: Path) -> None:
    found = plan_real(real_definition("cursus_atoz_dummy", repository), tmp_path)
    jobs = {step.name: step.job for step in found.steps if step.job}
    assert found.steps[0].name == "DummyDataLoading-Training"
    assert len(jobs) == len(found.steps) == 9
    assert jobs["XGBoostTraining"].command == ("python3", "xgboost_training.py")
    channels = {item.name: item.uri for item in jobs["XGBoostTraining"].inputs}
    assert channels["train"] == "s3://local-bucket/execution/tabularpreprocessing/training/processed_data/train/"
    assert set(channels) == {"source", "train", "val", "test", "model_artifacts_input"}
    assert jobs["Payload"].inputs[0].uri == jobs["XGBoostTraining"].outputs[0].uri
    assert {item.binding.source for item in found.served} == {"local:code", "synthetic:"}
    assert not [finding for finding in found.findings if finding.id == "default-data"]


def test_a_real_definition_of_steps_that_run_elsewhere_is_planned_as_that(tmp_path: Path, repository: Path) -> None:
    found = plan_real(real_definition("cursus_atoz_full", repository), tmp_path)
    steps = {step.name: step for step in found.steps}
    assert len(steps) == 10
    source = steps["CradleDataLoading-Training"]
    assert (source.job, source.reason) == (None, "the image decides what runs: no ContainerEntrypoint is given")
    assert source.has_fixture
    assert steps["TabularPreprocessing-Training"].job
    registration = steps["Registration-NA"]
    assert (registration.job, registration.has_fixture) == (None, False)
    assert registration.depends_on == ("Package", "Payload")
    assert "CradleDataLoading-Training" not in found.expected_steps
    odd = {(finding.step, finding.message.split("'")[1]) for finding in found.findings if finding.id == "odd-wiring"}
    assert odd == {
        ("TabularPreprocessing-Training", "DATA_SECONDARY"),
        ("TabularPreprocessing-Calibration", "DATA_SECONDARY"),
        ("XGBoostTraining", "model_artifacts_input"),
        ("Payload", "custom_payload_input"),
    }


def test_a_real_definition_without_parameters_says_which_are_missing(repository: Path) -> None:
    with pytest.raises(InvalidPlanError, match=r"set parameters\.EXECUTION_S3_PREFIX"):
        build_plan(a_scenario(), real_definition("cursus_atoz_dummy", repository), started_at=STARTED)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"function": "f.py:handler"}, "a Processing step calls no function; only Lambda and Callback do"),
        ({"trials": 2}, "a Processing step has no trials; only Tuning does"),
    ],
)
def test_a_setting_of_another_type_of_step_is_named(override: dict[str, Any], message: str) -> None:
    (line,) = refusal(PREP, steps={"Prep": override})
    assert message in line


def test_arguments_that_come_to_no_object_are_named() -> None:
    step = {**PREP, "Arguments": {"Std:Join": {"On": "", "Values": ["a"]}}}
    assert any("$.Steps[0].Arguments: an object is expected" in line for line in refusal(step))
