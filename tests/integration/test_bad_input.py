"""Every kind of bad input: one clear error or finding, its exit code, nothing lost. The real command line is run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import processing, training, write_pipeline
from processes import processes_marked

pytestmark = pytest.mark.slow


def readiness(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "cursus_readiness", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def newest(folder: Path) -> Path:
    """The newest run folder."""
    return max(path for path in folder.iterdir() if (path / "events.jsonl").is_file() and not path.is_symlink())


def waiting_script(mark: str) -> str:
    """A script that says so and waits, with a child that has ``mark`` in its command line."""
    child = f"[sys.executable, '-c', 'import time; time.sleep(600)', {mark!r}]"
    return f"import subprocess, sys\nprint('waiting', flush=True)\nsubprocess.run({child})\n"


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A scenario of two steps that pass."""
    steps = [processing("A", "ok.py"), processing("B", "ok.py", depends_on=["A"])]
    return write_pipeline(tmp_path, steps, {"ok.py": "print('fine')"})


def change(path: Path, old: str, new: str) -> None:
    """Replace text in a file; the text must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    outcome = readiness("run", "nowhere", cwd=tmp_path)
    assert outcome.returncode == 4
    assert outcome.stderr.startswith("error: no such file or folder: nowhere\n  fix: ")


def test_a_folder_without_scenarios(tmp_path: Path) -> None:
    outcome = readiness("run", ".", cwd=tmp_path)
    assert outcome.returncode == 3
    assert "error: no scenario is selected in ." in outcome.stderr


def test_a_selection_that_matches_nothing_names_what_there_is(scenario: Path) -> None:
    outcome = readiness("run", ".", "--only", "other", cwd=scenario.parent)
    assert outcome.returncode == 3
    assert "fix: choose from: pipeline" in outcome.stderr


def test_an_unknown_option_is_wrong_usage(tmp_path: Path) -> None:
    assert readiness("run", "--nonsense", cwd=tmp_path).returncode == 2


CASES = {
    "unreadable YAML": ("pipeline.yaml", "expected_steps: []", "expected_steps: [", "pipeline.yaml:5: did not find"),
    "unknown field": (
        "pipeline.yaml",
        "expected_steps: []",
        "expected_steps: []\ntimeout_minuts: 3",
        "pipeline.yaml:4: timeout_minuts: unknown field (did you mean 'timeout_minutes'?)",
    ),
    "missing field": ("pipeline.yaml", "expected_steps: []\n", "", "expected_steps: this field is required"),
    "wrong type": (
        "pipeline.yaml",
        "expected_steps: []",
        "expected_steps: []\nmemory_limit_gb: much",
        "pipeline.yaml:4: memory_limit_gb: Input should be a valid number",
    ),
    "unknown step": (
        "pipeline.yaml",
        "expected_steps: []",
        "expected_steps: [A, C]",
        "pipeline.yaml:3: expected_steps.1: the definition has no step 'C'",
    ),
    "missing definition": (
        "pipeline.yaml",
        "definition.json",
        "nothing.json",
        "pipeline.yaml:2: pipeline_config_path: nothing.json: No such file or directory",
    ),
    "definition cut in the middle": ("definition.json", '"Steps"', '"Steps', "definition.json: line 1 column"),
    "not a pipeline": (
        "definition.json",
        '"Steps"',
        '"Stairs"',
        "definition.json: $: not a SageMaker pipeline definition",
    ),
    "missing step": (
        "definition.json",
        '"DependsOn": ["A"]',
        '"DependsOn": ["AA"]',
        "definition.json: $.Steps[1].DependsOn[0]: step 'B' depends on a missing step 'AA' (did you mean 'A'?)",
    ),
    "script not there": (
        "definition.json",
        "s3://bucket/code/ok.py",
        "s3://bucket/code/nok.py",
        "s3://bucket/code/nok.py is to be served by",
    ),
    "code nobody serves": ("pipeline.yaml", "s3://bucket/code/:", "s3://bucket/other/:", "nothing serves the code"),
    "unknown rule": (
        "pipeline.yaml",
        "expected_steps: []",
        "expected_steps: []\nvalidation_rules: {A: {x/y.csv: {row_count: '>= 1'}}}",
        "pipeline.yaml:4: validation_rules.A: unknown output 'x'",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_an_invalid_file_is_named_with_its_place_and_ends_with_4(
    scenario: Path, file: str, old: str, new: str, expected: str
) -> None:
    change(scenario.parent / file, old, new)
    for command in ("run", "check"):
        outcome = readiness(command, ".", cwd=scenario.parent)
        assert outcome.returncode == 4, outcome.stdout + outcome.stderr
        assert expected in outcome.stdout + outcome.stderr
        assert "Traceback" not in outcome.stderr


def test_a_cycle_is_named(tmp_path: Path) -> None:
    steps = [processing("A", "ok.py", depends_on=["B"]), processing("B", "ok.py", depends_on=["A"])]
    outcome = readiness("run", write_pipeline(tmp_path, steps, {"ok.py": ""}), cwd=tmp_path)
    assert outcome.returncode == 4
    assert "the steps form a cycle: A -> B -> A" in outcome.stdout


def test_a_broken_file_does_not_stop_the_others(scenario: Path) -> None:
    (scenario.parent / "broken.yaml").write_text("scenario_name: broken\nexpected_steps: [\n", encoding="utf-8")
    outcome = readiness("run", ".", cwd=scenario.parent)
    assert outcome.returncode == 4
    assert "pipeline: passed, 2/2 steps" in outcome.stdout
    assert "broken.yaml: invalid" in outcome.stdout
    report = json.loads((scenario.parent / "reports/latest/readiness.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "INCONCLUSIVE"
    assert report["exit_code"] == 4


def test_a_python_that_is_not_there(scenario: Path) -> None:
    change(scenario, "expected_steps: []", "expected_steps: []\npython: /no/such/python")
    outcome = readiness("run", scenario, cwd=scenario.parent)
    assert outcome.returncode == 5
    assert "python /no/such/python cannot be started: No such file or directory" in outcome.stdout


def test_a_python_that_does_not_start(scenario: Path) -> None:
    python = scenario.parent / "python"
    python.write_text("#!/bin/sh\necho 'no licence' >&2\nexit 3\n", encoding="utf-8")
    python.chmod(0o755)
    change(scenario, "expected_steps: []", "expected_steps: []\npython: ./python")
    outcome = readiness("run", scenario, cwd=scenario.parent)
    assert outcome.returncode == 5
    assert "exits 3, saying: no licence" in outcome.stdout


def test_an_entry_point_that_is_not_there_fails_the_step(tmp_path: Path) -> None:
    steps = [processing("A", "ok.py", entrypoint=["no-such-program"])]
    outcome = readiness("run", write_pipeline(tmp_path, steps, {"ok.py": ""}), cwd=tmp_path)
    assert outcome.returncode == 10
    assert "cannot start 'no-such-program': not found on the step's PATH" in outcome.stdout


def test_a_broken_archive_fails_the_step(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/sourcedir.tar.gz").write_bytes(b"this is no archive")
    outcome = readiness("run", write_pipeline(tmp_path, [training("T", "t.py", {})], {}), cwd=tmp_path)
    assert outcome.returncode == 10
    assert "cannot unpack sourcedir.tar.gz" in outcome.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda item: item.name)
def test_an_interrupted_run_ends_its_processes_and_keeps_what_was_measured(
    tmp_path: Path, number: signal.Signals
) -> None:
    mark = f"readiness-interrupted-{tmp_path.name}-{os.getpid()}"
    wait = waiting_script(mark)
    steps = [processing("A", "ok.py"), processing("B", "wait.py", depends_on=["A"]), processing("C", "ok.py")]
    scenario = write_pipeline(tmp_path, steps, {"ok.py": "", "wait.py": wait})
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "cursus_readiness", "run", str(scenario)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while "  ok            A" not in process.stdout.readline():
        pass
    log = newest(tmp_path / "reports") / "pipeline/B/stdout.log"
    while not (log.exists() and log.read_text(encoding="utf-8")):
        os.sched_yield()
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "error: the run was interrupted" in stderr
    assert f"fix: readiness run --resume reports/{newest(tmp_path / 'reports').name}" in stderr
    assert processes_marked(mark) == []
    folder = newest(tmp_path / "reports")
    assert not (folder / "run.json").exists()
    report = json.loads((folder / "readiness.json").read_text(encoding="utf-8"))
    assert (report["verdict"], report["is_complete"]) == ("INCONCLUSIVE", False)
    assert [step["status"] for step in report["scenarios"][0]["steps"]] == ["succeeded", "interrupted", "not_executed"]
    assert report["scenarios"][0]["steps"][1]["peak_memory_bytes"] > 0
    assert (folder / "readiness.html").stat().st_size > 0


def test_a_tool_that_is_killed_leaves_no_process_and_a_readable_folder(tmp_path: Path) -> None:
    mark = f"readiness-killed-{tmp_path.name}-{os.getpid()}"
    wait = waiting_script(mark)
    scenario = write_pipeline(tmp_path, [processing("A", "wait.py")], {"wait.py": wait})
    process = subprocess.Popen(
        [sys.executable, "-m", "cursus_readiness", "run", str(scenario)], cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    while not processes_marked(mark):
        os.sched_yield()
    process.kill()
    process.wait()
    while processes_marked(mark):  # the kernel ends them; a test that hangs here has found one that stays
        os.sched_yield()
    folder = newest(tmp_path / "reports")
    outcome = readiness("report", folder, cwd=tmp_path)
    assert outcome.returncode == 11
    report = json.loads((folder / "readiness.json").read_text(encoding="utf-8"))
    assert report["scenarios"][0]["steps"][0]["status"] == "interrupted"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system takes root")
def test_a_disk_that_fills_up_ends_with_5_and_keeps_what_was_measured(tmp_path: Path) -> None:
    fill = "open('/opt/ml/processing/output/big/zeros', 'wb').write(bytes(40 << 20))"
    steps = [processing("A", "ok.py"), processing("B", "fill.py", outputs={"big": "s3://bucket/big"}, depends_on=["A"])]
    scenario = write_pipeline(tmp_path, steps, {"ok.py": "", "fill.py": fill})
    small = tmp_path / "small"
    small.mkdir()
    command = (
        f"mount -t tmpfs -o size=24m tmpfs {small} && "
        f"{sys.executable} -m cursus_readiness run {scenario} --out {small}; code=$?; "
        f"cp -rL {small}/2* {tmp_path}/kept; exit $code"
    )
    outcome = subprocess.run(
        ["unshare", "-m", "sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    kept = tmp_path / "kept"
    result = json.loads((kept / "pipeline/A/result.json").read_text(encoding="utf-8"))
    assert result["status"] == "succeeded"
    # the step's own write fails first; whether the tool's next one does depends on what the step left free
    assert outcome.returncode in (5, 10), outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert "No space left on device" in outcome.stdout + outcome.stderr


def test_a_report_of_something_that_is_no_run_folder(tmp_path: Path) -> None:
    outcome = readiness("report", ".", cwd=tmp_path)
    assert outcome.returncode == 4
    assert "is not a run folder" in outcome.stderr


def test_verbose_adds_what_caused_an_error(tmp_path: Path) -> None:
    outcome = readiness("--verbose", "report", ".", cwd=tmp_path)
    assert outcome.returncode == 4
    assert "because: ValidationError" in outcome.stderr


def test_somebody_in_a_hurry_loses_nothing(tmp_path: Path) -> None:
    ignore = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    script = f"{ignore}print('waiting', flush=True)\ntime.sleep(600)"
    scenario = write_pipeline(tmp_path, [processing("A", "wait.py")], {"wait.py": script})
    command = [sys.executable, "-m", "cursus_readiness", "run", str(scenario)]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob("reports/2*/pipeline/A/stdout.log")):
        os.sched_yield()
    log = next(tmp_path.glob("reports/2*/pipeline/A/stdout.log"))
    while not log.read_text(encoding="utf-8"):
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    while process.poll() is None:  # again and again, until it is gone
        process.send_signal(signal.SIGINT)
        try:
            process.wait(0.5)
        except subprocess.TimeoutExpired:
            continue
    _, stderr = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert (log.parent / "result.json").exists()


def test_a_terminal_that_goes_away_does_not_end_the_run(scenario: Path) -> None:
    command = f"{sys.executable} -m cursus_readiness run {scenario} | head -1"
    outcome = subprocess.run(
        ["sh", "-c", command], cwd=scenario.parent, capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in outcome.stderr
    report = json.loads((scenario.parent / "reports/latest/readiness.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "READY"


def test_a_closed_standard_output_is_no_crash(scenario: Path) -> None:
    command = f"{sys.executable} -m cursus_readiness run {scenario} >&-"
    outcome = subprocess.run(
        ["sh", "-c", command], cwd=scenario.parent, capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in outcome.stderr
    assert (scenario.parent / "reports/latest/readiness.html").exists()


def test_something_of_the_users_named_latest_is_left_alone(scenario: Path) -> None:
    mine = scenario.parent / "reports/latest/thesis.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", encoding="utf-8")
    assert readiness("run", scenario, cwd=scenario.parent).returncode == 0
    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["", "A=B", "A\0B"], ids=["empty", "equals sign", "NUL"])
def test_a_name_that_no_environment_can_hold_is_refused(tmp_path: Path, name: str) -> None:
    scenario = write_pipeline(tmp_path, [processing("A", "ok.py", environment={name: "x"})], {"ok.py": ""})
    outcome = readiness("run", scenario, cwd=tmp_path)
    assert outcome.returncode == 4
    assert "no environment can hold this name" in outcome.stdout
