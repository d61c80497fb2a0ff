"""The code of a project: what is public says what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from cursus_readiness.model.evidence import Fact, examined

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def code_fact(root: Path, folders: Sequence[str]) -> Fact:
    """Modules, classes, functions and methods whose names have no underscore and that have no docstring."""
    files = sorted(path for folder in folders for path in (root / folder).rglob("*.py"))
    if not files:
        return Fact(id="undocumented-code", missing=f"there is no Python code in {', '.join(folders) or 'no folder'}")
    count, problems = 0, []
    for path in files:
        name = path.relative_to(root).as_posix()
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError) as error:
            problems.append(f"{name}: {error}")
            continue
        for node in (tree, *_public(tree)):
            count += 1
            if not ast.get_docstring(node):
                problems.append(f"{name}: {getattr(node, 'name', 'the module')} has no docstring")
    return examined("undocumented-code", count, problems, "definitions")


def _public(node: ast.Module | ast.ClassDef) -> Iterator[_Definition]:
    for child in node.body:
        if isinstance(child, _Definition) and not child.name.startswith("_") and not _is_overload(child):
            yield child
            if isinstance(child, ast.ClassDef):
                yield from _public(child)


def _is_overload(node: _Definition) -> bool:
    return any(ast.unparse(item) in ("overload", "typing.overload") for item in node.decorator_list)
