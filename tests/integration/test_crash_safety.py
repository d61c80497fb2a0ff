"""The tool is killed at any moment: nothing runs on, what was measured is readable, and the run can go on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cursus_readiness import workflow
from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.report import Verdict
from pipelines import output_of, processing, write_pipeline
from processes import processes_marked

pytestmark = pytest.mark.slow

MOMENTS = int(os.environ.get("READINESS_CRASH_MOMENTS", "12"))

WORK = """
import subprocess, sys
subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)", sys.argv[1]], start_new_session=True)
total = sum(range(2_000_000))
open("/opt/ml/processing/output/x/v.csv", "w").write(f"total\\n{total}\\n")
"""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A scenario of five steps in a diamond with a tail, each with a daemon of its own; and what marks them."""
    folder = tmp_path_factory.mktemp("crash")
    mark = f"readiness-crash-{folder.name}-{os.getpid()}"
    steps = []
    for name, needs in {"A": [], "B": ["A"], "C": ["A"], "D": ["B", "C"], "E": ["D"]}.items():
        inputs = {need.lower(): output_of(need, "x") for need in needs}
        outputs = {"x": f"s3://bucket/{name}"}
        steps.append(processing(name, "work.py", inputs=inputs, outputs=outputs, arguments=[mark]))
    rules = {name: {"x/v.csv": {"row_count": "== 1"}} for name in "ABCDE"}
    return write_pipeline(folder, steps, {"work.py": WORK}, validation_rules=rules), mark


def start(path: Path, out: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cursus_readiness", "run", str(path), "--out", str(out), *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run_folders(out: Path) -> list[Path]:
    return [entry for entry in out.glob("2*") if not entry.is_symlink()]


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_whenever_the_tool_is_killed_the_run_goes_on_to_the_same_verdict(
    pipeline: tuple[Path, str], tmp_path: Path, moment: int
) -> None:
    path, mark = pipeline
    jobs = ["--jobs", str(1 + moment % 2)]
    process = start(path, tmp_path, *jobs)
    try:
        # from before the first file to after the last one, whatever this machine's speed: most runs take 1 to 3 s
        process.wait(random.Random(moment).uniform(0.3, 2.5))
    except subprocess.TimeoutExpired:
        process.kill()
    process.wait()
    while processes_marked(mark):  # the kernel ends them; a test that hangs here has found one that stays
        os.sched_yield()
    folders = run_folders(tmp_path)
    if not folders or not (folders[0] / "events.jsonl").exists():
        return  # killed before the run began
    folder = folders[0]
    try:
        incomplete = workflow.report(folder).report
    except InvalidInputError:
        assert (folder / "events.jsonl").read_bytes().count(b"\n") == 0  # not even the first event was told
        return
    if (folder / "run.json").exists():
        assert incomplete.verdict is Verdict.READY
    else:
        assert incomplete.verdict is Verdict.INCONCLUSIVE
    finished = {step.step_name for step in incomplete.scenarios[0].steps if step.status.value == "succeeded"}
    resumed = workflow.resume(folder).report
    assert resumed.verdict is Verdict.READY, resumed.reason
    statuses = {step.step_name: step.status.value for step in resumed.scenarios[0].steps}
    assert finished <= {name for name, status in statuses.items() if status == "reused"}
    assert [rule.held for rule in resumed.scenarios[0].rules] == [True] * 5
    assert processes_marked(mark) == []


def test_rules_and_findings_of_steps_that_had_ended_survive(pipeline: tuple[Path, str], tmp_path: Path) -> None:
    path, _ = pipeline
    process = start(path, tmp_path)
    while not list(tmp_path.glob("2*/pipeline/B/result.json")):
        os.sched_yield()
    process.kill()
    process.wait()
    report = workflow.report(run_folders(tmp_path)[0]).report
    assert {rule.step for rule in report.scenarios[0].rules if rule.held} >= {"A", "B"}
    result = json.loads((run_folders(tmp_path)[0] / "pipeline/B/result.json").read_text(encoding="utf-8"))
    assert result["rules"][0]["held"] is True


def test_a_launcher_that_is_killed_ends_its_step_and_the_run_says_so(
    pipeline: tuple[Path, str], tmp_path: Path
) -> None:
    path, mark = pipeline
    process = start(path, tmp_path)
    while not processes_marked(mark):
        os.sched_yield()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    for pid in children:
        os.kill(int(pid), signal.SIGKILL)
    process.wait(60)
    assert process.returncode == 5
    while processes_marked(mark):
        os.sched_yield()
    assert workflow.report(run_folders(tmp_path)[0]).report.verdict is Verdict.INCONCLUSIVE
