"""Habits of the source that no linter keeps."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import cursus_readiness

PACKAGE = Path(cursus_readiness.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


def trees() -> dict[str, ast.Module]:
    return {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def calls(tree: ast.AST) -> list[str]:
    """Dotted names of everything that is called."""
    return [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_stays_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320


def test_only_the_command_line_prints_and_exits() -> None:
    found = {
        name: sorted({"print", "sys.exit", "exit", "typer.echo"} & set(calls(tree)))
        for name, tree in trees().items()
        if not name.startswith(("cli/", "sandbox/", "stand_ins/"))
    }
    assert {name: used for name, used in found.items() if used} == {}


def test_judging_reads_no_clock_and_no_file() -> None:
    forbidden = {"open", "time.time", "time.monotonic", "datetime.now", "Path", "os.stat", "os.listdir"}
    found = {
        name: sorted(forbidden & set(calls(tree)))
        for name, tree in trees().items()
        if name.startswith(("audits/", "analysis/", "definitions/", "planning/", "model/"))
    }
    assert {name: used for name, used in found.items() if used} == {"model/scenario.py": ["Path"]}


def test_only_the_clock_reads_the_wall_clock() -> None:
    found = {
        name for name, tree in trees().items() if {"datetime.now", "datetime.utcnow", "time.time"} & set(calls(tree))
    }
    assert {name for name in found if not name.startswith("stand_ins/")} <= {"clock.py"}


def test_every_module_says_what_it_is_for() -> None:
    missing = [name for name, tree in trees().items() if not ast.get_docstring(tree)]
    assert missing == []


@pytest.mark.parametrize(
    "path",
    [*(PACKAGE / "stand_ins").glob("*.py"), *(PACKAGE / "sandbox/pip_shim").rglob("*.py")],
    ids=lambda path: path.name,
)
def test_what_runs_with_a_steps_own_python_is_python_3_7(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 7))
