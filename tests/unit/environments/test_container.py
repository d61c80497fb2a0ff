"""Containers as environments: engines that refuse are quoted, images are named for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from cursus_readiness.environments.base import EnvironmentRequest, PythonEnvironment, StepEnvironment
from cursus_readiness.environments.container import ContainerEnvironment
from cursus_readiness.environments.engines import find_engine
from cursus_readiness.environments.registry import build_environments
from cursus_readiness.errors import CannotRunError
from cursus_readiness.model.scenario import EnvironmentSpec
from engines import FakeEngine

HERE = {"info": ["5.1.0", 0], "image": ['sha256:feedbeef0123456 ["r/x@sha256:aa"]', 0]}


def prepare(folder: Path, image: str | None = "r/x:1", own: str | None = None) -> tuple[StepEnvironment, list[str]]:
    heard: list[str] = []
    request = EnvironmentRequest("A", EnvironmentSpec.model_validate({"kind": "container", "image": own}), image)
    return build_environments([request], cache=folder, notify=heard.append)["A"], heard


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is the whole PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_without_an_engine_it_is_said_what_to_do_instead(path: Path) -> None:
    with pytest.raises(CannotRunError, match=r"'A' asks for its container: no container engine .* on PATH") as raised:
        prepare(path)
    assert "environment: uv" in (raised.value.fix or "")


def test_an_engine_that_refuses_is_quoted(path: Path) -> None:
    FakeEngine(path, "docker", {"version": ["Client: 1\nCannot connect to the Docker daemon.", 1]})
    with pytest.raises(CannotRunError, match=r"`docker version`: Cannot connect to the Docker daemon\.") as raised:
        prepare(path)
    assert "`docker info`" in (raised.value.fix or "")


def test_the_engine_that_can_be_used_is_taken(path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    FakeEngine(path, "docker", {"version": ["", 1]})
    podman = FakeEngine(tmp_path_factory.mktemp("podman"), "podman", HERE)
    (path / "podman").symlink_to(podman.program)
    assert str(find_engine()) == "podman 5.1.0"


def test_an_engine_that_does_not_answer_is_not_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path / "docker").write_text("#!/bin/sh\nexec /bin/sleep 600\n", encoding="utf-8")
    (path / "docker").chmod(0o755)
    monkeypatch.setattr("cursus_readiness.environments.engines._QUESTION_TIMEOUT_S", 0.2)
    with pytest.raises(CannotRunError, match="`docker version` does not answer within"):
        find_engine()


def test_an_engine_that_cannot_be_started_is_told(path: Path) -> None:
    (path / "docker").write_text("#!/no/such/shell\n", encoding="utf-8")
    (path / "docker").chmod(0o755)
    with pytest.raises(CannotRunError, match="cannot be started: No such file"):
        find_engine()


def test_an_image_is_run_by_its_id_and_labelled_with_its_digest(path: Path) -> None:
    FakeEngine(path, "podman", HERE)
    made, heard = prepare(path)
    assert isinstance(made, ContainerEnvironment)
    assert made.image_id == "sha256:feedbeef0123456"
    assert made.label == "container: podman 5.1.0, r/x:1@sha256:aa"
    assert made.shown(["/opt/ml"]) == ()
    assert made.variables({"A": "1"}) == {"A": "1"}
    assert made.variables() == {}
    assert made.command(("python3", "-V")) == ("python3", "-V")
    assert heard == []


def test_an_image_that_no_registry_knows_is_labelled_with_its_id(path: Path) -> None:
    engine = FakeEngine(path, "podman", {**HERE, "image": ["sha256:feedbeef0123456 null", 0]})
    assert prepare(path, image="mine:1")[0].label == "container: podman 5.1.0, mine:1 (id feedbeef0123)"
    assert prepare(path, image="r/x@sha256:bb")[0].label == "container: podman 5.1.0, r/x@sha256:bb"
    assert prepare(path, image="mine:1", own="other:2")[0].label.startswith("container: podman 5.1.0, other:2")
    assert engine.told[-1][-1] == "other:2"


def test_an_image_that_cannot_be_pulled_is_told_with_the_way_to_log_in(path: Path) -> None:
    refused = {"info": ["5.1.0", 0], "image": ["no such image", 1], "pull": ["Trying...\nError: denied", 125]}
    FakeEngine(path, "podman", refused)
    image = "1.dkr.ecr.eu-west-1.amazonaws.com/x:1"
    with pytest.raises(CannotRunError, match="is not here, and `podman pull`: Error: denied") as raised:
        prepare(path, image=image)
    assert "`podman login` (`aws ecr get-login-password` gives the password)" in (raised.value.fix or "")


def test_a_step_without_an_image_has_the_tools_own_python(path: Path) -> None:
    made, _ = prepare(path, image=None)
    assert isinstance(made, PythonEnvironment)
    assert made.label.endswith("(the step has no image)")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"kind": "uv", "image": "x"}, "'image' needs kind 'container'"),
        ({"kind": "container", "python": "3.11"}, "the Python of the image"),
        ({"kind": "container", "image": "--privileged"}, "should match pattern"),
    ],
)
def test_what_makes_no_sense_together_is_refused(spec: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EnvironmentSpec.model_validate(spec)
