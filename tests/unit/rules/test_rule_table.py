"""The profile of tabular files."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from cursus_readiness.rules import reading
from cursus_readiness.rules.base import UnreadableDataError
from cursus_readiness.rules.table import TableProfile, profile_table

ROWS = {"id": ["a", "b", "c"], "age": [1, None, 3], "rate": [0.5, 1.5, -2.0], "ok": [True, False, None]}


def put(folder: Path, name: str, content: str | bytes | dict[str, Any]) -> Path:
    """A file: text, bytes, or columns in the format of the suffix."""
    path = folder / name
    if isinstance(content, dict):
        frame = pa.table(content)
        if path.suffix == ".parquet":
            pa.parquet.write_table(frame, path)
        elif path.suffix in (".jsonl", ".json", ".ndjson"):
            path.write_text("".join(json.dumps(row) + "\n" for row in frame.to_pylist()), encoding="utf-8")
        else:
            options = pa.csv.WriteOptions(delimiter="\t" if path.suffix == ".tsv" else ",")
            pa.csv.write_csv(frame, path, options)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def profile(folder: Path, *contents: Any, suffix: str = ".parquet") -> TableProfile:
    return profile_table(tuple(put(folder, f"part-{index}{suffix}", item) for index, item in enumerate(contents)))


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json", ".CSV"])
def test_every_format_gives_the_same_profile(suffix: str, tmp_path: Path) -> None:
    found = profile(tmp_path, ROWS, suffix=suffix)
    assert found.row_count == 3
    assert [column.kind for column in found.columns.values()] == ["string", "integer", "number", "boolean"]
    assert [column.null_count for column in found.columns.values()] == [0, 1, 0, 1]
    assert (found.columns["age"].low, found.columns["age"].high) == (1, 3)
    assert (found.columns["rate"].low, found.columns["rate"].high) == (-2.0, 1.5)
    assert found.columns["id"].low is None
    assert found.problems == []


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_files_are_profiled_as_one_table(suffix: str, tmp_path: Path) -> None:
    found = profile(tmp_path, {"a": [1, 2]}, {"a": [9, -3]}, suffix=suffix)
    assert (found.row_count, found.columns["a"].low, found.columns["a"].high) == (4, -3, 9)


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        pytest.param([1], [0.5], "number", id="integers and numbers are numbers"),
        pytest.param([0.5], [1], "number", id="in either order"),
        pytest.param([1], ["x"], "mixed", id="numbers and texts are mixed"),
        pytest.param(pa.nulls(1), [1], "integer", id="nothing takes the kind of what comes"),
        pytest.param([1], pa.nulls(1), "integer", id="nothing changes no kind"),
        pytest.param([1], [2], "integer", id="the same kind stays"),
    ],
)
def test_kinds_of_several_files_are_brought_together(first: Any, second: Any, kind: str, tmp_path: Path) -> None:
    assert profile(tmp_path, {"a": first}, {"a": second}).columns["a"].kind == kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pa.array([1], pa.uint8()), "integer"),
        (pa.array([1.0], pa.float32()), "number"),
        (pa.array([Decimal("1.5")]), "number"),
        (pa.array([date(2026, 1, 1)]), "timestamp"),
        (pa.array([datetime(2026, 1, 1)]), "timestamp"),  # noqa: DTZ001 - tables have such values
        (pa.array(["a"], pa.large_string()), "string"),
        (pa.array(["a"]).dictionary_encode(), "string"),
        (pa.nulls(2), "null"),
        (pa.array([[1]]), "list<element: int64>"),
        (pa.array([b"x"]), "binary"),
    ],
    ids=str,
)
def test_arrow_types_have_a_plain_name(values: Any, kind: str, tmp_path: Path) -> None:
    assert profile(tmp_path, {"a": values}).columns["a"].kind == kind


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.float16()], ids=str)
def test_nan_counts_as_missing(kind: Any, tmp_path: Path) -> None:
    values = pa.array([1.0, float("nan"), None, 3.0], pa.float64()).cast(kind)
    column = profile(tmp_path, {"a": values}).columns["a"]
    assert (column.null_count, column.low, column.high) == (2, 1.0, 3.0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["before", "after"])
def test_a_file_of_nan_alone_does_not_hide_the_range_of_others(order: tuple[int, int], tmp_path: Path) -> None:
    contents = [{"a": [float("nan")]}, {"a": [1.0, 2.0]}]
    column = profile(tmp_path, *(contents[index] for index in order)).columns["a"]
    assert (column.null_count, column.low, column.high) == (1, 1.0, 2.0)


def test_a_decimal_column_has_a_range(tmp_path: Path) -> None:
    column = profile(tmp_path, {"a": [Decimal("0.5"), Decimal("2.5")]}).columns["a"]
    assert (column.low, column.high) == (0.5, 2.5)


@pytest.mark.parametrize(("suffix", "content"), [(".csv", "a,b\n"), (".parquet", {"a": pa.nulls(0), "b": pa.nulls(0)})])
def test_a_table_without_rows_still_has_columns(suffix: str, content: Any, tmp_path: Path) -> None:
    found = profile(tmp_path, content, suffix=suffix)
    assert (found.row_count, list(found.columns)) == (0, ["a", "b"])


def test_a_line_break_inside_quotes_is_no_row(tmp_path: Path) -> None:
    assert profile(tmp_path, 'a,b\n"x\ny",1\n', suffix=".csv").row_count == 1


def test_empty_text_in_csv_is_missing(tmp_path: Path) -> None:
    assert profile(tmp_path, 'a,b\nx,1\n"",2\n', suffix=".csv").columns["a"].null_count == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("a.csv", "", "a.csv is not readable", id="an empty CSV file"),
        pytest.param("a.csv", "a,b\n1\n", "a.csv is not readable", id="a short row"),
        pytest.param("a.csv", b"\xff,b\n1,2\n", "a.csv is not readable", id="a header that is not UTF-8"),
        pytest.param("a.csv", "a,a\n1,2\n", "columns of equal names", id="a column twice"),
        pytest.param("a.parquet", "no parquet", "a.parquet is not readable", id="text as Parquet"),
        pytest.param("a.parquet", "", "a.parquet is not readable", id="an empty Parquet file"),
        pytest.param("a.jsonl", '{"a": 1}\n{"a"', "a.jsonl is not readable", id="half a JSON line"),
        pytest.param("a.json", "[1, 2]", "a.json is not readable", id="a JSON list"),
        pytest.param("a.jsonl", "", "a.jsonl is not readable", id="an empty JSON-lines file"),
        pytest.param("a.txt", "a,b\n", "CSV, TSV, Parquet or JSON lines", id="another suffix"),
        pytest.param("a", "a,b\n", "CSV, TSV, Parquet or JSON lines", id="no suffix"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_named(name: str, content: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataError, match=message):
        profile_table((put(tmp_path, name, content),))


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataError):
        profile_table((tmp_path / "gone.csv",))


def test_text_that_is_not_utf_8_is_no_string(tmp_path: Path) -> None:
    assert profile(tmp_path, b"a,b\n\xff,1\n", suffix=".csv").columns["a"].kind == "binary"


@pytest.mark.parametrize("second", [{"a": [1]}, {"a": [1], "b": [1], "c": [1]}], ids=["fewer", "more"])
def test_files_that_disagree_on_their_columns_are_named(second: dict[str, Any], tmp_path: Path) -> None:
    found = profile(tmp_path, {"a": [1], "b": [1]}, second)
    assert found.problems == ["part-1.parquet has other columns than the files before it"]


def test_files_that_disagree_on_the_order_of_their_columns_are_named(tmp_path: Path) -> None:
    found = profile(tmp_path, {"a": [1], "b": [1]}, {"b": [1], "a": [1]})
    assert (found.problems, found.reordered) == ([], ["part-1.parquet has its columns in another order"])


@pytest.mark.parametrize(
    ("early", "late", "kind"),
    [("1", "0.5", "number"), ("", "7", "integer"), ("1", "x", "string")],
    ids=["a number after integers", "an integer after nothing", "a text after integers"],
)
def test_a_value_that_comes_late_in_a_large_file_is_read(
    early: str, late: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", 256)
    text = "a,b\n" + f"{early},1\n" * 500 + f"{late},1\n"
    found = profile(tmp_path, text, suffix=".csv")
    assert (found.row_count, found.columns["a"].kind) == (501, kind)


def test_batches_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", 64)
    found = profile(tmp_path, {"a": list(range(1000))}, suffix=".csv")
    assert (found.row_count, found.columns["a"].low, found.columns["a"].high) == (1000, 0, 999)
