"""The interpreter of this machine, and what a step sees of it."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from cursus_readiness.environments.base import PIP_SHIM, EnvironmentRequest, PythonEnvironment, normalised
from cursus_readiness.environments.host import host_environment
from cursus_readiness.environments.interpreters import ask, find_interpreter
from cursus_readiness.environments.registry import build_environments, default_cache
from cursus_readiness.errors import CannotRunError
from cursus_readiness.model.scenario import EnvironmentSpec

OWN = ".".join(map(str, sys.version_info[:2]))


def test_the_tools_own_interpreter_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("started")

    monkeypatch.setattr(subprocess, "run", refuse)
    found = host_environment(None)
    assert found.interpreter == Path(sys.executable)
    assert found.label == f"host: Python {found.python_version}"
    assert found.minor_version == OWN
    assert found.packages["pydantic"] == metadata.version("pydantic")


def test_the_own_version_and_path_name_an_interpreter(tmp_path: Path) -> None:
    by_path = host_environment(sys.executable)
    assert by_path.packages == host_environment(None).packages
    assert host_environment(OWN).minor_version == OWN
    with pytest.raises(CannotRunError, match="'no-such-python' is not found"):
        host_environment("no-such-python")
    with pytest.raises(CannotRunError, match=r"python .*cannot be started"):
        host_environment(str(tmp_path / "python"))


def test_an_interpreter_that_speaks_of_nothing_is_none(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho only this\n", encoding="utf-8")
    python.chmod(0o755)
    with pytest.raises(CannotRunError, match="exits 0, saying: nothing"):
        ask(str(python), "name another")


def test_a_version_that_is_not_installed_is_told_with_those_that_are() -> None:
    with pytest.raises(CannotRunError, match=rf"Python 3\.99 is not installed; found: .*{OWN}"):
        find_interpreter("3.99", is_exact=True)


def test_the_nearest_version_stands_in_when_any_will_do() -> None:
    found = find_interpreter("3.99", is_exact=False)
    assert int(found.minor.split(".")[1]) >= sys.version_info[1]


def test_a_broken_candidate_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("python3.14", "python3.15"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_interpreter("3.15", is_exact=False).minor != "3.15"


def test_the_jobs_own_paths_are_joined_with_the_environments() -> None:
    environment = host_environment(None)
    variables = environment.variables({"PYTHONPATH": "/opt/ml/code:/x", "PATH": "/opt/tools:/usr/bin", "A": "1"})
    assert variables["PYTHONPATH"] == f"/opt/ml/code:/x:{PIP_SHIM}/path"
    path = variables["PATH"].split(":")
    assert path[:2] == [f"{PIP_SHIM}/bin", str(environment.interpreter.parent)]
    assert path[-1] == "/opt/tools"
    assert path.count("/usr/bin") == 1
    assert variables["A"] == "1"
    assert environment.variables()["PYTHONPATH"] == f"{PIP_SHIM}/path"


def test_what_lies_where_a_step_has_its_own_is_shown() -> None:
    environment = PythonEnvironment(Path("/tmp/e/bin/python"), ("/tmp/e", "/usr"), "3.11.7", (), "")
    shown = environment.shown([])
    assert "/tmp/e" in shown
    assert "/usr" not in shown
    assert str(PIP_SHIM) in environment.shown([str(PIP_SHIM)])


def test_python_means_the_environments_interpreter() -> None:
    environment = host_environment(None)
    assert environment.command(("python3", "x.py")) == (sys.executable, "x.py")
    assert environment.command(("bash", "x.sh")) == ("bash", "x.sh")


def test_names_are_compared_as_indexes_do() -> None:
    assert normalised("Scikit_Learn.x") == "scikit-learn-x"


def test_equal_requests_share_one_environment(tmp_path: Path) -> None:
    heard: list[str] = []
    requests = [EnvironmentRequest(name, EnvironmentSpec()) for name in ("A", "B")]
    requests.append(EnvironmentRequest("C", EnvironmentSpec(python=sys.executable)))
    built = build_environments(requests, cache=tmp_path, notify=heard.append)
    assert list(built) == ["A", "B", "C"]
    assert built["A"] is built["B"]
    assert built["A"] is not built["C"]
    assert heard == []


def test_the_cache_is_where_the_desktop_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/x")
    assert default_cache() == Path("/var/cache/x/cursus-readiness/environments")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache() == Path.home() / ".cache/cursus-readiness/environments"
