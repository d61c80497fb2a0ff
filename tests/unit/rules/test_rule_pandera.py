"""Schemas of pandera; the package is the user's to install."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from cursus_readiness.rules.base import RuleSyntaxError, UnreadableDataError
from cursus_readiness.rules.registry import RULES
from rule_files import judge, put, table

SCHEMA = """
schema_type: dataframe
columns:
  id: {dtype: str, unique: true}
  age:
    dtype: int64
    checks:
      in_range: {min_value: 18, max_value: 90}
"""
needs_pandera = pytest.mark.skipif(importlib.util.find_spec("pandera") is None, reason="pandera is not installed")


@pytest.mark.skipif(importlib.util.find_spec("pandera") is not None, reason="pandera is installed")
def test_a_missing_pandera_is_told_before_anything_runs() -> None:
    with pytest.raises(RuleSyntaxError, match="pip install 'pandera"):
        RULES["pandera"].parse("file:schema.yaml")


def test_a_schema_is_a_file() -> None:
    with pytest.raises(RuleSyntaxError, match="as in 'file:schema"):
        RULES["pandera"].parse({"id": "str"})


@needs_pandera
def test_rows_keep_a_schema(tmp_path: Path) -> None:
    schema = put(tmp_path / "s.yaml", SCHEMA)
    files = [table(tmp_path / f"{name}.csv", id=[name, name * 2], age=[20, 30]) for name in "ab"]
    found = judge("pandera", "file:s", *files, s=schema)
    assert (found.held, found.message) == (True, "4 rows keep s.yaml")


@needs_pandera
def test_rows_that_break_a_schema_are_told_and_masked(tmp_path: Path) -> None:
    schema = put(tmp_path / "s.yaml", SCHEMA)
    path = table(tmp_path / "a.csv", id=["a", "a", "b"], age=[20, 30, 123])
    found = judge("pandera", "file:s", path, s=schema)
    assert found.held is False
    assert "age: in_range(18, 90)" in found.message
    assert "age: 999 (row 3)" in found.examples


@needs_pandera
@pytest.mark.parametrize("text", ["", "[", "columns: 3", "a: b"])
def test_what_is_no_schema_is_a_finding(text: str, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", id=["a"])
    with pytest.raises(UnreadableDataError, match="is no schema of pandera"):
        judge("pandera", "file:s", path, s=put(tmp_path / "s.yaml", text))
