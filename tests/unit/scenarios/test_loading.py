"""One scenario file, or what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from builders import a_scenario
from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.scenarios.loading import load_scenario, read_scenario, shown, with_lines

LEAST = {"scenario_name": "churn", "pipeline_config_path": "definition.json", "expected_steps": ["Train"]}


def written(folder: Path, content: Any, name: str = "churn.yaml") -> Path:
    path = folder / name
    text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, content: Any) -> list[str]:
    """The findings of a broken file, without the folder."""
    scenario, findings = read_scenario(written(folder, content))
    assert scenario is None
    assert all(finding.severity is Severity.ERROR for finding in findings)
    return [finding.line().removeprefix(f"{folder}/") for finding in findings]


def test_the_least_scenario_has_the_plans_defaults(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, LEAST))
    assert (scenario.data_source, scenario.timeout_minutes, scenario.memory_limit_gb) == ("synthetic", 30, 4.0)
    assert (scenario.validation_rules, scenario.tags, scenario.inputs, scenario.retries) == ({}, [], {}, 0)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, LEAST))
    assert scenario.path_of("definition.json") == (tmp_path / "definition.json").resolve()


def test_json_is_a_scenario_too(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps({**LEAST, "description": "\U0001f680 \u00fc"}, indent="\t"), "churn.json")
    assert load_scenario(path).description == "\U0001f680 \u00fc"


def test_a_short_input_is_a_source(tmp_path: Path) -> None:
    content = {**LEAST, "inputs": {"s3://b/a": "local:x", "s3://b/c": {"source": "synthetic:", "rows": 3, "seed": 7}}}
    first, second = load_scenario(written(tmp_path, content)).inputs.values()
    assert (first.source, first.rows) == ("local:x", None)
    assert (second.source, second.rows, second.seed) == ("synthetic:", 3, 7)


def test_environment_variables_are_text(tmp_path: Path) -> None:
    content = {**LEAST, "environment_variables": {"A": True, "B": 3, "C": "x"}, "steps": {"Train": {
        "environment_variables": {"A": False}}}}  # fmt: skip
    scenario = load_scenario(written(tmp_path, content))
    assert scenario.environment_of("Train") == {"A": "false", "B": "3", "C": "x"}
    assert scenario.environment_of("Other") == {"A": "true", "B": "3", "C": "x"}


def test_a_step_says_itself_whether_it_has_a_network_or_has_what_the_scenario_says(tmp_path: Path) -> None:
    content = {**LEAST, "network": False, "steps": {"Open": {"network": True}, "Other": {"retries": 1}}}
    scenario = load_scenario(written(tmp_path, content))
    assert [scenario.has_network(step) for step in ("Open", "Other", "Third")] == [True, False, False]
    assert load_scenario(written(tmp_path, LEAST)).has_network("Third")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("", ["churn.yaml:1: a scenario is a mapping of fields"], id="an empty file"),
        pytest.param("# nothing\n", ["churn.yaml:1: a scenario is a mapping of fields"], id="only a comment"),
        pytest.param("- a\n", ["churn.yaml:1: a scenario is a mapping of fields"], id="a list"),
        pytest.param("just text", ["churn.yaml:1: a scenario is a mapping of fields"], id="text"),
        pytest.param("a: [\n", None, id="half a list"),
        pytest.param(
            "scenario_name: a\nscenario_name: b", ["churn.yaml:2: 'scenario_name' is there twice"], id="twice"
        ),
        pytest.param(
            {key: value for key, value in LEAST.items() if key != "expected_steps"},
            ["churn.yaml:1: expected_steps: this field is required"],
            id="a field is missing",
        ),
        pytest.param(
            {**LEAST, "timeout_minuts": 3},
            ["churn.yaml:5: timeout_minuts: unknown field (did you mean 'timeout_minutes'?)"],
            id="a misspelled field",
        ),
        pytest.param({**LEAST, "zzz": 3}, ["churn.yaml:5: zzz: unknown field"], id="an unknown field"),
        pytest.param(
            {**LEAST, "source_file": "x"}, ["churn.yaml:5: unknown field 'source_file'"], id="what only the loader sets"
        ),
        pytest.param(
            {**LEAST, "steps": {"Train": {"retry": 3}}},
            ["churn.yaml:7: steps.Train.retry: unknown field (did you mean 'retries'?)"],
            id="a misspelled field of a step",
        ),
        pytest.param(
            {**LEAST, "inputs": {"s3://b/a": {"sorce": "local:x"}}},
            [
                "churn.yaml:6: inputs.s3://b/a.source: this field is required",
                "churn.yaml:7: inputs.s3://b/a.sorce: unknown field (did you mean 'source'?)",
            ],
            id="a misspelled field of an input",
        ),
        pytest.param(
            {**LEAST, "inputs": {"/data": "local:x"}},
            ["churn.yaml:5: inputs: '/data' is not an s3:// URI"],
            id="an input that is not on S3",
        ),
        pytest.param(
            {**LEAST, "data_source": "x"},
            ["churn.yaml:5: data_source: unknown data source 'x'; use 'synthetic', 'local' or 's3'"],
            id="an unknown data source",
        ),
        pytest.param(
            {**LEAST, "expected_steps": "Train"},
            ["churn.yaml:3: expected_steps: Input should be a valid list"],
            id="a text for a list",
        ),
    ],
)
def test_a_mistake_is_named_with_file_line_and_field(content: Any, expected: list[str] | None, tmp_path: Path) -> None:
    found = problems(tmp_path, content)
    assert found if expected is None else found == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scenario_name", ""),
        ("scenario_name", "x" * 201),
        ("scenario_name", 3),
        ("pipeline_config_path", ""),
        ("timeout_minutes", 0),
        ("timeout_minutes", 0.5),
        ("memory_limit_gb", 0),
        ("memory_limit_gb", float("nan")),
        ("memory_limit_gb", float("inf")),
        ("retries", -1),
        ("retries", 11),
        ("steps", {"Train": {"memory_limit_gb": 0}}),
        ("steps", {"Train": {"timeout_minutes": 0}}),
        ("steps", {"Train": {"memory_limit_gb": float("inf")}}),
        ("inputs", {"s3://b/a": {"source": "synthetic:", "rows": 0}}),
        ("inputs", {"s3://b/a": {"source": "synthetic:", "seed": -1}}),
        ("environment_variables", ["A=1"]),
        ("environment_variables", {"A": None}),
    ],
)
def test_a_value_out_of_its_range_is_refused(field: str, value: Any, tmp_path: Path) -> None:
    assert problems(tmp_path, {**LEAST, field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scenario_name", "x" * 200),
        ("timeout_minutes", 1),
        ("memory_limit_gb", 0.001),
        ("retries", 0),
        ("retries", 10),
        ("steps", {"Train": {"timeout_minutes": 0.1}}),
        ("inputs", {"s3://b/a": {"source": "synthetic:", "rows": 1, "seed": 0}}),
    ],
)
def test_a_value_at_the_edge_of_its_range_is_taken(field: str, value: Any, tmp_path: Path) -> None:
    assert load_scenario(written(tmp_path, {**LEAST, field: value}))


def test_one_wrong_parameter_is_one_mistake(tmp_path: Path) -> None:
    assert len(problems(tmp_path, {**LEAST, "parameters": {"A": [1]}})) == 1


def test_every_mistake_is_told(tmp_path: Path) -> None:
    assert len(problems(tmp_path, {"scenario_name": 3, "retries": -1, "zzz": 1})) == 5


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"scenario_name: caf\xe9")
    scenario, (finding,) = read_scenario(path)
    assert scenario is None
    assert finding.line().endswith("a.yaml:1: not UTF-8 text")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_scenario(tmp_path / "missing.yaml")
    assert "No such file" in caught.value.problems[0]


def test_loading_a_broken_file_gives_every_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_scenario(written(tmp_path, {}))
    assert len(caught.value.problems) == 3
    assert caught.value.fix


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("inputs.s3://b/a.b/c", 6),
        ("expected_steps.1", 10),
        ("steps.Train", 12),
        ("validation_rules.Train", 14),
        ("inputs", 5),
        ("nowhere", 1),
    ],
)
def test_a_finding_of_the_plan_gets_its_line(place: str, line: int, tmp_path: Path) -> None:
    content = {
        "scenario_name": "a",
        "pipeline_config_path": "d.json",
        "description": "x",
        "tags": [],
        "inputs": {"s3://b/a.b/c": {"source": "local:x"}},
        "expected_steps": ["A", "B"],
        "steps": {"Train": {}},
        "validation_rules": {"Train": {}},
    }
    scenario = load_scenario(written(tmp_path, content))
    finding = Finding(id="x", severity=Severity.NOTE, message="m", place=place)
    (placed,) = with_lines([finding], scenario)
    assert placed.place.endswith(f"churn.yaml:{line}: {place}")


def test_a_scenario_without_a_file_has_no_lines() -> None:
    finding = Finding(id="x", severity=Severity.NOTE, message="m", place="inputs")
    assert with_lines([finding], a_scenario()) == [finding]


def test_paths_are_shown_as_people_know_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "a" / "b.yaml") == "a/b.yaml"
    assert shown(tmp_path.parent / "b.yaml") == str(tmp_path.parent / "b.yaml")
