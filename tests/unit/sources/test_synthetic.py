"""Synthetic tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_scenario, a_served
from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.generation.schema import DEFAULT, TableSchema
from cursus_readiness.sources.generation.writing import write_table
from cursus_readiness.sources.synthetic import SyntheticSource
from synthetic_tables import NUMBER, a_schema, auc, column, draw_table

DEFAULT_SCHEMA = TableSchema.model_validate(DEFAULT)


def written(folder: Path, schema: Any) -> str:
    (folder / "schema.yaml").write_text(
        schema if isinstance(schema, str) else yaml.safe_dump(schema, sort_keys=False), encoding="utf-8"
    )
    return "synthetic:schema.yaml"


def refusal(folder: Path, schema: Any, **binding: Any) -> str:
    with pytest.raises(SourceError) as caught:
        SyntheticSource().check(a_served("s3://b/in", written(folder, schema), **binding), a_scenario(folder))
    return str(caught.value)


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_the_same_seed_gives_the_same_bytes(kind: str, tmp_path: Path) -> None:
    schema = DEFAULT_SCHEMA.model_copy(update={"format": kind, "rows": 200})
    first, second = (write_table(schema, tmp_path / name)[0].read_bytes() for name in ("1", "2"))
    assert first == second


def test_another_seed_gives_another_table() -> None:
    assert draw_table(a_schema(seed=1)) != draw_table(a_schema(seed=2))


def test_numbers_have_their_mean_and_spread() -> None:
    values = column(type="number", mean=50, std=4).to_numpy()
    assert values.mean() == pytest.approx(50, abs=0.5)
    assert values.std() == pytest.approx(4, abs=0.4)


def test_normal_numbers_are_clipped_to_their_range() -> None:
    values = column(type="number", mean=0, std=10, low=-5, high=5).to_numpy()
    assert (values.min(), values.max()) == (-5, 5)


@pytest.mark.parametrize("limits", [{"low": 0}, {"high": 0}], ids=["below", "above"])
def test_a_range_may_be_open(limits: dict[str, float]) -> None:
    schema: dict[str, Any] = {"type": "number", "mean": 0, "std": 1, **limits}
    values = column(**schema).to_numpy()
    assert values.min() >= 0 if "low" in limits else values.max() <= 0


def test_uniform_numbers_fill_their_range() -> None:
    values = column(type="number", low=2, high=3).to_numpy()
    assert 2 <= values.min() < 2.05
    assert 2.95 < values.max() <= 3


def test_integers_are_whole_and_within_their_range() -> None:
    values = column(type="integer", low=1, high=6)
    assert values.type == pa.int64()
    assert set(values.to_pylist()) == {1, 2, 3, 4, 5, 6}


def test_a_range_of_one_value_is_that_value() -> None:
    assert set(column(type="number", low=3, high=3).to_pylist()) == {3.0}


def test_categories_have_their_frequencies() -> None:
    values = column(type="category", values={"x": 3, "y": 1}).to_pylist()
    assert values.count("x") / len(values) == pytest.approx(0.75, abs=0.05)
    assert set(values) == {"x", "y"}


def test_ids_are_distinct() -> None:
    values = column(type="id", prefix="c-").to_pylist()
    assert len(set(values)) == len(values)
    assert values[7] == "c-0007"


@pytest.mark.parametrize(
    "kind", [NUMBER, {"type": "integer", "low": 0, "high": 9}, {"type": "category", "values": {"x": 1}}], ids=str
)
def test_values_go_missing_at_their_ratio(kind: dict[str, Any]) -> None:
    values = column(**kind, missing_ratio=0.2)
    assert values.null_count / len(values) == pytest.approx(0.2, abs=0.04)


def test_nothing_goes_missing_by_default() -> None:
    assert all(item.null_count == 0 for item in draw_table(DEFAULT_SCHEMA).columns)


def test_the_label_has_its_share_of_positives() -> None:
    label = {"name": "y", "positive_ratio": 0.1, "weights": {"a": 1}}
    assert np.mean(draw_table(a_schema(rows=5000, label=label)).column("y")) == pytest.approx(0.1, abs=0.02)


def test_the_default_label_can_be_learned() -> None:
    table = draw_table(DEFAULT_SCHEMA.model_copy(update={"rows": 3000}))
    score = table.column("feature_1").to_numpy() + np.array([v == "a" for v in table.column("category_1").to_pylist()])
    assert auc(score, table.column("label").to_numpy()) > 0.8
    assert auc(table.column("feature_6").to_numpy(), table.column("label").to_numpy()) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("strength", "low", "high"), [(0, 0.45, 0.55), (1, 0.6, 0.85), (5, 0.9, 1)])
def test_strength_says_how_well_the_label_can_be_learned(strength: float, low: float, high: float) -> None:
    label = {"name": "y", "strength": strength, "weights": {"a": -2}}
    table = draw_table(a_schema(rows=3000, label=label))
    assert low <= auc(-table.column("a").to_numpy(), table.column("y").to_numpy()) <= high


def test_a_label_can_be_learned_although_values_are_missing() -> None:
    table = draw_table(
        a_schema(rows=3000, columns={"a": {**NUMBER, "missing_ratio": 0.3}}, label={"name": "y", "weights": {"a": 1}})
    )
    present = [row for row in table.to_pylist() if row["a"] is not None]
    assert auc([row["a"] for row in present], [row["y"] for row in present]) > 0.8


def test_a_label_without_anything_to_learn_is_drawn_all_the_same() -> None:
    table = draw_table(
        a_schema(columns={"a": {"type": "number", "low": 1, "high": 1}}, label={"name": "y", "weights": {"a": 1}})
    )
    assert set(table.column("y").to_pylist()) == {0, 1}


def test_rows_are_spread_over_the_files(tmp_path: Path) -> None:
    paths = write_table(a_schema(rows=10, files=3), tmp_path)
    assert [path.name for path in paths] == ["part-00000.csv", "part-00001.csv", "part-00002.csv"]
    counts = [pa.csv.read_csv(path).num_rows for path in paths]
    assert sum(counts) == 10
    assert max(counts) - min(counts) <= 1


def test_shards_together_are_the_table(tmp_path: Path) -> None:
    schema = a_schema(rows=50, files=4, format="parquet")
    tables = [pa.parquet.read_table(path) for path in write_table(schema, tmp_path)]
    assert pa.concat_tables(tables) == draw_table(schema)


def test_more_files_than_rows_leave_some_without_rows(tmp_path: Path) -> None:
    assert len(write_table(a_schema(rows=2, files=5), tmp_path)) == 5


def test_json_lines_are_one_object_a_row(tmp_path: Path) -> None:
    schema = a_schema(rows=3, format="jsonl", columns={"a": {**NUMBER, "missing_ratio": 0.5}, "b": {"type": "id"}})
    lines = write_table(schema, tmp_path)[0].read_text(encoding="utf-8").splitlines()
    assert [set(json.loads(line)) for line in lines] == [{"a", "b"}] * 3


def test_a_binding_overrides_rows_and_seed(tmp_path: Path) -> None:
    source = written(tmp_path, {"rows": 5, "seed": 1, "columns": {"a": NUMBER}})
    plain, more = a_served("s3://b/in", source), a_served("s3://b/in", source, rows=7, seed=2)
    datasets = [
        SyntheticSource().materialise(served, a_scenario(tmp_path), tmp_path / name)
        for name, served in (("plain", plain), ("more", more))
    ]
    assert [(item.row_count, item.seed) for item in datasets] == [(5, 1), (7, 2)]
    assert datasets[1].size_bytes == (tmp_path / "more" / "part-00000.csv").stat().st_size


def test_no_schema_means_the_built_in_table(tmp_path: Path) -> None:
    dataset = SyntheticSource().materialise(a_served("s3://b/in", "synthetic:"), a_scenario(tmp_path), tmp_path / "x")
    assert (dataset.row_count, dataset.file_count) == (1000, 1)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        pytest.param("a: [", "schema.yaml:1: did not find", id="broken YAML"),
        pytest.param("rows: 2024-13-45", "schema.yaml", id="a date that is none"),
        pytest.param("[" * 5000, "schema.yaml", id="nested too deeply"),
        pytest.param("", "a schema is a mapping of fields", id="nothing"),
        pytest.param({"rows": 3}, "columns: this field is required", id="no columns"),
        pytest.param({"columns": {}}, "columns: Dictionary should have at least 1 item", id="an empty table"),
        pytest.param({"columns": {"a": NUMBER}, "rows": 0}, "rows: ", id="no rows"),
        pytest.param({"columns": {"a": NUMBER}, "files": 0}, "files: ", id="no files"),
        pytest.param({"columns": {"a": NUMBER}, "format": "xlsx"}, "format: ", id="an unknown format"),
        pytest.param(
            {"columns": {"a": NUMBER}, "colums": {}},
            "colums: unknown field (did you mean 'columns'?)",
            id="an unknown field",
        ),
        pytest.param({"columns": {"a": NUMBER}, "seed": -1}, "seed: ", id="a negative seed"),
        pytest.param(
            {"columns": {"a": {"type": "int"}}},
            "columns.a: unknown column type 'int' (did you mean 'integer'?)",
            id="an unknown type",
        ),
        pytest.param({"columns": {"a": {"type": "number"}}}, "give mean and std", id="no distribution"),
        pytest.param({"columns": {"a": {"type": "number", "mean": 3}}}, "give mean and std", id="half a distribution"),
        pytest.param(
            {"columns": {"a": {"type": "number", "low": 3, "high": 2}}}, "low is above high", id="an empty range"
        ),
        pytest.param({"columns": {"a": {**NUMBER, "std": 0}}}, "std: ", id="no spread"),
        pytest.param({"columns": {"a": {**NUMBER, "missing_ratio": 1}}}, "missing_ratio: ", id="all missing"),
        pytest.param({"columns": {"a": {"type": "category", "values": {}}}}, "values: ", id="no categories"),
        pytest.param({"columns": {"a": {"type": "category", "values": {"x": 0}}}}, "values.x: ", id="no frequency"),
        pytest.param(
            {"columns": {"a": {"type": "number", "low": float("-inf"), "high": float("inf")}}},
            "columns.a",
            id="an endless range",
        ),
        pytest.param({"columns": {"a": {**NUMBER, "mean": float("nan")}}}, "columns.a", id="a mean that is no number"),
        pytest.param(
            {"columns": {"a": {"type": "category", "values": {"x": float("inf")}}}}, "columns.a", id="endless frequency"
        ),
        pytest.param(
            {"columns": {"a": {"type": "integer", "low": 0, "high": 1e30}}}, "columns.a", id="integers beyond 64 bits"
        ),
        pytest.param(
            {"columns": {"a": NUMBER}, "label": {"name": "y", "weights": {"b": 1}}},
            "names the column 'b', which is not declared",
            id="a weight for nothing",
        ),
        pytest.param(
            {"columns": {"a": {"type": "category", "values": {"x": 1}}}, "label": {"name": "y", "weights": {"a": 1}}},
            "'a'",
            id="one weight for a category",
        ),
        pytest.param(
            {"columns": {"a": {"type": "id"}}, "label": {"name": "y", "weights": {"a": 1}}},
            "'a'",
            id="a weight for ids",
        ),
        pytest.param(
            {"columns": {"a": NUMBER}, "label": {"name": "y", "weights": {"a": {"x": 1}}}},
            "'a'",
            id="weights by category for a number",
        ),
        pytest.param(
            {"columns": {"a": NUMBER}, "label": {"name": "a", "weights": {"a": 1}}}, "'a'", id="a label over a column"
        ),
        pytest.param(
            {"columns": {"a": NUMBER}, "label": {"name": "y", "positive_ratio": 1, "weights": {"a": 1}}},
            "label.positive_ratio: ",
            id="only positives",
        ),
    ],
)
def test_a_broken_schema_is_refused_before_anything_runs(schema: Any, message: str, tmp_path: Path) -> None:
    assert message in refusal(tmp_path, schema)


def test_a_schema_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nope\.yaml: No such file"):
        SyntheticSource().check(a_served("s3://b/in", "synthetic:nope.yaml"), a_scenario(tmp_path))


def test_a_schema_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "schema.yaml").write_bytes(b"rows: \xe9")
    with pytest.raises(SourceError, match=r"schema\.yaml:1: not UTF-8 text"):
        SyntheticSource().check(a_served("s3://b/in", "synthetic:schema.yaml"), a_scenario(tmp_path))


LIMITS = st.floats(-1e6, 1e6, allow_nan=False)
COLUMNS = st.one_of(
    st.fixed_dictionaries({"type": st.just("id"), "prefix": st.text("ab-", max_size=3)}),
    st.builds(
        lambda kind, low, high, missing: {
            "type": kind, "low": min(low, high), "high": max(low, high), "missing_ratio": missing
        },
        st.sampled_from(["number", "integer"]), LIMITS, LIMITS, st.floats(0, 0.9),
    ),
    st.builds(
        lambda kind, mean, std: {"type": kind, "mean": mean, "std": std},
        st.sampled_from(["number", "integer"]), LIMITS, st.floats(0.001, 1e3),
    ),
    st.builds(
        lambda values: {"type": "category", "values": values},
        st.dictionaries(st.text("xyz", min_size=1), st.floats(0.01, 100), min_size=1, max_size=4),
    ),
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text("abc", min_size=1), COLUMNS, min_size=1, max_size=4), st.integers(1, 50), st.integers(0))
def test_every_valid_schema_can_be_drawn(columns: dict[str, Any], rows: int, seed: int) -> None:
    table = draw_table(TableSchema.model_validate({"columns": columns, "rows": rows, "seed": seed}))
    assert (table.num_rows, table.column_names) == (rows, list(columns))
    for name, declared in columns.items():
        known = [value for value in table.column(name).to_pylist() if value is not None]
        if "low" in declared and declared["type"] == "number":
            assert all(declared["low"] - 1e-6 <= value <= declared["high"] + 1e-6 for value in known)
