"""Tests of what a run says of the machine and the checkout that it takes place in."""

from __future__ import annotations

import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from cursus_readiness.environments.machine import run_environment


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(
        ["git", "-C", folder, *identity, *arguments], check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "tracked").write_text("1")
    git(tmp_path, "add", "tracked")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    return tmp_path


def test_a_checkout_has_its_commit_and_is_dirty_once_a_tracked_file_differs(checkout: Path) -> None:
    (checkout / "untracked").write_text("1")
    found = run_environment(checkout)
    assert (found.commit, found.is_commit_dirty) == (git(checkout, "rev-parse", "HEAD").strip(), False)
    (checkout / "tracked").write_text("2")
    assert run_environment(checkout).is_commit_dirty is True


def test_outside_a_repository_and_before_the_first_commit_there_is_none(tmp_path: Path) -> None:
    for _ in range(2):
        found = run_environment(tmp_path)
        assert (found.commit, found.is_commit_dirty) == (None, None)
        git(tmp_path, "init", "--quiet")
        (tmp_path / "staged").write_text("1")
        git(tmp_path, "add", "staged")


def test_versions_are_those_that_the_packages_have(tmp_path: Path) -> None:
    packages = run_environment(tmp_path).packages
    assert packages == {name: metadata.version(name) for name in packages}
    assert "pydantic" in packages
