"""What holds for every program that runs as a step: it may meet any Python that a step has."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from cursus_readiness.resources import PACKAGE_DIR

PROGRAMS = sorted((PACKAGE_DIR / "stand_ins").glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_is_understood_by_python_3_8_and_needs_nothing_of_the_tool(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    imported += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not any(name.startswith("cursus_readiness") for name in imported)
    assert "annotations" in {
        name.name for node in tree.body if isinstance(node, ast.ImportFrom) for name in node.names
    }, "annotations are not looked at"
