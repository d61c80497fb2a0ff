"""What is told of tables, and what is not."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from builders import FakeClock
from cursus_readiness.model.table import ColumnRecord, TableRecord
from cursus_readiness.objectstore.files import walk_files
from cursus_readiness.rules.profile import MOST_COLUMNS, MOST_TABLES, Budget, looks_like_values, table_records
from cursus_readiness.rules.reading import TableFormat
from rule_files import put, table

UUID = "1f9e4a8c-5c1f-4f3e-9b61-0d2a3c4b5e6f"


def records(folder: Path, forms: dict[Path, TableFormat] | None = None, **budget: Any) -> tuple[TableRecord, ...]:
    files = [(path.relative_to(folder).as_posix(), path) for path in walk_files(folder)]
    return table_records(files, forms or {}, Budget(FakeClock().monotonic, **budget))


def record(folder: Path, **budget: Any) -> TableRecord:
    [found] = records(folder, **budget)
    return found


def column(found: TableRecord, name: str) -> ColumnRecord:
    return next(item for item in found.columns if item.name == name)


def test_part_files_of_one_folder_are_one_table(tmp_path: Path) -> None:
    for index in range(3):
        table(tmp_path / f"part-{index:05d}.csv", id=[index, None], name=["a", "bcd"])
    found = record(tmp_path)
    assert (found.path, found.format, found.file_count, found.row_count) == ("part-*.csv", "csv", 3, 6)
    assert found.size_bytes == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert found.columns == (
        ColumnRecord(name="id", dtype="integer", null_count=3, low=0, high=2),
        ColumnRecord(name="name", dtype="string", null_count=0, shortest_bytes=1, longest_bytes=3),
    )
    assert (found.is_partial, found.has_all_columns, found.problem) == (False, True, None)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["train.csv", "test.csv"], ["test.csv", "train.csv"]),
        (["a/x.csv", "b/x.csv"], ["a/x.csv", "b/x.csv"]),
        (["day=1/h=1/x-0.csv", "day=2/h=7/x-0.csv"], ["*/x-*.csv"]),
        (["t/day=1/x.csv", "u/day=1/x.csv"], ["t/*/x.csv", "u/*/x.csv"]),
        ([f"part-0-{UUID}.csv", f"part-1-{UUID.replace('f', 'e')}.csv"], ["part-*-*.csv"]),
        (["x.csv", "_SUCCESS.csv", ".x.csv", "_temporary/0/x.csv"], ["x.csv"]),
        (["x.csv", "x.tsv"], ["x.csv", "x.tsv"]),
        (["model.bin", "notes.txt", "m.tar.gz"], []),
    ],
)  # fmt: skip
def test_what_is_one_table_and_what_is_none(names: list[str], expected: list[str], tmp_path: Path) -> None:
    for name in names:
        put(tmp_path / name, "a\tb\n1\t2\n" if name.endswith("tsv") else "a,b\n1,2\n")
    assert [found.path for found in records(tmp_path)] == expected


def test_numbers_dates_and_times_have_a_range_and_texts_have_none(tmp_path: Path) -> None:
    table(
        tmp_path / "t.parquet",
        n=[1.5, float("nan"), None],
        d=[date(2026, 1, 2), None, date(2025, 1, 2)],
        t=pa.array([1_767_322_800 * 10**9, None, 1_767_326_400 * 10**9], pa.timestamp("ns")),
        money=[Decimal("1.50"), None, Decimal("2.25")],
        flag=[True, None, False],
        secret=["Jane", "Jo", None],
    )
    found = record(tmp_path)
    shown = {item.name: (item.dtype, item.null_count, item.low, item.high) for item in found.columns}
    assert shown == {
        "n": ("number", 2, 1.5, 1.5),
        "d": ("timestamp", 1, "2025-01-02", "2026-01-02"),
        "t": ("timestamp", 1, "2026-01-02T03:00:00", "2026-01-02T04:00:00"),
        "money": ("number", 1, 1.5, 2.25),
        "flag": ("boolean", 1, None, None),
        "secret": ("string", 1, None, None),
    }
    assert "Jane" not in found.model_dump_json()


@pytest.mark.parametrize("name", ["ssn", "userId", "birth_date", "home phone", "salary_usd", "CUSTOMER-ID"])
def test_the_range_of_what_could_be_about_people_is_kept_back(name: str, tmp_path: Path) -> None:
    table(tmp_path / "t.csv", **{name: [12, 13], "rows": [1, 2]})
    found = record(tmp_path)
    assert (column(found, name).low, column(found, name).high, column(found, name).is_masked) == (None, None, True)
    assert (column(found, "rows").low, column(found, "rows").is_masked) == (1, False)


@pytest.mark.parametrize(("largest", "is_masked"), [(10**8 - 1, False), (10**8, True), (-(10**8), True)])
def test_whole_numbers_as_long_as_those_of_people_are_kept_back(largest: int, is_masked: bool, tmp_path: Path) -> None:
    table(tmp_path / "t.csv", x=[0, largest])
    assert record(tmp_path).columns[0].is_masked is is_masked


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (["id", "age", "name"], False),
        (["1", "0.5", "3"], True),
        (["0", "0", "x"], True),
        (["C17", "0.25", "basic", "gold"], True),
        (["0", "1", "2"], False),
        (["1", "2", "3"], False),
        (["", "a", "b"], False),
        (["store", "2024", "2025"], False),
        (["name", "jane@example.com"], True),
        ([], False),
    ],
)
def test_a_first_line_of_values_is_told_from_one_of_names(first: list[str], expected: bool) -> None:
    assert looks_like_values(first) is expected


def test_a_csv_file_without_names_shows_none_of_its_values(tmp_path: Path) -> None:
    put(tmp_path / "t.csv", "17,jane@example.com\n18,jo@example.com\n")
    found = record(tmp_path)
    assert ([item.name for item in found.columns], found.has_header, found.row_count) == (["f0", "f1"], False, 2)
    assert "jane" not in found.model_dump_json()


def test_who_says_how_files_are_written_is_believed(tmp_path: Path) -> None:
    path = put(tmp_path / "t.csv", "north;south\neast;west\n")
    [found] = records(tmp_path, {path: TableFormat(("from", "to"), ";")})
    assert ([item.name for item in found.columns], found.has_header, found.row_count) == (["from", "to"], False, 2)


def test_json_lines_are_a_table_and_one_document_is_none(tmp_path: Path) -> None:
    put(tmp_path / "rows.json", '{"a": 1, "b": {"c": [1, 2]}}\n{"a": 2, "b": {"c": []}}\n')
    put(tmp_path / "metrics.json", '{\n "auc": 0.9\n}\n')
    put(tmp_path / "list.json", "[1,\n{}]\n")
    found = record(tmp_path)
    assert (found.path, found.format, found.row_count) == ("rows.json", "jsonl", 2)
    assert [item.dtype for item in found.columns] == ["integer", "struct<c: list<item: int64>>"]


def test_the_type_of_a_column_may_get_wider_late_in_a_file(tmp_path: Path) -> None:
    put(tmp_path / "t.csv", "a,b\n" + "1,1\n" * 1_100_000 + "1.5,x\n")
    found = record(tmp_path, left_bytes=1 << 30)
    assert [item.dtype for item in found.columns] == ["number", "string"]
    assert found.row_count == 1_100_001


def test_reading_ends_with_the_budget_for_bytes_and_says_so(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", "a,b\n" + "1,2\n" * 2_000_000)
    put(tmp_path / "b.csv", "a,b\n" + "1,2\n" * 3_000_000)
    first, second = records(tmp_path, left_bytes=1)
    assert (first.is_partial, first.read_file_count, first.column_count) == (True, 1, 2)
    assert first.read_row_count < 2_000_000
    assert (second.is_partial, second.read_file_count, second.read_row_count) == (True, 0, 0)
    assert (second.columns, second.has_all_columns, second.file_count) == ((), False, 1)


def test_small_tables_are_read_before_large_ones_and_told_in_their_order(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", "a,b\n" + "1,2\n" * 2_000_000)
    put(tmp_path / "b.csv", "a,b\n1,2\n")
    large, small = records(tmp_path, left_bytes=1000)
    assert (large.path, large.is_partial, small.is_partial) == ("a.csv", True, False)


def test_ten_thousand_files_are_counted_and_two_hundred_are_read(tmp_path: Path) -> None:
    source = put(tmp_path / "part-0.csv", "a,b\n1,2\n")
    for index in range(1, 10_000):
        os.link(source, tmp_path / f"part-{index}.csv")
    found = record(tmp_path)
    assert (found.file_count, found.size_bytes) == (10_000, 80_000)
    assert (found.read_file_count, found.read_row_count, found.row_count) == (200, 200, None)


def test_nothing_is_read_when_the_time_is_up(tmp_path: Path) -> None:
    table(tmp_path / "t.csv", a=[1])
    assert record(tmp_path, time_s=0.0).read_file_count == 0


def test_a_very_wide_table_and_very_many_tables_are_cut(tmp_path: Path) -> None:
    put(tmp_path / "wide.csv", ",".join(f"c{index}" for index in range(900)) + "\n")
    for index in range(60):
        put(tmp_path / f"x{chr(97 + index // 26)}{chr(97 + index % 26)}.csv", "a\n1\n")
    found = records(tmp_path)
    assert len(found) == MOST_TABLES
    assert (found[0].column_count, len(found[0].columns), found[0].has_all_columns) == (900, MOST_COLUMNS, False)


def half(path: Path) -> None:
    table(path.with_suffix(".parquet"), a=list(range(1000)))
    whole = path.with_suffix(".parquet").read_bytes()
    path.with_suffix(".parquet").write_bytes(whole[: len(whole) // 2])


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "half a Parquet file": (half, "not readable"),
    "a gzip that breaks off": (
        lambda path: put(path.with_suffix(".csv.gz"), gzip.compress(b"a,b\n" + b"1,2\n" * 99_999)[:200]), "not readable"
    ),
    "text that is no gzip": (lambda path: put(path.with_suffix(".csv.gz"), "a,b\n1,2\n"), "not readable"),
    "a cell of 10 MB": (
        lambda path: put(path.with_suffix(".csv"), "a,b\n1," + "x" * 10_000_000 + "\n"), "a row is longer than 4 MiB"
    ),
    "equal names": (lambda path: put(path.with_suffix(".csv"), "a,a\n1,2\n"), "columns of equal names"),
    "rows of unequal length": (lambda path: put(path.with_suffix(".csv"), "a,b\n1,2,3\n"), "Expected 2 columns, got 3"),
    "no JSON": (lambda path: put(path.with_suffix(".jsonl"), "{]\n"), "not readable"),
    "no byte": (lambda path: put(path.with_suffix(".csv"), ""), "is empty"),
}  # fmt: skip


@pytest.mark.parametrize(("write", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_told_of_and_the_others_are_described(
    write: Callable[[Path], object], said: str, tmp_path: Path
) -> None:
    write(tmp_path / "broken")
    table(tmp_path / "sound.csv", a=[1, 2])
    broken, sound = records(tmp_path)
    assert said in (broken.problem or "")
    assert broken.row_count in (None, 0)
    assert (sound.row_count, sound.problem) == (2, None)


def test_text_of_another_encoding_is_told_by_its_type(tmp_path: Path) -> None:
    put(tmp_path / "t.csv", b"a,b\n1,caf\xe9\n2,caf\xc3\xa9\n")
    assert column(record(tmp_path), "b").dtype == "binary"


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_without_rows_has_columns(suffix: str, tmp_path: Path) -> None:
    table(tmp_path / f"t.{suffix}", a=pa.array([], pa.int64()), b=pa.array([], pa.string()))
    found = record(tmp_path)
    assert (found.row_count, [item.name for item in found.columns]) == (0, ["a", "b"])


def test_a_parquet_file_without_columns_is_described(tmp_path: Path) -> None:
    pa.parquet.write_table(pa.table({}), tmp_path / "t.parquet")
    found = record(tmp_path)
    assert (found.row_count, found.column_count) == (0, 0)


def test_parts_with_other_columns_are_told_of(tmp_path: Path) -> None:
    table(tmp_path / "t-0.csv", a=[1])
    table(tmp_path / "t-1.csv", a=[1], b=[2])
    found = record(tmp_path)
    assert found.problem == "t-1.csv has other columns than the files before it"
    assert [item.name for item in found.columns] == ["a", "b"]


def test_names_of_files_and_columns_cannot_break_a_line_or_a_report(tmp_path: Path) -> None:
    put(tmp_path / "a\nb.csv", '"x\ny",' + "z" * 900 + "\n1,2\n")
    found = record(tmp_path)
    assert found.path == "a b.csv"
    assert [item.name for item in found.columns] == ["x y", "z" * 200]


def test_infinite_numbers_have_no_place_in_json(tmp_path: Path) -> None:
    table(tmp_path / "t.parquet", a=[float("inf"), 1.0])
    assert (record(tmp_path).columns[0].low, record(tmp_path).columns[0].high) == (1.0, None)
