"""What ended a step is told apart, and no step can fill the disk with its logs or its data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.model.result import StepCause, StepResult, StepStatus
from cursus_readiness.sandbox.client import LauncherClient
from cursus_readiness.units import MIB
from pipelines import processing, write_pipeline
from processes import processes_marked

pytestmark = pytest.mark.slow
GRACE = "cursus_readiness.sandbox.grace"


def run_one(tmp_path: Path, script: str, **scenario: Any) -> StepResult:
    """Run a pipeline of one step, S."""
    path = write_pipeline(tmp_path, [processing("S", "s.py")], {"s.py": script}, **scenario)
    return workflow.run(path, tmp_path / "reports").report.scenarios[0].steps[0]


@pytest.fixture(params=["on", "off"])
def cgroup(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With a control group, where one can be had, and without."""
    monkeypatch.setenv("READINESS_CGROUP", request.param)
    return str(request.param)


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{GRACE}.INTERRUPT_GRACE_S", 0.3)
    monkeypatch.setattr(f"{GRACE}.TERMINATE_GRACE_S", 0.3)


ENDS = {
    "exit code": ("raise SystemExit(3)", StepCause.EXIT_CODE, StepStatus.FAILED),
    "signal": ("import os; os.kill(os.getpid(), 11)", StepCause.SIGNAL, StepStatus.FAILED),
    "killed by itself": ("import os; os.kill(os.getpid(), 9)", StepCause.SIGNAL, StepStatus.FAILED),
    "failure file": (
        "open('/opt/ml/output/message', 'w').write('no rows'); raise SystemExit(1)",
        StepCause.FAILURE_FILE,
        StepStatus.FAILED,
    ),
    "success": ("pass", None, StepStatus.SUCCEEDED),
    "no output, and binary": (
        "import os; os.write(1, bytes(range(256))); os.close(1); os.close(2)",
        None,
        StepStatus.SUCCEEDED,
    ),
}


@pytest.mark.parametrize(("script", "cause", "status"), ENDS.values(), ids=ENDS.keys())
def test_every_end_has_its_cause(tmp_path: Path, script: str, cause: StepCause | None, status: StepStatus) -> None:
    step = run_one(tmp_path, script)
    assert (step.cause, step.status) == (cause, status), step.reason
    assert (step.stdout_dropped_bytes, step.stderr_dropped_bytes) == (0, 0)


def test_a_program_that_is_not_there_is_not_started(tmp_path: Path) -> None:
    step = processing("S", "s.py", entrypoint=["no-such-program"])
    path = write_pipeline(tmp_path, [step], {"s.py": ""})
    result = workflow.run(path, tmp_path / "reports").report.scenarios[0].steps[0]
    assert (result.cause, result.exit_code) == (StepCause.NOT_STARTED, None)


HUNGRY = "held = []\nwhile True: held.append(bytearray(8 << 20))"
WITH_A_HUNGRY_CHILD = f"""
import subprocess, sys, time
subprocess.run([sys.executable, "-c", {HUNGRY!r}, MARK])
time.sleep(600)
"""


@pytest.mark.parametrize("script", [HUNGRY, WITH_A_HUNGRY_CHILD], ids=["the first process", "a child"])
def test_at_the_memory_limit_the_whole_tree_ends(tmp_path: Path, cgroup: str, script: str) -> None:
    mark = f"readiness-hungry-{tmp_path.name}-{os.getpid()}"
    step = run_one(tmp_path, f"MARK = {mark!r}\n{script}", memory_limit_gb=0.2, steps={"S": {"timeout_minutes": 1}})
    assert (step.status, step.cause) == (StepStatus.OUT_OF_MEMORY, StepCause.MEMORY_LIMIT), step.reason
    assert processes_marked(mark) == []
    if step.limited_by != "polling":
        assert step.usage.cgroup_peak_bytes is not None
        assert step.usage.cgroup_peak_bytes <= 0.2 * 1024 * MIB
    assert cgroup == "on" or step.limited_by == "polling"


STOPS = {
    "stops itself": "import os; os.kill(os.getpid(), 19)",
    "a stopped tree": (
        "import os, subprocess, sys, time\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(600)', MARK]\n"
        "child = subprocess.Popen(sleep, start_new_session=True)\n"
        "os.kill(child.pid, 19); os.kill(os.getpid(), 19); time.sleep(600)"
    ),
    "stops when it is woken": (
        "import os, signal, time\nsignal.signal(18, lambda *_: os.kill(os.getpid(), 19))\n"
        "signal.signal(2, signal.SIG_IGN); signal.signal(15, signal.SIG_IGN)\nos.kill(os.getpid(), 19)\n"
        "while True: time.sleep(1)"
    ),
}


@pytest.mark.parametrize("script", STOPS.values(), ids=STOPS.keys())
def test_a_stopped_step_ends_at_its_time_limit(tmp_path: Path, script: str) -> None:
    mark = f"readiness-stopped-{tmp_path.name}-{os.getpid()}"
    step = run_one(tmp_path, f"MARK = {mark!r}\n{script}", steps={"S": {"timeout_minutes": 0.01}})
    assert (step.status, step.cause) == (StepStatus.TIMED_OUT, StepCause.TIME_LIMIT)
    assert processes_marked(mark) == []


def test_a_step_is_interrupted_before_it_is_terminated(tmp_path: Path) -> None:
    script = """
import signal, sys, time
def word(number, frame):
    print(number, flush=True)
    if number == 15: sys.exit(0)
for number in (2, 15): signal.signal(number, word)
while True: time.sleep(1)
"""
    step = run_one(tmp_path, script, steps={"S": {"timeout_minutes": 0.02}})
    assert (step.status, step.cause) == (StepStatus.TIMED_OUT, StepCause.TIME_LIMIT)
    log = next(tmp_path.glob("reports/2*/pipeline/S/stdout.log"))
    assert log.read_text(encoding="utf-8").split() == ["2", "15"]


def test_of_a_flood_head_and_tail_are_kept(tmp_path: Path) -> None:
    script = """
import os
os.write(1, b"first\\n")
block = b"x" * (1 << 20)
for _ in range(300): os.write(1, block)
os.write(1, b"\\nlast")
os.write(2, b"few")
"""
    step = run_one(tmp_path, script, log_limit_mb=1)
    assert step.status is StepStatus.SUCCEEDED
    written = 300 * MIB + len("first\n" + "\nlast")
    assert (step.stdout_dropped_bytes, step.stderr_dropped_bytes) == (written - MIB, 0)
    log = next(tmp_path.glob("reports/2*/pipeline/S/stdout.log")).read_bytes()
    assert log.startswith(b"first\n")
    assert log.endswith(b"\nlast")
    assert f"\n[... {written - MIB} bytes dropped ...]\n".encode() in log
    assert len(log) < MIB + 100


def test_a_step_over_the_disk_limit_is_stopped(tmp_path: Path) -> None:
    script = """
with open("/opt/ml/output/big", "wb") as file:
    for _ in range(4000):
        file.write(b"x" * (1 << 20))
        file.flush()
"""
    step = run_one(tmp_path, script, disk_limit_gb=0.1)
    assert (step.status, step.cause) == (StepStatus.FAILED, StepCause.DISK_LIMIT), step.reason
    assert step.reason == "stopped at the disk limit of 102 MiB for all steps together"


def test_what_is_removed_again_does_not_count_for_the_disk_limit(tmp_path: Path) -> None:
    script = """
import os
for _ in range(10):
    with open("/tmp/again", "wb") as file: file.write(b"x" * (30 << 20))
    os.unlink("/tmp/again")
"""
    assert run_one(tmp_path, script, disk_limit_gb=0.1).status is StepStatus.SUCCEEDED


def test_groups_are_gone_after_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owners: list[str] = []  # of this run: others, beside it, may have groups, and may just have been killed
    leave = LauncherClient.__exit__

    def note_and_leave(self: LauncherClient, *error: Any) -> None:
        owners.append(str(self._process.pid))
        leave(self, *error)

    monkeypatch.setattr(LauncherClient, "__exit__", note_and_leave)
    run_one(tmp_path, "pass")
    groups = Path("/proc/self/cgroup").read_text(encoding="utf-8")
    mine = [line.split(":", 2)[2] for line in groups.splitlines() if line.split(":")[1] == "memory"]
    left = [path for group in mine for path in Path(f"/sys/fs/cgroup/memory{group}").glob("cursus-readiness-*")]
    assert owners
    assert [path.name for path in left if path.name.split("-")[2] in owners] == []
