"""What is different about tables."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_table
from cursus_readiness.analysis.table_changes import table_changes
from cursus_readiness.model.lineage import ChangeKind
from cursus_readiness.model.table import TableRecord


def changes(before: TableRecord, now: TableRecord) -> list[tuple[str, str]]:
    return [(change.kind.value, change.message) for change in table_changes([before], [now])]


def test_the_same_table_has_not_changed() -> None:
    assert changes(a_table(), a_table(size_bytes=7, file_count=3)) == []


CASES: dict[str, tuple[TableRecord, TableRecord, list[tuple[str, str]]]] = {
    "dropped": (
        a_table(id="integer", age="integer"), a_table(id="integer"),
        [("dropped_column", "part-*.csv has lost column age")],
    ),
    "many dropped": (
        a_table(a="null", b="null", c="null", d="null", e="null", f="null", g="null"), a_table(a="null"),
        [("dropped_column", "part-*.csv has lost columns b, c, d, e, f and 1 more")],
    ),
    "added": (
        a_table(id="integer"), a_table(id="integer", age="integer"),
        [("added_column", "part-*.csv has column age in addition")],
    ),
    "retyped": (
        a_table(id="integer"), a_table(id="string"), [("retyped_column", "part-*.csv: id is string, was integer")]
    ),
    "reordered": (
        a_table(a="integer", b="integer"), a_table(b="integer", a="integer"),
        [("reordered_columns", "part-*.csv has its columns in another order")],
    ),
    "without a value then": (a_table(id="null"), a_table(id="string"), []),
    "without a value now": (a_table(id="string"), a_table(id="null"), []),
    "another format": (
        a_table(path="part-*.csv.gz", format="csv"), a_table(path="part-*.parquet", format="parquet"),
        [("format", "part-*.parquet is written as parquet, was csv")],
    ),
    "other rows": (
        a_table(rows=1000), a_table(rows=700), [("rows", "part-*.csv has 700 rows, had 1,000 (70 % of that)")]
    ),
    "rows where there were none": (a_table(rows=0), a_table(rows=1), [("rows", "part-*.csv has 1 rows, had 0")]),
    "rows that were not all read": (a_table(rows=None), a_table(rows=5), []),
    "columns that were not all kept": (
        a_table(column_count=900, id="integer"), a_table(column_count=900, other="integer"), []
    ),
    "nothing was read": (a_table(read_file_count=0, rows=None), a_table(id="integer"), []),
}  # fmt: skip


@pytest.mark.parametrize(("before", "now", "expected"), CASES.values(), ids=CASES.keys())
def test_a_change_is_told(before: TableRecord, now: TableRecord, expected: list[tuple[str, str]]) -> None:
    assert changes(before, now) == expected


@pytest.mark.parametrize(
    ("rows", "expected"), [(1200, []), (1201, [ChangeKind.ROWS]), (800, []), (799, [ChangeKind.ROWS])]
)
def test_the_tolerance_for_rows_is_inclusive(rows: int, expected: list[ChangeKind]) -> None:
    assert [change.kind for change in table_changes([a_table(rows=1000)], [a_table(rows=rows)])] == expected


def test_tables_go_and_come() -> None:
    found = table_changes([a_table(path="a.csv")], [a_table(path="b.csv")])
    assert [change.message for change in found] == ["table a.csv is not there any more", "table b.csv is new"]


def test_a_table_of_the_same_path_is_preferred_to_one_of_another_format() -> None:
    both: list[Any] = [a_table(path="a.csv"), a_table(path="a.parquet", format="parquet")]
    assert table_changes(both, both[::-1]) == []
