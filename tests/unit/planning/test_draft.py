"""A scenario drafted for a pipeline."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from builders import a_definition
from cursus_readiness.definitions.model import InvalidDefinitionError
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.planning.draft import Pipeline, _text, draft_scenario, draft_uncompiled
from cursus_readiness.planning.plan import InvalidPlanError, build_plan
from pipelines import output_of, processing, training

PREP = processing("Prep", "prep.py", inputs={"raw": "s3://bucket/raw"}, outputs={"data": "s3://bucket/prep"})
TRAIN = training("Train", "train.py", {"train": output_of("Prep", "data")})
FILES = ["../code/prep.py", "src/train.py"]


def drafted(*steps: dict[str, Any], files: list[str] | None = None, **parameters: Any) -> tuple[str, dict[str, Any]]:
    text = draft_scenario(
        Pipeline("churn", "pipeline.json", FILES if files is None else files), a_definition(*steps, **parameters)
    )
    return text, yaml.safe_load(text)


def test_a_draft_is_a_scenario_that_plans_its_pipeline() -> None:
    text, fields = drafted(PREP, TRAIN)
    plan = build_plan(E2ETestScenario.model_validate(fields), a_definition(PREP, TRAIN), started_at="")
    assert [step.name for step in plan.steps if step.job] == fields["expected_steps"] == ["Prep", "Train"]
    assert not plan.findings
    assert '#   Train:\n#     "model/model.tar.gz": exists\n' in text


def test_code_near_the_pipeline_is_found_and_the_rest_is_marked() -> None:
    text, fields = drafted(PREP, TRAIN)
    assert fields["inputs"] == {
        "s3://bucket/raw": "synthetic:",
        "s3://bucket/code/prep.py": "local:../code/prep.py",
        "s3://bucket/code/sourcedir.tar.gz": "local:src/",
    }
    assert [line for line in text.splitlines() if line.endswith("# <- set this")] == [
        "  's3://bucket/raw': 'synthetic:'  # <- set this"
    ]
    assert drafted(PREP, files=[])[1]["inputs"]["s3://bucket/code/prep.py"] == "local:code/prep.py"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ({"Name": "InputDataUri"}, "s3://local-bucket/InputDataUri"),
        ({"Name": "EXECUTION_S3_PREFIX"}, "s3://local-bucket/EXECUTION_S3_PREFIX"),
        ({"Name": "SECURITY_GROUP_ID"}, "value"),
        ({"Name": "BucketPath"}, "local-bucket"),
        ({"Name": "Rounds", "Type": "Integer"}, 1),
        ({"Name": "Rate", "Type": "Float"}, 1.0),
        ({"Name": "Debug", "Type": "Boolean"}, True),
        ({"Name": "Size", "EnumValues": ["small", "large"]}, "small"),
    ],
)
def test_a_parameter_without_a_default_gets_a_value_that_can_be_planned(parameter: dict[str, Any], value: Any) -> None:
    text, fields = drafted(PREP, parameters=[parameter, {"Name": "Other", "DefaultValue": "x"}])
    assert fields["parameters"] == {parameter["Name"]: value}
    assert '  # Other: "x"' in text


def test_what_cannot_run_here_is_listed_with_its_reason_and_a_fixture_to_fill_in() -> None:
    call = {"Name": "Call", "Type": "Lambda", "Arguments": {}}
    cluster = {"Name": "Cluster", "Type": "EMR", "Arguments": {}}
    inner = {**PREP, "Name": "Inner"}
    condition = {
        "Name": "Check",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}],
            "IfSteps": [inner],
            "ElseSteps": [],
        },
    }
    text, fields = drafted(call, cluster, condition)
    assert fields["expected_steps"] == ["Check"]
    assert "  # - Cluster  # step type EMR cannot be executed here\n" in text
    assert "  # - Inner  # only when Check is true\n" in text
    assert "  # Call:\n  #   function: functions.py:handler" in text
    assert "  # Cluster:\n  #   fixture: {outputs: {}, properties: {}}\n" in text


def test_code_is_found_by_the_longest_ending_of_its_key() -> None:
    files = ["runproc.sh", "s3/bucket/one/runproc.sh", "s3/bucket/two/runproc.sh", "other.sh"]
    steps = [
        processing(name, "unused", entrypoint=["/bin/bash", f"/opt/ml/processing/input/{name}/runproc.sh"])
        for name in ("one", "two", "three")
    ]
    for step in steps:
        step["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3Uri"] = f"s3://bucket/{step['Name']}/runproc.sh"
    assert drafted(*steps, files=files)[1]["inputs"] == {
        "s3://bucket/one/runproc.sh": "local:s3/bucket/one/runproc.sh",
        "s3://bucket/two/runproc.sh": "local:s3/bucket/two/runproc.sh",
        "s3://bucket/three/runproc.sh": "local:runproc.sh",
    }


def test_a_parameter_with_an_empty_default_is_to_be_set() -> None:
    step = processing("A", "a.py", inputs={"raw": {"Get": "Parameters.DataUri"}})
    fields = drafted(step, parameters=[{"Name": "DataUri", "DefaultValue": ""}])[1]
    assert fields["parameters"] == {"DataUri": "s3://local-bucket/DataUri"}


def test_a_pipeline_of_which_nothing_can_run_is_drafted_all_the_same() -> None:
    text, fields = drafted({"Name": "Cluster", "Type": "EMR", "Arguments": {}})
    assert fields["expected_steps"] == []
    E2ETestScenario.model_validate(fields)
    assert "Cluster" in text


def test_what_came_with_a_compiled_pipeline_need_not_be_said() -> None:
    uploads = {"s3://bucket/code/prep.py": InputBinding(source="local:/cache/prep.py")}
    pipeline = Pipeline("x", "config.json", [], {"dag_path": "dag.json"}, uploads, {"Prefix": "s3://b/x"})
    parameters = [{"Name": "Prefix"}, {"Name": "Rate", "Type": "Float"}]
    text = draft_scenario(pipeline, a_definition(PREP, parameters=parameters))
    fields = yaml.safe_load(text)
    assert (fields["dag_path"], fields["parameters"]) == ("dag.json", {"Rate": 1.0})
    assert fields["inputs"] == {"s3://bucket/raw": "synthetic:"}


def test_a_graph_that_is_not_compiled_is_drafted_with_its_nodes() -> None:
    text = draft_uncompiled(Pipeline("x", "config.json", [], {"dag_path": "catalog:a/b"}), ["Load", "Train"])
    fields = yaml.safe_load(text)
    assert (fields["dag_path"], fields["expected_steps"]) == ("catalog:a/b", [])
    assert "#   Load\n#   Train\n" in text
    assert "# cursus: {python: .venv-cursus/bin/python}  # <- set this" in text


@pytest.mark.parametrize("text", ["{", '{"Steps": []}', '{"Steps": [{"Name": "A", "Type": "Processing"}]}'])
def test_a_definition_with_mistakes_is_refused(text: str) -> None:
    with pytest.raises((InvalidDefinitionError, InvalidPlanError)):
        draft_scenario(Pipeline("x", "x.json", []), text)


@given(
    st.text(min_size=1) | st.sampled_from(["true", "No", "null", "1", "1e3", "a: b", "- a", "0x1", "a/b-c_d.e", "y"])
)
def test_any_name_is_read_back_as_it_was(name: str) -> None:
    assert yaml.safe_load(f"x: {_text(name)}".encode()) == {"x": name}
