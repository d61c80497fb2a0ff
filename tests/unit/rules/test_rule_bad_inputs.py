"""Whatever a step wrote, every rule has an answer: a finding, and never a crash or a value that it quotes."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from cursus_readiness.rules.base import Judgement, UnreadableDataError
from cursus_readiness.rules.reading import BLOCK_BYTES
from rule_files import judge, put, table

SECRET = "jane-7731"


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pa.parquet.write_table(pa.table(columns), sink)
    return sink.getvalue()


BAD: dict[str, tuple[str, bytes, str]] = {
    "truncated gzip": ("a.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 9999)[:-30], "Truncated compressed stream"),
    "half a Parquet file": ("a.parquet", parquet(a=list(range(9999)))[:-50], "a.parquet is not readable"),
    "a Parquet file without its middle": (
        "a.parquet",
        (whole := parquet(a=[f"v{i}" for i in range(9999)]))[:500] + b"\x00" * 4000 + whole[4500:],
        "a.parquet is not readable",
    ),
    "short rows": ("a.csv", f"a,b\n1,2\n{SECRET}\n".encode(), "Expected 2 columns, got 1"),
    "long rows": ("a.csv", f"a,b\n1,2\n1,{SECRET},3\n".encode(), "Expected 2 columns, got 3"),
    "columns with equal names": ("a.csv", b"a,a\n1,2\n", "columns of equal names"),
    "a row of 10 MB": ("a.csv", b"a,b\n1,x\n" + b"y" * 10_000_000 + b",z\n", "a row is longer than 4 MiB"),
    "a line of 10 MB": ("a.jsonl", b'{"a": "' + b"y" * 10_000_000 + b'"}\n', "a row is longer than 4 MiB"),
    "UTF-16": ("a.csv", "a,b\n1,2\n".encode("utf-16"), "a.csv is not readable"),
    "nothing": ("a.csv", b"", "a.csv is not readable"),
    "JSON that is no table": ("a.json", b"[1, 2]", "a.json is not readable"),
    "half a JSON line": ("a.jsonl", b'{"a": 1}\n{"a"', "a.jsonl is not readable"),
}


def answer(key: str, written: Any, path: Path) -> Judgement:
    try:
        return judge(key, written, path, same=path)
    except UnreadableDataError as error:
        return Judgement.broken(str(error))


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize(
    ("key", "written"),
    [("row_count", ">= 0"), ("readable", True), ("unique", "a"), ("keys", {"columns": "a", "of": "same"})],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_read_is_a_finding(key: str, written: Any, case: str, tmp_path: Path) -> None:
    name, content, message = BAD[case]
    if key == "readable" and case == "JSON that is no table":
        pytest.skip("it is a document that can be read")
    found = answer(key, written, put(tmp_path / name, content))
    assert found.held is False
    assert SECRET not in str(found)
    if key != "readable" or not name.endswith(".json"):
        assert message in found.message


def test_mixed_encodings_are_found(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", b"a,b\n1,caf\xc3\xa9\n2,caf\xe9\n")
    assert answer("readable", True, path).message == "b holds text that is not UTF-8"


def test_mixed_encodings_are_found_behind_the_first_block(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", b"a,b\n" + b"1,xxxxxxxx\n" * (BLOCK_BYTES // 10) + b"2,caf\xe9\n")
    found = answer("readable", True, path)
    assert found.held is False
    assert "a.csv" in found.message


@pytest.mark.parametrize(("size", "held"), [(1 << 20, True), ((1 << 20) + 1, False)])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_cell_is_at_most_a_mebibyte(size: int, held: bool, suffix: str, tmp_path: Path) -> None:
    path = table(tmp_path / f"a.{suffix}", a=["x" * size, "y"], b=["z", "z"])
    assert answer("readable", True, path).held is held
    assert answer("readable", {"largest_cell_bytes": 1 << 22}, path).held


def test_a_table_without_columns_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(pa.table({}), path)
    assert answer("row_count", 0, path).held
    assert answer("columns", ["a"], path).message == "missing: a"


NESTED = b'{"a": {"b": 1}, "c": [1, 2], "d": "x"}\n{"a": {"b": 2}, "c": [], "d": "y"}\n'


@pytest.mark.parametrize("key_and_form", [
    ("unique", "a"), ("allowed_values", {"a": [1]}), ("pattern", {"a": "x"}), ("monotonic", {"c": "increasing"}),
    ("class_balance", {"c": {1: 0.5}}), ("value_range", {"a": [0, 1]}), ("predictions", {"score": "a"}),
    ("dtypes", {"a": "number"}), ("distribution", {"of": "same", "columns": "a", "min_rows": 1}),
    ("no_personal_data", True), ("equals", {"to": "same"}), ("nulls", {"*": 0}),
], ids=lambda value: value[0])  # fmt: skip
@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_nested_columns_are_judged_like_any_other(key_and_form: tuple[str, Any], suffix: str, tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", NESTED)
    if suffix == "parquet":
        pa.parquet.write_table(pa.json.read_json(path), tmp_path / "a.parquet")
        path = tmp_path / "a.parquet"
    assert answer(*key_and_form, path).held in (True, False)
    assert answer("dtypes", {"d": "string"}, path).held


def test_columns_that_only_some_lines_have_are_missing_in_the_others(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", '{"a": 1}\n{"b": 2}\n{"a": 3, "b": 4}\n')
    assert answer("nulls", {"a": "<= 0.34", "b": "<= 0.34"}, path).held
    assert not answer("nulls", {"a": 0.3}, path).held


@pytest.mark.parametrize("suffix", ["csv.gz", "csv.bz2", "csv.zst", "jsonl.gz", "tsv.gz"])
def test_compressed_tables_are_read(suffix: str, tmp_path: Path) -> None:
    kinds = {"csv": "a,b\n1,2\n", "tsv": "a\tb\n1\t2\n", "jsonl": '{"a": 1, "b": 2}\n'}
    kind, _, compression = suffix.partition(".")
    path = tmp_path / f"x.{suffix}"
    with pa.output_stream(str(path), compression={"gz": "gzip", "zst": "zstd"}.get(compression, compression)) as file:
        file.write(kinds[kind].encode())
    assert answer("columns", ["a", "b"], path).held
    assert answer("row_count", 1, path).held
