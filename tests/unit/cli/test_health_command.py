"""``health-check`` as the shell starts it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cursus_readiness.cli.app import app
from cursus_readiness.errors import CannotRunError
from cursus_readiness.health.checker import HealthChecker
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthReport, HealthResult
from cursus_readiness.store.schema import load


def health_check(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["health-check", *map(str, arguments)])


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[HealthResult]:
    """What the checks will find."""
    results = [HealthResult(id="memory", outcome=Outcome.PASS, message="enough\x1b[31m")]
    monkeypatch.setattr(HealthChecker, "results", lambda _: iter(results))
    return results


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(Outcome.PASS, 0), (Outcome.WARN, 0), (Outcome.FAIL, 10), (Outcome.ERROR, 11), (Outcome.NO_EVIDENCE, 11)],
)
def test_the_worst_check_decides_the_exit_code(
    outcome: Outcome, code: int, found: list[HealthResult], tmp_path: Path
) -> None:
    found.append(HealthResult(id="python", outcome=outcome, message="m", remedy="do this"))
    result = health_check("--workspace", tmp_path)
    assert result.exit_code == code
    assert "  fix: do this" in result.stdout.splitlines()
    assert "\x1b" not in result.stdout


def test_the_evidence_is_left_in_the_workspace(found: list[HealthResult], tmp_path: Path) -> None:
    health_check("--workspace", tmp_path / "reports")
    path = tmp_path / "reports" / "health.json"
    kept = load(HealthReport, path.read_text(encoding="utf-8"), str(path))
    assert (kept.source, kept.status) == ("readiness health-check", Outcome.PASS)
    assert kept.checked_at.tzinfo is not None


def test_evidence_that_cannot_be_left_is_said_and_changes_nothing(found: list[HealthResult], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = health_check("--workspace", tmp_path / "file")
    assert result.exit_code == 0
    assert "was not written" in result.stderr


def test_json_is_one_line(found: list[HealthResult], tmp_path: Path) -> None:
    lines = health_check("--workspace", tmp_path, "--json").stdout.splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["checks"][0]["id"] == "memory"


def test_metrics_are_written_for_the_textfile_collector(found: list[HealthResult], tmp_path: Path) -> None:
    file = tmp_path / "textfile" / "health.prom"
    health_check("--workspace", tmp_path, "--prometheus", file)
    assert 'readiness_health_outcome{check="memory",outcome="PASS"} 1.0' in file.read_text(encoding="utf-8")


def test_metrics_that_cannot_be_written_are_an_error(found: list[HealthResult], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = health_check("--workspace", tmp_path, "--prometheus", tmp_path / "file" / "health.prom")
    assert isinstance(result.exception, CannotRunError)


def test_watching_goes_on_until_it_is_interrupted(
    found: list[HealthResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: Iterator[Any] = iter([None, None])

    def wait(seconds: float) -> None:
        assert seconds == 5
        if next(rounds, "over") == "over":
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", wait)
    result = health_check("--workspace", tmp_path, "--watch", "--interval", "5", "--json")
    assert len(result.stdout.splitlines()) == 3
    assert result.exit_code == 130


@pytest.mark.slow
def test_all_checks_run_on_this_machine(tmp_path: Path) -> None:
    result = health_check("--workspace", tmp_path, "--json")
    checks = {check["id"]: check for check in json.loads(result.stdout)["checks"]}
    assert checks["core-components"]["outcome"] == "PASS"
    assert all(check["timeout_s"] > 0 for check in checks.values())
