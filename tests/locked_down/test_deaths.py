"""Whoever of a run is killed, its steps end with it and /opt/ml is put back."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from cursus_readiness import workflow
from opt_ml import state_of_opt_ml
from pipelines import processing, write_pipeline

STEP = """
import os, subprocess, sys
pipe = os.open({pipe!r}, os.O_WRONLY)
os.set_inheritable(pipe, True)
open("/opt/ml/more", "w")
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], close_fds=False, start_new_session=True)
os.write(pipe, f"{{os.getppid()}} {{os.getpid()}}".encode())
import time; time.sleep(600)
"""


@dataclass
class Running:
    """A run in the middle of its step; ``pipe`` is open at its other end as long as a process of the step lives."""

    tool: subprocess.Popen[bytes]
    launcher: int
    guard: int
    step: int
    pipe: int

    def wait(self) -> None:
        """Wait until no process of the step is left, and no launcher."""
        watched = [os.pidfd_open(self.guard)] if Path(f"/proc/{self.guard}").exists() else []
        watched += [os.pidfd_open(self.launcher)] if Path(f"/proc/{self.launcher}").exists() else []
        assert os.read(self.pipe, 1) == b""
        for descriptor in watched:
            assert select.select([descriptor], [], [], 60)[0]
            os.close(descriptor)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    scenario = write_pipeline(tmp_path, [processing("Step", "s.py")], {"s.py": STEP.format(pipe=str(pipe))})
    command = [sys.executable, "-m", "cursus_readiness", "run", str(scenario), "--out", str(tmp_path / "reports")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as tool:
        reader, ended = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), os.pidfd_open(tool.pid)
        assert select.select([reader, ended], [], [], 60)[0] == [reader]
        os.close(ended)
        os.set_blocking(reader, True)
        launcher, step = map(int, os.read(reader, 100).split())
        stat = Path(f"/proc/{launcher}/stat").read_text(encoding="utf-8")
        yield Running(tool, launcher, int(stat.rpartition(")")[2].split()[1]), step, reader)
        tool.kill()
    os.close(reader)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = state_of_opt_ml()
    yield
    assert state_of_opt_ml() == before


@pytest.mark.parametrize("victims", ["tool", "launcher", "guard", "tool and launcher", "tool and guard"])
def test_nothing_is_left_when_one_is_killed(running: Running, victims: str) -> None:
    for victim in reversed(victims.split(" and ")):
        os.kill(running.tool.pid if victim == "tool" else getattr(running, victim), signal.SIGKILL)
    if victims == "guard":  # the run goes on, and ends as it should
        running.tool.terminate()
    running.wait()
    running.tool.wait()


def test_an_interrupted_run_ends_its_step_first(running: Running) -> None:
    running.tool.send_signal(signal.SIGINT)
    running.wait()
    assert running.tool.wait() == 130


def test_the_run_after_one_whose_every_process_was_killed_tidies_up(running: Running, tmp_path: Path) -> None:
    for victim in (running.guard, running.launcher, running.tool.pid):
        os.kill(victim, signal.SIGKILL)
    os.killpg(running.step, signal.SIGKILL)
    for entry in os.listdir("/proc"):  # what else is left of the step has the pipe open
        if entry.isdigit() and int(entry) != os.getpid() and _has_open(entry, tmp_path / "pipe"):
            os.kill(int(entry), signal.SIGKILL)
    running.wait()
    assert Path("/opt/ml/processing/input/code/s.py").exists()
    Path("/opt/ml/more").unlink()  # of a name that no run has placed there: it could be somebody's
    scenario = write_pipeline(tmp_path / "next", [processing("A", "a.py")], {"a.py": ""})
    result = workflow.run(scenario, tmp_path / "reports").report.scenarios[0]
    assert result.success, result.error_details


def _has_open(pid: str, file: Path) -> bool:
    """Whether a process has a file open; one that is just being started opens and closes others meanwhile."""
    with suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{number}") == str(file):
                    return True
    return False
