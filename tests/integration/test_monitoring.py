"""Watching this machine, a process and a command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cursus_readiness.cli.app import app
from cursus_readiness.errors import CannotRunError, UsageError
from cursus_readiness.model.result import PerformanceMetrics
from cursus_readiness.sampling.machine import MachineProbe

pytestmark = pytest.mark.slow
BUSY = "import time\nend = time.monotonic() + 3\nwhile time.monotonic() < end: pass"


def monitor(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cursus_readiness", "monitor-performance", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_whole_machine_is_watched_for_a_time(tmp_path: Path) -> None:
    done = monitor("--duration", "0.5", "--json", "--out", str(tmp_path))
    found = json.loads(done.stdout)
    metrics = PerformanceMetrics(**{name: found[name] for name in PerformanceMetrics.model_fields})
    assert metrics.memory_peak_mb > 50
    assert metrics.execution_time_seconds >= 0.5
    assert metrics.concurrent_tasks > 1
    assert found["recommendations"] == []
    page = (tmp_path / "performance.html").read_text()
    assert "default-src &#39;none&#39;" in page
    assert "<script" not in page


def test_a_command_is_watched_until_it_ends_and_gets_its_diagnosis(tmp_path: Path) -> None:
    done = monitor("--interval", "0.1", "--out", str(tmp_path), "--", sys.executable, "-c", BUSY)
    assert done.returncode == 0, done.stderr
    assert "computes in one thread" in done.stdout
    assert "computes in one thread" in (tmp_path / "performance.html").read_text()


def test_the_exit_code_is_that_of_the_command() -> None:
    code = "import time; time.sleep(0.3); raise SystemExit(7)"
    assert monitor("--", sys.executable, "-c", code).returncode == 7
    assert monitor("--", sys.executable, "-c", "import os, time; time.sleep(0.3); os.abort()").returncode == 134


def test_what_a_command_prints_does_not_spoil_the_json() -> None:
    done = monitor("--json", "--", sys.executable, "-c", "import time; print('hello'); time.sleep(0.5)")
    assert json.loads(done.stdout)["memory_peak_mb"] > 1
    assert "hello" in done.stderr


def test_a_process_is_watched_until_it_ends() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        done = monitor("--pid", str(process.pid), "--duration", "0.5")
        assert "process 1" not in done.stdout
        assert "memory, peak" in done.stdout
        process.kill()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--pid", "999999999"], "there is no process", id="no process"),
        pytest.param(["--", "/no/such/program"], "cannot be started", id="no program"),
        pytest.param(["--pid", "1", "--", "true"], "cannot both be watched", id="both"),
    ],
)
def test_what_cannot_be_watched_is_a_usage_error(arguments: list[str], said: str) -> None:
    found = CliRunner().invoke(app, ["monitor-performance", *arguments])
    assert isinstance(found.exception, UsageError)
    assert said in found.exception.message


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = CliRunner().invoke(app, ["monitor-performance", "--duration", "0.2", "--out", str(tmp_path / "file")])
    assert isinstance(found.exception, CannotRunError)


def test_a_machine_that_does_not_tell_is_not_measured(tmp_path: Path) -> None:
    probe = MachineProbe(tmp_path)
    assert probe.read() is None
    assert probe.read_shares() is None
    probe.close()
