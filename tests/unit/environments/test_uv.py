"""Environments that uv builds, with real packages."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cursus_readiness.environments import images, installing
from cursus_readiness.environments.base import EnvironmentRequest, PythonEnvironment
from cursus_readiness.environments.drift import drift
from cursus_readiness.environments.registry import build_environments
from cursus_readiness.environments.uv import Uv
from cursus_readiness.errors import CannotRunError
from cursus_readiness.model.scenario import EnvironmentSpec

OWN = ".".join(map(str, sys.version_info[:2]))
RESOLUTION = """Using Python 3.12.1 environment at: x
  error: No solution found when resolving dependencies:
  ╰─▶ Because all of:
          pandas<=2.1.0
      have no usable wheels and you require pandas>=1.1.3 and python-dateutil==2.8.1,
      we can conclude that your requirements are unsatisfiable.
"""
BUILD = """  error: Failed to build `psutil==5.7.2`
  ├─▶ The build backend returned an error
  ╰─▶ Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)
"""


def request(*requirements: str, name: str = "Train", python: str | None = OWN, **more: object) -> EnvironmentRequest:
    spec = EnvironmentSpec.model_validate(
        {"kind": "uv", "python": python, **({"requirements": requirements} if requirements else {})}
    )
    return EnvironmentRequest(name, spec, **more)  # type: ignore[arg-type]


def build(cache: Path, *requests: EnvironmentRequest) -> tuple[list[PythonEnvironment], list[str]]:
    heard: list[str] = []
    built = build_environments(requests, cache=cache, notify=heard.append)
    return [found for found in built.values() if isinstance(found, PythonEnvironment)], heard


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips where no package can be had."""
    try:
        build(tmp_path_factory.mktemp("probe"), request("six==1.17.0"))
    except CannotRunError as error:
        pytest.skip(error.message)


def test_what_a_resolution_failed_on_is_understood() -> None:
    pinned = {"pandas", "python-dateutil", "numpy"}
    assert installing._culprits(RESOLUTION, pinned) == {"pandas", "python-dateutil"}
    assert installing._culprits(BUILD, {"psutil", "numpy"}) == {"psutil"}
    assert installing._culprits(BUILD, {"numpy"}) == set()
    assert installing._blamed(RESOLUTION, ("pandas>=1.1.3", "numpy")) == "pandas>=1.1.3 cannot be had: "
    assert installing._words(RESOLUTION).startswith("No solution found")
    assert len(installing._words(RESOLUTION * 9)) < 600


def test_pins_give_way_step_by_step() -> None:
    assert [installing._pin("a", "1.2.3", level) for level in range(4)] == ["a==1.2.3", "a~=1.2.0", "a>=1.2.3", "a"]
    assert installing._pin("a", "25", 1) == "a~=25.0.0"
    assert installing._as_bounds(("a[x]>1; python_version > '3'", "b", "--no-cache", "-e .")) == [
        'a>1; python_version > "3"'
    ]


def test_without_uv_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "uv").write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    (tmp_path / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    installing.uv_command.cache_clear()
    try:
        with pytest.raises(CannotRunError, match="need uv, which is not here") as raised:
            installing.uv_command()
    finally:
        installing.uv_command.cache_clear()
    assert "environment: host" in (raised.value.fix or "")


@pytest.mark.parametrize("version", ["2.7", "3", "latest", "3.x"])
def test_what_is_no_version_of_python_is_refused(version: str, tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match=f"'{version}' is no version of Python"):
        build(tmp_path, request("six", python=version))


def test_a_cache_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CannotRunError, match=r"environments cannot be kept in .*cache: Not a directory"):
        build(tmp_path / "file" / "cache", request("six"))


@pytest.mark.slow
@pytest.mark.usefixtures("registry")
def test_an_environment_has_what_is_asked_for_and_is_built_once(tmp_path: Path) -> None:
    ((found, shared), heard) = build(tmp_path, request("six==1.16.0"), request("six==1.16.0", name="Other"))
    assert found is shared
    assert heard == [f"building Python {found.python_version} with 1 requirements for Train"]
    assert found.packages == {"six": "1.16.0"}
    assert found.label.startswith(f"uv: Python {found.python_version}, 1 packages, ")
    script = "import six, sys; print(six.__version__, sys.prefix, six.__cached__)"
    said = subprocess.run(
        [found.interpreter, "-I", "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    assert said[:2] == ["1.16.0", found.prefixes[0]]
    assert Path(said[2]).exists()  # compiled: a step could not write it
    ((again,), heard) = build(tmp_path, request("six==1.16.0"))
    assert (again, heard) == (found, [])


@pytest.mark.slow
@pytest.mark.usefixtures("registry")
def test_an_environment_that_was_not_finished_is_built_again(tmp_path: Path) -> None:
    ((found,), _) = build(tmp_path, request("six==1.16.0"))
    (Path(found.prefixes[0]) / ".complete").unlink()
    (found.interpreter.parent / "left-behind").write_text("", encoding="utf-8")
    ((again,), heard) = build(tmp_path, request("six==1.16.0"))
    assert again == found
    assert len(heard) == 1
    assert not (found.interpreter.parent / "left-behind").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("registry")
def test_two_runs_at_once_build_it_once(tmp_path: Path) -> None:
    heard: list[str] = []
    start = threading.Barrier(3)

    def prepare() -> None:
        start.wait()
        Uv().prepare(request("six==1.15.0"), tmp_path, heard.append)

    threads = [threading.Thread(target=prepare) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("requirements", "blamed"),
    [
        (("six==99", "idna"), "six==99 cannot be had"),
        (("six>=1.17", "six<1.16"), "six>=1.17 and six<1.16 cannot be had"),
        (("no-such-thing-at-all==1",), "no-such-thing-at-all==1 cannot be had"),
        (("scikit-learn==0.20.0",), "scikit-learn==0.20.0 cannot be had"),  # no wheels, and never built from source
        (("what is this",), "what is this"),
    ],
)
def test_what_cannot_be_installed_is_named(requirements: tuple[str, ...], blamed: str, tmp_path: Path) -> None:
    with pytest.raises(CannotRunError) as raised:
        build(tmp_path, request(*requirements))
    assert "the environment of step 'Train' cannot be installed on Python" in raised.value.message
    assert blamed in raised.value.message
    assert "requirements" in (raised.value.fix or "")


@pytest.mark.slow
@pytest.mark.usefixtures("registry")
def test_an_images_version_that_cannot_be_had_gives_way_to_the_nearest_and_is_drift(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = {"six": "1.15.0", "idna": "3.6.99", "toolz": "0.13.0"}
    release = {"python": "3.99", "commit": "0000000", "packages": packages, "constraints": ["six<2"]}
    monkeypatch.setattr(images, "_table", lambda: {"own": {"source": "here", "releases": {"1": release}}})
    ((found,), _) = build(tmp_path, request(python=None, image_uri="registry/own:1-cpu"))
    assert found.packages == {"six": "1.15.0", "idna": "3.6", "toolz": "1.0.0"}
    assert found.substitutions == (
        f"Python 3.99 is not installed here: {found.python_version} was taken",
        "idna==3.6.99 cannot be installed here: 3.6 was taken",
        "toolz==0.13.0 cannot be installed here: 1.0.0 was taken",
    )
    (finding,) = drift("registry/own:1-cpu", found, imports={"toolz"})
    assert "toolz 1.0.0 (image 0.13.0)" in finding.message
    packages["no-such-thing-at-all"] = "1.0"
    with pytest.raises(CannotRunError, match="no-such-thing-at-all"):
        build(tmp_path, request(python=None, image_uri="registry/own:1-cpu"))
