"""Equality with golden files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rule_files import judge, put, table


@pytest.mark.parametrize(
    ("columns", "more", "held"),
    [
        ({"id": ["a", "b"], "x": [1.0, 2.0]}, {}, True),
        ({"id": ["a", "b"], "x": [1.0, 2.0000001]}, {}, False),
        ({"id": ["a", "b"], "x": [1.0, 2.0000001]}, {"tolerance": 1e-6}, True),
        ({"id": ["b", "a"], "x": [2.0, 1.0]}, {}, False),
        ({"id": ["b", "a"], "x": [2.0, 1.0]}, {"keys": "id"}, True),
        ({"x": [1, 2], "id": ["a", "b"]}, {}, True),
        ({"id": ["a", "c"], "x": [1.0, 2.0]}, {"keys": "id"}, False),
        ({"id": ["a", "b"], "x": [1.0, None]}, {}, False),
        ({"id": ["a", "b"], "x": [1.0, 9.0]}, {"ignore": "x"}, True),
        ({"id": ["a", "b"]}, {}, False),
        ({"id": ["a"], "x": [1.0]}, {}, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_equals_a_golden_one(columns: Any, more: Any, held: bool, suffix: str, tmp_path: Path) -> None:
    path = table(tmp_path / f"a.{suffix}", **columns)
    golden = table(tmp_path / "golden.csv", id=["a", "b"], x=[1.0, 2.0])
    found = judge("equals", {"to": "file:golden", **more}, path, golden=golden)
    assert found.held is held, found


def test_files_are_compared_as_one_table_however_they_are_split(tmp_path: Path) -> None:
    parts = [table(tmp_path / f"{n}.csv", x=values) for n, values in enumerate(([1, 2, 3], [4], [5, 6]))]
    golden = [table(tmp_path / f"g{n}.parquet", x=values) for n, values in enumerate(([1], [2, 3, 4, 5], [6]))]
    assert judge("equals", {"to": "file:golden"}, *parts, golden=golden).held
    golden[1] = table(tmp_path / "g1.parquet", x=[2, 3, 9, 5])
    found = judge("equals", {"to": "file:golden"}, *parts, golden=golden)
    assert (found.message, found.examples) == ("x differs in 1 rows", ("row 4 x: 9, expected 9",))


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('{"b": [1, 2.0], "a": {"c": "x"}}', True),
        ('{"a": {"c": "y"}, "b": [1, 2]}', False),
        ('{"a": {"c": "x"}, "b": [1, 2, 3]}', False),
        ('{"a": {"c": "x"}, "b": [1, 2.0000000001]}', True),
        ('{"a": {"c": "x"}, "b": [true, 2]}', False),
        ('{"a": {"c": "x"}, "b": [1, 2], "time": 5}', True),
        ('{"a": {"c": "x"}, "b": [1, 2], "d": null}', False),
    ],
)
def test_a_document_equals_a_golden_one(text: str, held: bool, tmp_path: Path) -> None:
    golden = put(tmp_path / "g.json", '{"a": {"c": "x"}, "b": [1, 2], "time": 4}')
    found = judge("equals", {"to": "file:g", "ignore": "time"}, put(tmp_path / "a.json", text), g=golden)
    assert found.held is held


def test_any_other_file_has_the_same_bytes(tmp_path: Path) -> None:
    golden = put(tmp_path / "g.bin", b"abc")
    assert judge("equals", {"to": "file:g"}, put(tmp_path / "a.bin", b"abc"), g=golden).held
    assert not judge("equals", {"to": "file:g"}, put(tmp_path / "b.bin", b"abd"), g=golden).held
