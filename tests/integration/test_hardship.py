"""Steps that behave as badly as they can: each ends as what it is, nothing is left, and the report can be read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.model.report import ReadinessReport, RunSettings, Verdict
from cursus_readiness.model.result import StepCause, StepResult, StepStatus
from cursus_readiness.sampling.process import KeptFile
from cursus_readiness.units import MIB
from pipelines import processing, training, write_pipeline
from processes import processes_marked

pytestmark = pytest.mark.slow
GRACE = "cursus_readiness.sandbox.grace"
AT_ONCE = {"S": {"timeout_minutes": 0.01}}
IN_TIME = {"S": {"timeout_minutes": 1}}

Run = Callable[..., StepResult]


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{GRACE}.INTERRUPT_GRACE_S", 0.1)
    monkeypatch.setattr(f"{GRACE}.TERMINATE_GRACE_S", 0.1)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Run a pipeline of one step, S, and what follows it; then nothing of it may be left, and all of it be readable."""
    mark = f"readiness-hardship-{tmp_path.name}-{os.getpid()}"

    def run_one(script: str, *others: dict[str, Any], **scenario: Any) -> StepResult:
        step = processing("S", "s.py", outputs={"x": "s3://bucket/x"}, arguments=[mark])
        path = write_pipeline(
            tmp_path, [step, *others], {"s.py": script, "ok.py": ""}, **{"steps": IN_TIME, **scenario}
        )
        workflow.run(path, tmp_path / "reports")
        return readable(tmp_path).scenarios[0].steps[0]

    yield run_one
    assert processes_marked(mark) == []


def readable(tmp_path: Path) -> ReadinessReport:
    """The report of the run folder, made anew: all that a run leaves is there."""
    folder = (tmp_path / "reports/latest").resolve()
    assert (folder / "run.json").is_file()
    report = workflow.report(folder).report
    for step in report.scenarios[0].steps:
        files = folder / "pipeline" / step.step_name
        assert {path.name for path in files.iterdir()} >= {"result.json", "stdout.log", "stderr.log"}
        assert step.step_name in (folder / "readiness.html").read_text(encoding="utf-8")
    assert report.is_complete
    return report


def told_of_outputs(report: ReadinessReport) -> list[str]:
    """What was found in the outputs of S."""
    kinds = ("empty-output", "outside-link")
    return [item.message for item in report.scenarios[0].findings if item.step == "S" and item.id in kinds]


FAREWELL = {
    "closes its logs and fails": ("os.close(1); os.close(2); os._exit(7)", "exit code 7"),
    "writes binary": (
        "for log in (1, 2): os.write(log, bytes(range(256)) * 99 + b'\\n\\x00\\xff\\x1b[2J')\nos._exit(7)",
        "exit code 7: ",
    ),
    "writes lines that are none": (
        "os.write(2, '\\u2028\\u202e\\x85</script><b>&\\r\\x0c'.encode()); os._exit(7)",
        "exit code 7",
    ),
    "makes its log look like a terabyte": ("os.ftruncate(1, 1 << 40); os._exit(7)", "exit code 7"),
    "empties its log": ("os.write(1, b'x' * 9999); os.ftruncate(1, 0); os._exit(7)", "exit code 7"),
    "exhausts descriptors": (
        "files = []\nwhile True: files.append(os.open('/dev/null', 0))",
        "exit code 1: OSError: [Errno 24] Too many open files: '/dev/null'",
    ),
    "sets the clock": (
        "import time; time.clock_settime(time.CLOCK_REALTIME, time.time())",
        "exit code 1: PermissionError: [Errno 1] Operation not permitted",
    ),
}


@pytest.mark.parametrize(("script", "reason"), FAREWELL.values(), ids=FAREWELL.keys())
def test_a_step_that_fails_on_its_own_is_told_as_it_ended(run: Run, script: str, reason: str) -> None:
    step = run(f"import os\n{script}")
    assert (step.status, step.cause) == (StepStatus.FAILED, StepCause.EXIT_CODE)
    assert step.reason is not None
    assert step.reason.startswith(reason)
    assert step.reason.isprintable()


HARMLESS = {
    "closes its logs": "os.close(1); os.close(2)",
    "kills every process that it can see": """
if os.fork() == 0:
    signal.pause()
os.kill(-1, 9)
assert os.wait()[1] == 9
""",
    "names a child with newlines and parentheses": """
if os.fork() == 0:
    open("/proc/self/comm", "w").write("a) R (\\n b) Z 1")
    os.execv(sys.executable, ["x)\\n(", "-c", "import time; time.sleep(600)", sys.argv[1]])
time.sleep(0.2)
""",
    "2,000 children at once": """
for _ in range(2000):
    if os.fork() == 0:
        signal.pause()
""",
    "children that ignore all signals": """
for number in set(range(1, 65)) - {9, 19, 32, 33}:
    signal.signal(number, signal.SIG_IGN)
for _ in range(20):
    if os.fork() == 0:
        time.sleep(600)
""",
}


@pytest.mark.parametrize("script", HARMLESS.values(), ids=HARMLESS.keys())
def test_a_step_that_is_only_strange_succeeds(run: Run, script: str) -> None:
    step = run(f"import os, signal, sys, time\n{script}")
    assert (step.status, step.cause) == (StepStatus.SUCCEEDED, None), step.reason
    assert step.usage.cpu_s


STUBBORN = {
    "ignores all signals": """
for number in set(range(1, 65)) - {9, 19, 32, 33}:
    signal.signal(number, signal.SIG_IGN)
while True:
    signal.pause()
""",
    # bounded: 4,096 that go on forking what they lose would leave no process numbers to the tests beside this one
    "a fork bomb": """
for number in (2, 15):
    signal.signal(number, signal.SIG_IGN)
for _ in range(12):
    os.fork()
while True:
    signal.pause()
""",
    "stops all that it has": """
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        os.kill(os.getpid(), 19)
os.kill(os.getpid(), 19)
signal.pause()
""",
}


@pytest.mark.parametrize("script", STUBBORN.values(), ids=STUBBORN.keys())
def test_a_step_that_does_not_end_is_ended(run: Run, script: str) -> None:
    step = run(f"import os, signal\n{script}", steps=AT_ONCE, memory_limit_gb=8)
    assert (step.status, step.cause) == (StepStatus.TIMED_OUT, StepCause.TIME_LIMIT), step.reason


def test_of_a_gigabyte_on_its_output_little_is_ever_on_the_disk(run: Run, tmp_path: Path) -> None:
    # the step goes on only when what it has written is gone: were it not, the time limit would tell
    script = """
import os
block = b"x" * (4 << 20)
os.write(1, b"first")
for _ in range(256):
    os.write(1, block)
    while os.fstat(1).st_blocks * 512 > 64 << 20:
        os.sched_yield()
os.write(1, b"last")
"""
    step = run(script, log_limit_mb=1)
    written = 1024 * MIB + len("firstlast")
    assert (step.status, step.stdout_dropped_bytes, step.stderr_dropped_bytes) == (
        StepStatus.SUCCEEDED,
        written - MIB,
        0,
    )
    log = (tmp_path / "reports/latest/pipeline/S/stdout.log").read_bytes()
    assert (log[:5], log[-4:]) == (b"first", b"last")
    assert len(log) < MIB + 100
    assert sum(path.stat().st_blocks * 512 for path in (tmp_path / "reports/latest/").rglob("*")) < 16 * MIB


def test_a_step_that_removes_all_it_can_is_no_harm_to_the_next(run: Run, tmp_path: Path) -> None:
    script = """
import os, shutil
os.mkdir("/tmp/here")
os.chdir("/tmp/here")
for folder in ("/tmp/here", "/opt/ml", "/tmp", "/home"):
    shutil.rmtree(folder, ignore_errors=True)
assert not os.path.exists("/opt/ml")
"""
    step = run(script, processing("Next", "ok.py", depends_on=["S"]))
    assert step.status is StepStatus.SUCCEEDED, step.reason
    report = readable(tmp_path)
    assert report.scenarios[0].steps[1].status is StepStatus.SUCCEEDED
    assert told_of_outputs(report) == ["output 'x' is empty"]


def test_a_deep_output_without_permissions_is_collected_and_removed(run: Run, tmp_path: Path) -> None:
    script = """
import os
os.chdir("/opt/ml/processing/output/x")
for _ in range(100):
    os.mkdir("d")
    os.chdir("d")
open("data", "w").write("1")
os.chmod("data", 0)
for _ in range(100):
    os.chmod(".", 0)
    os.chdir(os.pardir) if os.geteuid() == 0 else None
"""
    step = run(script, processing("Next", "ok.py", depends_on=["S"]))
    assert step.status is StepStatus.SUCCEEDED, step.reason
    assert [output.file_count for output in step.outputs] == [1]
    assert readable(tmp_path).scenarios[0].steps[1].status is StepStatus.SUCCEEDED


SPECIAL = """
import os, socket
for folder in ({folder!r}, "/opt/ml/output"):
    os.chdir(folder)
    for name in ("failure", "message", "pipe"):
        os.mkfifo(name)
    socket.socket(socket.AF_UNIX).bind("socket")
os.chdir({folder!r})
open("data", "w").write("1")
for name in ("/home/readiness/.readiness-pip.jsonl", "/home/readiness/.aws/credentials"):
    if os.path.lexists(name):
        os.unlink(name)
    os.makedirs(os.path.dirname(name), exist_ok=True)
    os.mkfifo(name)
"""


def test_pipes_and_sockets_hold_nobody_up(run: Run, tmp_path: Path) -> None:
    step = run(SPECIAL.format(folder="/opt/ml/processing/output/x"), processing("Next", "ok.py", depends_on=["S"]))
    assert step.status is StepStatus.SUCCEEDED, step.reason
    assert [output.file_count for output in step.outputs] == [1]
    report = readable(tmp_path)
    left = "output 'x': left behind, not regular files: failure, message, pipe, socket"
    assert told_of_outputs(report) == [left]
    assert report.scenarios[0].steps[1].status is StepStatus.SUCCEEDED


def test_pipes_and_sockets_in_a_model_hold_nobody_up(tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "train.py").write_text(SPECIAL.format(folder="/opt/ml/model"), encoding="utf-8")
    with tarfile.open(code / "sourcedir.tar.gz", "w:gz") as tar:
        tar.add(code / "train.py", "train.py")
    path = write_pipeline(tmp_path, [training("S", "train.py", {})], {})
    workflow.run(path, tmp_path / "reports")
    assert readable(tmp_path).scenarios[0].steps[0].status is StepStatus.SUCCEEDED


FAILURES = {
    "exit code": ("raise SystemExit(3)", StepStatus.FAILED, StepCause.EXIT_CODE, {}),
    "failure file": (
        "open('/opt/ml/output/message', 'w').write('no rows'); raise SystemExit(1)",
        StepStatus.FAILED,
        StepCause.FAILURE_FILE,
        {},
    ),
    "signal": ("import os; os.kill(os.getpid(), 11)", StepStatus.FAILED, StepCause.SIGNAL, {}),
    "time limit": ("import time; time.sleep(600)", StepStatus.TIMED_OUT, StepCause.TIME_LIMIT, {"steps": AT_ONCE}),
    "memory limit": (
        "held = []\nwhile True: held.append(bytearray(8 << 20))",
        StepStatus.OUT_OF_MEMORY,
        StepCause.MEMORY_LIMIT,
        {"memory_limit_gb": 0.1},
    ),
    "disk limit": (
        "import os\nwith open('/tmp/big', 'wb') as file:\n    while True: file.write(bytes(1 << 20)); file.flush()",
        StepStatus.FAILED,
        StepCause.DISK_LIMIT,
        {"disk_limit_gb": 0.02},
    ),
}


@pytest.mark.parametrize(("script", "status", "cause", "limits"), FAILURES.values(), ids=FAILURES.keys())
def test_every_failure_is_tried_again_and_told_as_the_last_attempt_ended(
    run: Run, tmp_path: Path, script: str, status: StepStatus, cause: StepCause, limits: dict[str, Any]
) -> None:
    step = run(f"print('an attempt', flush=True)\n{script}", retries=2, **limits)
    assert (step.status, step.cause, step.attempt_count) == (status, cause, 3), step.reason
    log = (tmp_path / "reports/latest/pipeline/S/stdout.log").read_text(encoding="utf-8").split("\n")
    assert [line for line in log if line] == [
        "an attempt", "--- attempt 2 ---", "an attempt", "--- attempt 3 ---", "an attempt",
    ]  # fmt: skip


def test_a_program_that_is_not_there_is_tried_again_too(tmp_path: Path) -> None:
    step = processing("S", "s.py", entrypoint=["no-such-program"])
    workflow.run(write_pipeline(tmp_path, [step], {"s.py": ""}, retries=2), tmp_path / "reports")
    result = readable(tmp_path).scenarios[0].steps[0]
    assert (result.status, result.cause, result.attempt_count) == (StepStatus.FAILED, StepCause.NOT_STARTED, 3)


MODEST = """
import os, socket, sys
with open("/tmp/some", "wb") as file:
    for _ in range(100): file.write(bytes(1 << 20))
with socket.socket(socket.AF_UNIX) as listener:  # its name is the network's, which steps share
    listener.bind("\\0" + sys.argv[1])
    listener.listen()
    listener.accept()[0].recv(1)
"""
GREEDY = """
import os, socket, sys, time
other = socket.socket(socket.AF_UNIX)
while other.connect_ex("\\0" + sys.argv[1]):
    os.sched_yield()
with open("/tmp/more", "wb") as file:
    for _ in range(200): file.write(bytes(1 << 20))
time.sleep(600)  # or the other, which ends with this one, might count no more when this one is looked at last
"""


def test_steps_side_by_side_hold_the_disk_limit_together_and_the_largest_is_ended(tmp_path: Path) -> None:
    mark = f"readiness-hardship-{tmp_path.name}-{os.getpid()}"
    steps = [processing(name, f"{name}.py", arguments=[mark]) for name in ("Modest", "Greedy")]
    scripts = {"Modest.py": MODEST, "Greedy.py": GREEDY}
    path = write_pipeline(tmp_path, steps, scripts, disk_limit_gb=0.2, timeout_minutes=1)
    workflow.run(path, tmp_path / "reports", settings=RunSettings(jobs=2))
    modest, greedy = readable(tmp_path).scenarios[0].steps
    assert modest.status is StepStatus.SUCCEEDED, modest.reason
    assert (greedy.status, greedy.cause) == (StepStatus.FAILED, StepCause.DISK_LIMIT), greedy.reason


SLOW = "import time\nheld = bytearray(150 << 20)\ntime.sleep(0.3)"


@pytest.mark.parametrize(("limit_gb", "status"), [(1, StepStatus.SUCCEEDED), (0.1, StepStatus.OUT_OF_MEMORY)])
def test_where_no_process_can_be_looked_at_the_end_tells_what_was_used(
    run: Run, monkeypatch: pytest.MonkeyPatch, limit_gb: float, status: StepStatus
) -> None:
    def hidden(self: KeptFile) -> bytes:
        raise PermissionError

    monkeypatch.setattr(KeptFile, "read", hidden)
    monkeypatch.setenv("READINESS_CGROUP", "off")
    step = run(SLOW, memory_limit_gb=limit_gb)
    assert (step.status, step.limited_by) == (status, "polling"), step.reason
    usage = step.usage
    assert (usage.sample_count, usage.cadence_hz, usage.peak_rss_bytes, usage.peak_process_count) == (
        0,
        None,
        None,
        None,
    )
    assert usage.cpu_s
    assert usage.peak_memory_bytes is not None
    assert 150 * MIB < usage.peak_memory_bytes < 200 * MIB
    assert usage.peak_memory_line.startswith("HWM ")
    assert usage.peak_memory_line.endswith(", not sampled")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Callable[[str, Path], subprocess.CompletedProcess[str]]:
    """Run a scenario where the mounts are what a shell script makes of them, and nobody else sees it."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("mounting takes root and unshare")

    def run_there(mounts: str, scenario: Path) -> subprocess.CompletedProcess[str]:
        command = f"{sys.executable} -m cursus_readiness run {scenario} --out {tmp_path}/mounted"
        # what is mounted is gone with its namespace, so what is looked at is copied out of it before
        copying = f"code=$?\ncp -a {tmp_path}/mounted {tmp_path}/reports\nexit $code"
        script = f"mkdir {tmp_path}/mounted\n{mounts}\n{command}\n{copying}"
        shell = ["unshare", "--mount", "sh", "-c", script]
        return subprocess.run(shell, capture_output=True, text=True, timeout=120, check=False)

    return run_there


def test_where_groups_cannot_be_made_the_result_says_what_holds_the_limit(
    tmp_path: Path, elsewhere: Callable[[str, Path], subprocess.CompletedProcess[str]]
) -> None:
    mounts = """
for point in $(awk '$5 ~ "^/sys/fs/cgroup" {print $5}' /proc/self/mountinfo); do mount -o remount,bind,ro $point; done
"""
    hungry = "held = []\nwhile True: held.append(bytearray(8 << 20))"
    steps = [processing("A", "ok.py"), processing("S", "s.py")]
    path = write_pipeline(tmp_path, steps, {"ok.py": "", "s.py": hungry}, memory_limit_gb=0.1)
    outcome = elsewhere(mounts, path)
    assert outcome.returncode == 10, outcome.stderr
    calm, over = readable(tmp_path).scenarios[0].steps
    assert (calm.status, over.cause) == (StepStatus.SUCCEEDED, StepCause.MEMORY_LIMIT)
    for step in (calm, over):
        assert (step.limited_by, step.oom_kill_count, step.usage.cgroup_peak_bytes) == ("polling", None, None)


def test_a_full_disk_ends_the_run_and_what_was_measured_is_kept(
    tmp_path: Path, elsewhere: Callable[[str, Path], subprocess.CompletedProcess[str]]
) -> None:
    greedy = "with open('/tmp/big', 'wb') as file:\n    while True: file.write(bytes(1 << 16)); file.flush()"
    steps = [processing("A", "ok.py"), processing("S", "s.py", depends_on=["A"])]
    path = write_pipeline(tmp_path, steps, {"ok.py": "", "s.py": greedy})
    outcome = elsewhere(f"mount -t tmpfs -o size=24m none {tmp_path}/mounted", path)
    assert outcome.returncode == 5, outcome.stdout + outcome.stderr
    assert "No space left on device\n  fix: free some space and run again" in outcome.stderr
    folder = next(entry for entry in (tmp_path / "reports").glob("2*") if not entry.is_symlink())
    assert not (folder / "run.json").exists()
    report = workflow.report(folder).report
    assert report.verdict is Verdict.INCONCLUSIVE
    assert [step.status for step in report.scenarios[0].steps] == [StepStatus.SUCCEEDED, StepStatus.INTERRUPTED]
