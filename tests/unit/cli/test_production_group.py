"""The plan's words under a Click program of somebody else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cursus_readiness.cli.app import app
from cursus_readiness.cli.production import NAMES, production
from cursus_readiness.errors import CannotRunError
from cursus_readiness.health.checker import HealthChecker
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthResult


@pytest.fixture
def root() -> click.Group:
    """A program like Cursus's own: a root with a group ``runtime``, which mounts ours by one line."""

    @click.group()
    def cursus() -> None:
        """Somebody else's."""

    @cursus.group()
    def runtime() -> None:
        """Run pipelines."""

    runtime.add_command(production)
    return cursus


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[HealthResult]:
    """What the checks will find."""
    results = [HealthResult(id="memory", outcome=Outcome.PASS, message="enough")]
    monkeypatch.setattr(HealthChecker, "results", lambda _: iter(results))
    return results


def run(root: click.Group, *arguments: str | Path) -> Result:
    return CliRunner().invoke(root, ["runtime", "production", *map(str, arguments)])


def test_the_group_has_every_word_of_the_plan_that_there_is_a_command_for(root: click.Group) -> None:
    known = {command.name for command in app.registered_commands}
    assert set(production.commands) == known & set(NAMES)
    assert "health-check" in run(root, "--help").output


def test_options_are_handed_on(root: click.Group, found: list[HealthResult], tmp_path: Path) -> None:
    result = run(root, "health-check", "--workspace", tmp_path, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["status"] == "PASS"


def test_the_exit_code_comes_through(root: click.Group, found: list[HealthResult], tmp_path: Path) -> None:
    found.append(HealthResult(id="python", outcome=Outcome.FAIL, message="too old"))
    assert run(root, "health-check", "--workspace", tmp_path).exit_code == 10


def test_an_error_is_shown_with_its_remedy(root: click.Group, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(_: HealthChecker) -> None:
        raise CannotRunError("no disk", fix="mount one")

    monkeypatch.setattr(HealthChecker, "results", fail)
    result = run(root, "health-check", "--workspace", tmp_path)
    assert (result.exit_code, result.stderr) == (5, "error: no disk\n  fix: mount one\n")


def test_help_is_that_of_the_command(root: click.Group) -> None:
    result = run(root, "health-check", "--help")
    assert result.exit_code == 0
    assert "--needs-aws" in result.stdout
    assert "runtime production health-check [OPTIONS]" in result.stdout


def test_an_option_that_there_is_not_is_wrong_usage(root: click.Group) -> None:
    result = run(root, "health-check", "--nope")
    assert result.exit_code == 2
    assert "No such option: --nope" in result.stderr


def test_without_click_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['click'] = None; import cursus_readiness.cli.production"
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert outcome.returncode == 1
    assert "pip install 'cursus-readiness[click]'" in outcome.stderr
