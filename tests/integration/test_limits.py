"""Steps that do not behave: every one ends as what it is, and leaves no process behind."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.model.result import E2ETestResult, StepStatus
from cursus_readiness.units import MIB
from pipelines import processing, write_pipeline
from processes import processes_marked

pytestmark = pytest.mark.slow


def run_one(tmp_path: Path, script: str, **scenario: Any) -> E2ETestResult:
    """Run a pipeline of one step, S."""
    path = write_pipeline(tmp_path, [processing("S", "s.py")], {"s.py": script}, **scenario)
    return workflow.run(path, tmp_path / "reports").report.scenarios[0]


def test_exit_code_and_last_line_of_the_log_are_the_reason(tmp_path: Path) -> None:
    result = run_one(tmp_path, "raise ValueError('no rows in input')")
    step = result.steps[0]
    assert (step.status, step.exit_code, step.signal) == (StepStatus.FAILED, 1, None)
    assert step.reason == "exit code 1: ValueError: no rows in input"
    assert result.error_details == "step S: exit code 1: ValueError: no rows in input"


def test_a_signal_is_told_from_an_exit_code(tmp_path: Path) -> None:
    step = run_one(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)").steps[0]
    assert (step.status, step.exit_code, step.signal) == (StepStatus.FAILED, None, 9)
    assert step.reason == "ended by signal 9 (Killed)"


def test_a_step_over_its_time_limit_is_stopped_and_its_measurements_kept(tmp_path: Path) -> None:
    limits = {"S": {"timeout_minutes": 0.01}}
    step = run_one(tmp_path, "import time\ntime.sleep(600)", steps=limits).steps[0]
    assert step.status is StepStatus.TIMED_OUT
    assert step.reason == "stopped at its time limit of 600 ms"
    assert step.usage.sample_count > 0
    assert step.usage.peak_memory_bytes


def test_a_step_that_ignores_all_requests_is_killed_after_its_grace_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cursus_readiness.sandbox.grace.INTERRUPT_GRACE_S", 0.1)
    monkeypatch.setattr("cursus_readiness.sandbox.grace.TERMINATE_GRACE_S", 0.2)
    script = "import signal, time\nsignal.signal(2, signal.SIG_IGN)\nsignal.signal(15, signal.SIG_IGN)\ntime.sleep(600)"
    step = run_one(tmp_path, script, steps={"S": {"timeout_minutes": 0.01}}).steps[0]
    assert (step.status, step.signal) == (StepStatus.TIMED_OUT, 9)


def test_a_step_over_its_memory_limit_is_stopped_before_it_has_it_all(tmp_path: Path) -> None:
    script = (
        "import time\nheld = []\nfor _ in range(400):\n    held.append(bytearray(5 << 20))\n    time.sleep(0.005)\n"
    )
    step = run_one(tmp_path, script, memory_limit_gb=0.2).steps[0]
    assert step.status is StepStatus.OUT_OF_MEMORY
    assert step.usage.peak_memory_bytes is not None
    assert 180 * MIB < step.usage.peak_memory_bytes < 500 * MIB


def test_a_spike_between_samples_is_found_by_the_kernels_high_water_mark(tmp_path: Path) -> None:
    step = run_one(tmp_path, "x = bytearray(300 << 20)\ndel x").steps[0]
    assert step.status is StepStatus.SUCCEEDED
    assert step.usage.peak_memory_bytes is not None
    assert 300 * MIB <= step.usage.peak_memory_bytes < 330 * MIB


def test_memory_that_forks_share_is_not_counted_once_each(tmp_path: Path) -> None:
    script = """
import os, time
shared = bytearray(os.urandom(1)) * (200 << 20)
children = []
for _ in range(4):
    pid = os.fork()
    if pid == 0:
        time.sleep(1.5)
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
"""
    step = run_one(tmp_path, script, memory_limit_gb=0.5).steps[0]
    assert step.status is StepStatus.SUCCEEDED, step.reason
    usage = step.usage
    assert usage.peak_rss_bytes is not None
    assert usage.peak_memory_bytes is not None
    assert usage.peak_rss_bytes > 900 * MIB
    assert 200 * MIB < usage.peak_memory_bytes < 300 * MIB
    assert usage.peak_process_count == 5


def test_cpu_of_children_too_short_to_be_sampled_is_counted(tmp_path: Path) -> None:
    script = """
import os, subprocess, sys
for _ in range(20):
    subprocess.run([sys.executable, "-S", "-c", "sum(range(200000))"], check=True)
times = os.times()
print(times.user + times.system + times.children_user + times.children_system)
"""
    step = run_one(tmp_path, script).steps[0]
    said = float(next(tmp_path.glob("reports/2*/pipeline/S/stdout.log")).read_text(encoding="utf-8"))
    assert step.usage.cpu_s is not None
    assert 0.9 * said < step.usage.cpu_s < 1.3 * said + 0.1


ESCAPES = {
    "child": "subprocess.Popen([sys.executable, '-c', SLEEP, MARK])",
    "own session": "subprocess.Popen([sys.executable, '-c', SLEEP, MARK], start_new_session=True)",
    "ignores SIGTERM": "subprocess.Popen([sys.executable, '-c', 'import signal; signal.signal(15, 1);' + SLEEP, MARK])",
    "double fork": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, '-c', SLEEP, MARK])
    os._exit(0)
os.wait()
""",
    "respawns": """
again = "import os, sys\\nwhile True:\\n    if os.fork() == 0:\\n        import time; time.sleep(600)\\n    os.wait()"
subprocess.Popen([sys.executable, '-c', again, MARK], start_new_session=True)
""",
    "twins that restart each other": """
twins = '''
import os, time
other = os.fork() or os.getppid()
while True:
    time.sleep(0.001)
    try:
        if open(f"/proc/{other}/stat").read().split()[2] != "Z":
            continue
    except FileNotFoundError:
        pass
    me = os.getpid()
    other = os.fork() or me
'''
subprocess.Popen([sys.executable, '-c', twins, MARK], start_new_session=True)
""",
    "never the same process for long": """
chain = "import os, time\\nwhile True:\\n    if os.fork():\\n        os._exit(0)\\n    time.sleep(0.001)"
subprocess.Popen([sys.executable, '-c', chain, MARK], start_new_session=True)
""",
}


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES.keys())
@pytest.mark.parametrize(
    "ending", ["import time; time.sleep(600)", "", "os._exit(3)"], ids=["timeout", "exit 0", "exit 3"]
)
def test_nothing_of_a_tree_is_left_however_it_was_started(tmp_path: Path, escape: str, ending: str) -> None:
    mark = f"readiness-escape-{tmp_path.name}-{os.getpid()}"
    script = (
        f"import os, subprocess, sys\nSLEEP = 'import time; time.sleep(600)'\nMARK = {mark!r}\n{escape}\n{ending}\n"
    )
    result = run_one(tmp_path, script, steps={"S": {"timeout_minutes": 0.01}})
    expected = {"": StepStatus.SUCCEEDED, "os._exit(3)": StepStatus.FAILED}.get(ending, StepStatus.TIMED_OUT)
    assert result.steps[0].status is expected
    assert processes_marked(mark) == []


def test_steps_that_do_not_depend_on_a_failed_one_go_on(tmp_path: Path) -> None:
    steps = [
        processing("Fails", "fail.py"),
        processing("Follows", "ok.py", depends_on=["Fails"]),
        processing("FollowsThat", "ok.py", depends_on=["Follows"]),
        processing("Independent", "ok.py"),
    ]
    path = write_pipeline(tmp_path, steps, {"fail.py": "raise SystemExit(3)", "ok.py": ""})
    result = workflow.run(path, tmp_path / "reports").report.scenarios[0]
    assert [(step.step_name, step.status.value, step.reason) for step in result.steps] == [
        ("Fails", "failed", "exit code 3"),
        ("Follows", "blocked", "upstream Fails failed"),
        ("FollowsThat", "blocked", "upstream Follows was blocked"),
        ("Independent", "succeeded", None),
    ]


def test_a_step_that_passes_when_tried_again_is_flaky_and_not_silently_green(tmp_path: Path) -> None:
    # nothing of an attempt is left for the next one but its log, so that is where the script looks
    script = "import os, sys\nsize = os.fstat(1).st_size\nprint('an attempt')\nsys.exit(0 if size else 1)"
    result = run_one(tmp_path, script, retries=1)
    step = result.steps[0]
    assert (step.status, step.attempt_count) == (StepStatus.FLAKY, 2)
    assert step.reason == "succeeded at attempt 2"


def test_a_step_of_an_unsupported_type_is_never_a_pass(tmp_path: Path) -> None:
    steps = [
        processing("First", "ok.py"),
        {"Name": "Cluster", "Type": "EMR", "Arguments": {}, "DependsOn": ["First"]},
    ]
    path = write_pipeline(tmp_path, steps, {"ok.py": ""})
    report = workflow.run(path, tmp_path / "reports").report
    step = report.scenarios[0].steps[1]
    assert step.status is StepStatus.NOT_EXECUTED
    assert step.reason == "step type EMR cannot be executed here"
    assert (report.verdict.value, report.exit_code) == ("INCONCLUSIVE", 11)


def test_a_scenario_over_its_time_limit_does_not_start_what_is_left(tmp_path: Path) -> None:
    class Clock:
        """Every look at it is a minute later."""

        def __init__(self) -> None:
            from cursus_readiness.clock import SystemClock

            self.real, self.offset = SystemClock(), 0.0

        def monotonic(self) -> float:
            return self.real.monotonic() + self.offset

        def now(self) -> datetime:
            return self.real.now()

    clock = Clock()
    steps = [processing("First", "ok.py"), processing("Second", "ok.py", depends_on=["First"])]
    path = write_pipeline(tmp_path, steps, {"ok.py": ""}, timeout_minutes=1)

    def pass_time(event: dict[str, object]) -> None:
        if event["event"] == "step_finished":
            clock.offset = 61.0

    report = workflow.run(path, tmp_path / "reports", clock=clock, listener=pass_time).report
    step = report.scenarios[0].steps[1]
    assert (step.status, step.reason) == (
        StepStatus.NOT_EXECUTED,
        "the scenario's time limit of 1 min 00 s was used up",
    )
    assert report.verdict.value != "READY"


@pytest.mark.parametrize("cgroup", ["on", "off"])
def test_pages_of_a_mapped_file_are_not_memory_that_must_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cgroup: str
) -> None:
    monkeypatch.setenv("READINESS_CGROUP", cgroup)
    script = """
import mmap, time
size = 400 << 20
with open("/opt/ml/processing/output/big", "wb") as file:
    for _ in range(size >> 20):
        file.write(b"x" * (1 << 20))
with open("/opt/ml/processing/output/big", "rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    for offset in range(0, size, 4096):
        mapped[offset]
    time.sleep(0.5)
"""
    path = write_pipeline(
        tmp_path, [processing("S", "s.py", outputs={".": "s3://bucket/out"})], {"s.py": script}, memory_limit_gb=0.2
    )
    step = workflow.run(path, tmp_path / "reports").report.scenarios[0].steps[0]
    assert step.status is StepStatus.SUCCEEDED, step.reason
    assert step.limited_memory_bytes is not None
    assert step.limited_memory_bytes < 100 * MIB
    if step.limited_by != "polling":  # the kernel takes pages of files back
        return
    assert step.usage.peak_rss_bytes is not None
    assert step.usage.peak_memory_bytes is not None
    assert step.usage.peak_rss_bytes > 400 * MIB
    assert step.usage.peak_memory_bytes > 400 * MIB


@pytest.mark.own_root
def test_shared_memory_files_have_no_more_room_than_the_limit(tmp_path: Path) -> None:
    script = "open('/dev/shm/big', 'wb').write(bytes(300 << 20))"
    step = run_one(tmp_path, script, memory_limit_gb=0.25).steps[0]
    assert step.status.has_failed


def test_many_children_that_nobody_waits_for_end_in_time(tmp_path: Path) -> None:
    script = """
import os
for _ in range(1500):
    if os.fork() == 0:
        os._exit(0)
"""
    step = run_one(tmp_path, script).steps[0]
    assert step.status is StepStatus.SUCCEEDED, step.reason
