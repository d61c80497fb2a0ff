"""Layouts that steps read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet
import pytest
from pydantic import ValidationError

from cursus_readiness.sources.generation.streams import BLOCK_ROWS
from cursus_readiness.sources.generation.writing import write_table
from synthetic_tables import NUMBER, a_schema, draw_table

COLUMNS: dict[str, Any] = {
    "id": {"type": "id", "prefix": "C"},
    "n": {**NUMBER, "missing_ratio": 0.2},
    "whole": {"type": "number", "mean": 5, "std": 3, "decimals": 0},
    "count": {"type": "integer", "low": 0, "high": 9, "missing_ratio": 0.2},
    "kind": {"type": "category", "values": {"a": 2, 'b"c': 1, "é, 中": 1}, "missing_ratio": 0.2},
    "flag": {"type": "boolean", "missing_ratio": 0.2},
    "day": {"type": "date", "low": "2024-01-01", "high": "2024-12-31"},
    "at": {"type": "datetime", "low": "2024-01-01T00:00:00", "high": "2024-12-31T00:00:00", "missing_ratio": 0.2},
    "remark": {"type": "text"},
}
LABEL = {"name": "label", "weights": {"n": 1}}
FORMATS = ["csv", "tsv", "parquet", "jsonl", "libsvm"]


def a_mixed(**changes: Any) -> Any:
    return a_schema(**{"rows": 300, "columns": COLUMNS, "label": LABEL, **changes})


def written(folder: Path, **changes: Any) -> list[Path]:
    return write_table(a_mixed(**changes), folder)


def lines(folder: Path, **changes: Any) -> list[str]:
    return [line for path in written(folder, **changes) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_seed_gives_the_same_bytes(kind: str, tmp_path: Path) -> None:
    first, second = (written(tmp_path / name, format=kind)[0].read_bytes() for name in ("1", "2"))
    assert first == second


@pytest.mark.parametrize("kind", ["csv", "jsonl", "libsvm"])
def test_rows_are_the_same_in_however_many_files(kind: str, tmp_path: Path) -> None:
    one = lines(tmp_path / "1", format=kind, header=False)
    assert one == lines(tmp_path / "7", format=kind, header=False, files=7)
    assert len(one) == 300


def test_files_begin_and_end_within_blocks_of_rows(tmp_path: Path) -> None:
    schema = a_schema(rows=BLOCK_ROWS + 100, files=3, columns={"id": {"type": "id", "form": "number"}}, header=False)
    texts = [path.read_text(encoding="utf-8").split() for path in write_table(schema, tmp_path)]
    assert [number for text in texts for number in text] == [str(number) for number in range(BLOCK_ROWS + 100)]


def test_a_header_may_be_left_out_and_the_delimiter_be_another(tmp_path: Path) -> None:
    columns = {"a": NUMBER, "b": {"type": "integer", "low": 7, "high": 7}}
    (path,) = write_table(a_schema(rows=2, columns=columns, header=False, delimiter=";"), tmp_path)
    assert [line.partition(";")[2] for line in path.read_text(encoding="utf-8").splitlines()] == ["7", "7"]


def test_a_tsv_has_tabs_and_its_suffix(tmp_path: Path) -> None:
    (path,) = written(tmp_path, format="tsv")
    assert path.name == "part-00000.tsv"
    found = pa.csv.read_csv(path, parse_options=pa.csv.ParseOptions(delimiter="\t"))
    assert found.column_names == [*COLUMNS, "label"]


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "libsvm"])
def test_a_gzip_file_holds_what_the_plain_one_does_and_no_time(kind: str, tmp_path: Path) -> None:
    (plain,) = written(tmp_path / "plain", format=kind)
    (packed,) = written(tmp_path / "packed", format=kind, gzip=True)
    assert packed.name == f"{plain.name}.gz"
    content = packed.read_bytes()
    assert gzip.decompress(content) == plain.read_bytes()
    assert content[3:8] == bytes(5)  # neither flags (a name) nor a time


def test_json_lines_hold_what_was_drawn(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in lines(tmp_path, format="jsonl")]
    drawn = draw_table(a_mixed()).to_pylist()
    assert len(rows) == len(drawn)
    for row, expected in zip(rows, drawn, strict=True):
        for name in ("id", "n", "whole", "count", "kind", "flag", "remark", "label"):
            assert row[name] == expected[name], name
        assert row["day"] == expected["day"].isoformat()
        assert row["at"] == (expected["at"].isoformat() if expected["at"] else None)


def test_whole_values_of_a_number_are_written_with_a_point(tmp_path: Path) -> None:
    assert all('"whole": ' in line and ".0," in line for line in lines(tmp_path, format="jsonl"))


def test_names_are_escaped_in_json_lines(tmp_path: Path) -> None:
    columns = {'a"\n': NUMBER, "b": {"type": "constant", "value": 'x"\\é\n'}}
    (path,) = write_table(a_schema(rows=1, columns=columns, format="jsonl"), tmp_path)
    row = json.loads(path.read_text(encoding="utf-8"))
    assert list(row) == ['a"\n', "b"]
    assert row["b"] == 'x"\\é\n'


def test_other_readers_read_json_lines(tmp_path: Path) -> None:
    (path,) = written(tmp_path, format="jsonl")
    assert pa.json.read_json(path).num_rows == 300


def test_libsvm_has_the_label_and_the_numbers_that_are_there(tmp_path: Path) -> None:
    columns = {
        "id": {"type": "id"}, "n": {**NUMBER, "missing_ratio": 0.5}, "kind": {"type": "category", "values": {"a": 1}},
        "flag": {"type": "boolean", "true_ratio": 1}, "remark": {"type": "text"},
    }  # fmt: skip
    label = {"name": "y", "weights": {"n": 1}}
    found = write_table(a_schema(columns=columns, label=label, format="libsvm"), tmp_path)[0].read_text().splitlines()
    drawn = draw_table(a_schema(columns=columns, label=label)).to_pylist()
    expected = [
        " ".join([str(row["y"])] + ([] if row["n"] is None else [f"1:{row['n']}"]) + ["2:0", "3:1"]) for row in drawn
    ]
    assert [line.split()[0] for line in found] == [line.split()[0] for line in expected]
    assert [len(line.split()) for line in found] == [len(line.split()) for line in expected]
    assert all(line.endswith("2:0 3:1") for line in found)


def test_libsvm_without_a_label_has_zeros(tmp_path: Path) -> None:
    found = write_table(a_schema(rows=3, format="libsvm"), tmp_path)[0].read_text(encoding="utf-8").splitlines()
    assert [line.split(":")[0] for line in found] == ["0 1"] * 3


def test_parquet_has_plain_types(tmp_path: Path) -> None:
    (path,) = written(tmp_path, format="parquet")
    types = {field.name: str(field.type) for field in pa.parquet.read_schema(path)}
    assert types["kind"] == "string"
    assert (types["count"], types["n"], types["day"], types["flag"]) == ("int64", "double", "date32[day]", "bool")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_every_column_may_be_written_as_text(kind: str, tmp_path: Path) -> None:
    (path,) = written(tmp_path, format=kind, as_text=True)
    if kind == "parquet":
        assert {str(field.type) for field in pa.parquet.read_schema(path)} == {"string"}
    else:
        assert all(line.startswith('"C') for line in path.read_text(encoding="utf-8").splitlines()[1:])


def test_another_suffix_may_be_asked_for(tmp_path: Path) -> None:
    assert written(tmp_path, format="jsonl", suffix=".json", gzip=True)[0].name == "part-00000.json.gz"


@pytest.mark.parametrize("kind", ["signature", "metadata"])
def test_what_is_said_of_a_table_is_one_file(kind: str, tmp_path: Path) -> None:
    (path,) = written(tmp_path, format=kind, files=3)
    assert path == tmp_path / kind
    text = path.read_text(encoding="utf-8")
    if kind == "signature":
        assert text == ",".join([*COLUMNS, "label"])
    else:
        assert text.splitlines()[:3] == ["varname,iscategory,datatype", "id,true,object", "n,false,float64"]


def test_a_table_may_be_one_file_of_a_name(tmp_path: Path) -> None:
    assert write_table(a_mixed(files=3), tmp_path / "x.csv", is_file=True) == [tmp_path / "x.csv"]
    assert pa.csv.read_csv(tmp_path / "x.csv").num_rows == 300


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_without_rows_is_one_all_the_same(kind: str, tmp_path: Path) -> None:
    paths = written(tmp_path, format=kind, rows=1, files=2)
    assert [path.exists() for path in paths] == [True, True]
    if kind == "csv":
        assert pa.csv.read_csv(paths[0]).column_names == [*COLUMNS, "label"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "parquet", "gzip": True}, "leave gzip out"),
        ({"parts": {"x": {"format": "parquet"}}, "gzip": True}, "leave gzip out"),
        ({"format": "jsonl", "delimiter": ";"}, "delimiter belongs to format 'csv'"),
        ({"format": "libsvm", "as_text": True}, "leave as_text out"),
        ({"delimiter": ";;"}, "delimiter"),
        ({"suffix": "json"}, "suffix"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        a_mixed(**changes)
