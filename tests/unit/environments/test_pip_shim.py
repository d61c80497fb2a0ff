"""What answers in pip's place, under every Python that is here."""

from __future__ import annotations

import json
import runpy
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from cursus_readiness.environments.base import PIP_SHIM
from cursus_readiness.environments.host import host_environment
from cursus_readiness.environments.pip_requests import LOG
from pythons import MINORS, interpreter


def call(home: Path, python: str | Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A call as a step makes it: in its environment, with its own HOME."""
    environment = {
        "HOME": str(home),
        "PATH": f"{PIP_SHIM}/bin:{Path(python).parent}:/usr/bin:/bin",
        "PYTHONPATH": f"{PIP_SHIM}/path",
    }
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


def records(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / LOG).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("minor", MINORS)
def test_every_python_gets_the_same_answers(minor: str, tmp_path: Path) -> None:
    python = interpreter(minor).path
    (tmp_path / "requirements.txt").write_text("pip>=9  # any\n-r more.txt\n--no-cache\n", encoding="utf-8")
    (tmp_path / "more.txt").write_text("no-such-thing>=1\n", encoding="utf-8")
    asked = ["install", "--index-url", "https://aws:secret@host/simple/", "-q", "-r", "requirements.txt", "pip==0.1"]
    outcome = call(tmp_path, python, str(python), "-m", "pip", *asked)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout.count("\n") == 1
    assert "does not satisfy no-such-thing>=1, pip==0.1" in outcome.stdout
    (record,) = records(tmp_path)
    assert record["argv"][:3] == ["install", "--index-url", "https://host/simple/"]
    found = [(item["text"], item["satisfied"], item["from"]) for item in record["requirements"]]
    assert found == [
        ("pip>=9", True, "requirements.txt"),
        ("no-such-thing>=1", False, "./more.txt" if "/" in str(found[1][2]) else "more.txt"),
        ("pip==0.1", False, None),
    ]
    assert record["requirements"][0]["installed"] is not None


@pytest.mark.parametrize("minor", MINORS)
def test_scripts_that_import_pip_still_can(minor: str, tmp_path: Path) -> None:
    python = interpreter(minor).path
    script = (
        "import pip, pip._vendor\nfrom pip._internal import main\n"
        "print(pip.__version__, pip.main(['install', 'no-such-thing']), main(['show', 'no-such-thing']))"
    )
    outcome = call(tmp_path, python, str(python), "-c", script)
    assert outcome.stderr == ""
    assert outcome.stdout.splitlines()[-1].endswith(" 0 1")


def test_pip_on_the_path_is_the_stand_in(tmp_path: Path) -> None:
    python = host_environment(None).interpreter
    for command in ("pip", "pip3"):
        assert call(tmp_path, python, command, "uninstall", "--yes", "typing").returncode == 0
    assert [record["command"] for record in records(tmp_path)] == ["uninstall", "uninstall"]
    assert "installs nothing here" in call(tmp_path, python, "pip", "--version").stdout


def test_what_is_installed_is_told_truthfully(tmp_path: Path) -> None:
    python = host_environment(None).interpreter
    version = metadata.version("pydantic")
    assert f"pydantic=={version}" in call(tmp_path, python, "pip", "freeze").stdout.splitlines()
    assert f"pydantic=={version}" in call(tmp_path, python, "pip", "list", "--format", "freeze").stdout.splitlines()
    listed = json.loads(call(tmp_path, python, "pip", "list", "--format=json").stdout)
    assert {"name": "pydantic", "version": version} in listed
    assert call(tmp_path, python, "pip", "list").stdout.startswith("Package")
    assert f"Version: {version}" in call(tmp_path, python, "pip", "show", "pydantic").stdout
    assert call(tmp_path, python, "pip", "show", "no-such-thing").returncode == 1
    assert call(tmp_path, python, "pip", "check").stdout
    assert not (tmp_path / LOG).exists()


@pytest.mark.parametrize(
    ("argument", "satisfied"),
    [
        ("pydantic", True),
        ("pydantic[email]>=2", True),
        ("pydantic<1", False),
        ("pydantic<1; python_version < '3'", True),
        ("./folder", None),
        (".", None),
        ("x.whl", None),
        ("git+https://user:key@host/x.git", None),
        ("pydantic @ https://host/x.whl", None),
        ("no-such-thing @ https://host/x.zip ", False),
    ],
)
def test_each_form_of_a_requirement_is_judged_or_left_open(
    argument: str, satisfied: bool | None, tmp_path: Path
) -> None:
    call(tmp_path, host_environment(None).interpreter, "pip", "install", "--target=x", "-t", "y", argument)
    ((found,),) = [record["requirements"] for record in records(tmp_path)]
    assert found["satisfied"] is satisfied
    assert "key" not in found["text"]


def test_files_are_found_however_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("pydantic\n-r a.txt\n", encoding="utf-8")
    arguments = ["-ra.txt", "--requirement=a.txt", "-e", "./own", "--editable=./other", "-r", "none.txt", "-c", "a.txt"]
    call(tmp_path, host_environment(None).interpreter, "pip", "install", *arguments)
    texts = [item["text"] for item in records(tmp_path)[0]["requirements"]]
    assert texts == ["pydantic", "pydantic", "./own", "./other", "-r none.txt"]


@pytest.mark.parametrize("arguments", [("-r", "none.txt"), ("none.whl",), ("-r", "none.txt", "pydantic")])
def test_a_file_that_is_not_there_fails_as_with_pip(arguments: tuple[str, ...], tmp_path: Path) -> None:
    outcome = call(tmp_path, host_environment(None).interpreter, "pip", "install", *arguments)
    assert outcome.returncode == 1
    assert "ERROR: Could not open" in outcome.stderr
    assert arguments[0].removeprefix("-r") in outcome.stderr
    assert len(records(tmp_path)) == 1


def test_a_home_that_cannot_be_written_to_is_no_failure(tmp_path: Path) -> None:
    assert call(tmp_path / "..", host_environment(None).interpreter, "pip", "install", "six").returncode == 0
    outcome = call(Path("/proc"), host_environment(None).interpreter, "pip", "install", "pydantic")
    assert (outcome.returncode, outcome.stderr) == (0, "")


STAND_IN = runpy.run_path(str(PIP_SHIM / "path/pip/_stand_in.py"))
NUMBERS = st.lists(st.integers(0, 20), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))


@given(NUMBERS, st.sampled_from(["==", "!=", ">=", "<=", "<", ">", "~="]), NUMBERS, st.booleans())
def test_the_plain_comparison_agrees_with_packaging(have: str, operator: str, want: str, is_family: bool) -> None:
    if operator == "~=" and "." not in want:
        want += ".0"
    clause = f"{operator}{want}.*" if is_family and operator in ("==", "!=") else f"{operator}{want}"
    assert STAND_IN["_plainly"](have, clause) is SpecifierSet(clause).contains(Version(have))


@given(st.text(max_size=30), st.text(max_size=30))
def test_the_plain_comparison_takes_any_text(have: str, bounds: str) -> None:
    assert STAND_IN["_plainly"](have, bounds) in (True, False, None)
