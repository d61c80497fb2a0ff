"""What a Cursus configuration says of its data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from builders import a_served
from cursus_projects import a_config, a_project
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.sources.generation.clues import clues_of
from cursus_readiness.sources.generation.loading import declared
from cursus_readiness.sources.synthetic import SyntheticSource

NAMES = ["a.b.total", "a.b.count", "status", "order_id", "is_bad", "eventDate", "marketplace_id", "objectId"]
LOADING = {
    "output_spec": {
        "__model_type__": "OutputSpecificationConfig",
        "output_schema": NAMES,
        "output_format": "UNESCAPED_TSV",
        "include_header_in_s3_output": True,
        "keep_dot_in_output_schema": False,
    }
}
HYPERPARAMETERS = {
    "tab_field_list": NAMES[:2],
    "cat_field_list": ["status"],
    "label_name": "is_bad",
    "id_name": "order_id",
}


def project(folder: Path, hyperparameters: dict[str, Any] | None = None, **entries: Any) -> E2ETestScenario:
    """A project whose loading steps name their fields; the rest is in its hyperparameters."""
    scenario = a_project(folder, a_config(**{"CradleDataLoading_training": LOADING, **entries}))
    file = folder / "project" / "dockers" / "hyperparams" / "hyperparameters_EU.json"
    file.parent.mkdir()
    file.write_text(json.dumps(HYPERPARAMETERS if hyperparameters is None else hyperparameters), encoding="utf-8")
    return scenario


def uri(step: str = "CradleDataLoading-Training", output: str = "DATA") -> str:
    return f"s3://team/pipeline/execution/{step}/output/{output}"


def test_fields_have_the_types_that_the_configuration_says(tmp_path: Path) -> None:
    schema = declared(a_served(uri(), "synthetic:"), project(tmp_path)).schema
    assert {name: column.type for name, column in schema.columns.items()} == {
        "a__DOT__b__DOT__total": "number", "a__DOT__b__DOT__count": "number", "status": "category", "order_id": "id",
        "eventDate": "date", "marketplace_id": "category", "objectId": "id",
    }  # fmt: skip
    assert schema.label is not None
    assert (schema.label.name, schema.label.task) == ("is_bad", "binary")
    assert set(schema.label.weights) == {"a__DOT__b__DOT__total", "a__DOT__b__DOT__count", "status"}
    assert schema.format == "tsv"


def test_it_is_told_where_the_fields_come_from(tmp_path: Path) -> None:
    assert "config.json names" in declared(a_served(uri(), "synthetic:"), project(tmp_path)).origin


def test_data_metadata_and_signature_fit_together(tmp_path: Path) -> None:
    scenario = project(tmp_path)
    for output in ("DATA", "METADATA", "SIGNATURE"):
        served = a_served(uri(output=output), "synthetic:", rows=7)
        SyntheticSource().materialise(served, scenario, tmp_path / "store" / output)
    data = pa.csv.read_csv(
        tmp_path / "store" / "DATA" / "part-00000.csv", parse_options=pa.csv.ParseOptions(delimiter="\t")
    )
    signature = (tmp_path / "store" / "SIGNATURE" / "signature").read_text(encoding="utf-8")
    assert signature.split(",") == data.column_names
    metadata = pa.csv.read_csv(tmp_path / "store" / "METADATA" / "metadata").to_pylist()
    assert [row["varname"] for row in metadata] == data.column_names
    assert data.num_rows == 7


def test_training_and_calibration_are_different_rows_of_the_same_kind(tmp_path: Path) -> None:
    scenario = project(tmp_path, CradleDataLoading_calibration={**LOADING, "job_type": "calibration"})
    for step in ("CradleDataLoading-Training", "CradleDataLoading-Calibration"):
        SyntheticSource().materialise(a_served(uri(step), "synthetic:"), scenario, tmp_path / step)
    training, calibration = (path.read_text(encoding="utf-8") for path in sorted(tmp_path.glob("Cradle*/*.csv")))
    assert training.splitlines()[0] == calibration.splitlines()[0]
    assert training != calibration


@pytest.mark.parametrize("place", ["s3://data/in/Calibration/", "s3://data/calibration"])
def test_a_job_type_in_the_uri_tells_the_entry_as_well(place: str, tmp_path: Path) -> None:
    other = {"output_spec": {"output_schema": ["only_here"], "output_format": "PARQUET"}, "job_type": "calibration"}
    scenario = project(tmp_path, {}, CradleDataLoading_calibration=other)
    clues = clues_of(place, scenario)
    assert clues is not None
    assert list(clues.fields["columns"]) == ["only_here"]
    assert clues.fields["format"] == "parquet"


def test_without_a_loading_step_the_hyperparameters_name_the_fields(tmp_path: Path) -> None:
    scenario = project(tmp_path, {**HYPERPARAMETERS, "full_field_list": NAMES}, CradleDataLoading_training={})
    clues = clues_of("s3://anywhere/else", scenario)
    assert clues is not None
    assert list(clues.fields["columns"]) == [name for name in NAMES if name != "is_bad"]


def test_more_than_two_classes_make_a_multiclass_label(tmp_path: Path) -> None:
    scenario = project(tmp_path, {**HYPERPARAMETERS, "multiclass_categories": [0, 1, 2]})
    label = declared(a_served(uri(), "synthetic:"), scenario).schema.label
    assert label is not None
    assert list(label.classes or ()) == ["0", "1", "2"]


def test_json_lines_have_the_suffix_that_cursus_looks_for(tmp_path: Path) -> None:
    spec = {"output_spec": {**LOADING["output_spec"], "output_format": "JSON"}}
    scenario = project(tmp_path, CradleDataLoading_training=spec)
    SyntheticSource().materialise(a_served(uri(), "synthetic:"), scenario, tmp_path / "store")
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["part-00000.json"]


def test_the_scenario_has_the_last_word(tmp_path: Path) -> None:
    table = {"format": "csv", "columns": {"status": {"type": "constant", "value": "open"}}}
    schema = declared(a_served(uri(), "synthetic:", table=table), project(tmp_path)).schema
    assert schema.format == "csv"


@pytest.mark.parametrize("hyperparameters", [{}, {"tab_field_list": "a,b"}, {"label_name": 3}])
def test_a_configuration_that_names_no_fields_leaves_the_built_in_table(
    hyperparameters: dict[str, Any], tmp_path: Path
) -> None:
    scenario = project(tmp_path, hyperparameters, CradleDataLoading_training={})
    assert clues_of(uri(), scenario) is None
    assert declared(a_served(uri(), "synthetic:"), scenario).origin == "the built-in table"


def test_hyperparameters_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    scenario = project(tmp_path)
    broken = tmp_path / "project" / "dockers" / "hyperparams" / "hyperparameters_AA.json"
    broken.write_text("{", encoding="utf-8")
    assert clues_of(uri(), scenario) is not None


def test_a_plain_definition_gives_no_clues(tmp_path: Path) -> None:
    (tmp_path / "definition.json").write_text('{"Version": "2020-12-01"}', encoding="utf-8")
    scenario = E2ETestScenario(scenario_name="x", pipeline_config_path="definition.json", expected_steps=[])
    assert clues_of(uri(), scenario.model_copy(update={"source_file": tmp_path / "s.yaml"})) is None
