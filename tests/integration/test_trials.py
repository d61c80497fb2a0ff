"""Execution parameters and sizes, tried on real pipelines."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cursus_readiness import PerformanceOptimizer
from cursus_readiness.cli.app import app
from cursus_readiness.errors import CannotRunError, InvalidInputError, UsageError
from cursus_readiness.model.optimization import Goal, Optimization, TrialOutcome
from cursus_readiness.model.scaling import Scaling
from cursus_readiness.scenarios.loading import load_scenario
from cursus_readiness.trials import optimizing
from cursus_readiness.trials.parameters import _GENERAL as GENERAL
from cursus_readiness.trials.parameters import Parameters
from cursus_readiness.trials.recording import Optimized, optimize
from cursus_readiness.trials.scaling import parsed_size, scale
from pipelines import processing, write_pipeline

pytestmark = pytest.mark.slow
PROGRAM = """
import os, pathlib
held = bytearray(b"x" * (int(os.environ.get("BATCH_SIZE", 64)) << 20))
if os.environ.get("LOKY_MAX_CPU_COUNT"):
    raise SystemExit("no loky here")
place = pathlib.Path("/opt/ml/processing/output/x")
rows = "a\\n1\\n" if os.environ.get("OMP_NUM_THREADS") else "a\\n1\\n2\\n"
(place / "rows.csv").write_text(rows)
"""
BEFORE = "open('/opt/ml/processing/output/y/y.txt', 'w').write('y')"
FEW = (
    Parameters("one malloc arena", {"MALLOC_ARENA_MAX": "1"}),
    Parameters("one thread", {"OMP_NUM_THREADS": "1"}),
    Parameters("one worker", {"LOKY_MAX_CPU_COUNT": "1"}),
)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cursus_readiness.trials.parameters._GENERAL", FEW)
    monkeypatch.setattr("cursus_readiness.trials.parameters._ALLOCATORS", ())


def pipeline(folder: Path, program: str = PROGRAM, **scenario: Any) -> Path:
    before = processing("Before", "before.py", outputs={"y": "s3://bucket/y"})
    step = processing(
        "Work",
        "work.py",
        inputs={"y": "s3://bucket/y"},
        outputs={"x": "s3://bucket/x"},
        environment={"BATCH_SIZE": "128"},
    )
    write_pipeline(folder, [before, step], {"before.py": BEFORE, "work.py": program}, **scenario)
    return next(folder.glob("*.yaml"))


def tried(folder: Path, program: str = PROGRAM, **options: Any) -> Optimized:
    return optimize(load_scenario(pipeline(folder, program)), folder / "reports", **options)


def test_what_saves_memory_is_kept_and_what_changes_outputs_or_fails_is_not(tmp_path: Path) -> None:
    done = tried(tmp_path)
    found = {trial.name: trial for trial in done.found.trials}
    assert done.found.step_name == "Work"
    assert done.found.is_complete
    assert done.found.winner is not None
    assert done.found.winner.variables["BATCH_SIZE"] == "32"
    assert (done.found.winner.gain_ratio or 0) > 0.5
    assert len(done.found.winner.runs) >= 3
    assert found["one thread"].outcome is TrialOutcome.REJECTED
    assert found["one thread"].reason == "x/rows.csv: 1 rows, expected 2"
    assert found["one worker"].outcome is TrialOutcome.REJECTED
    assert "failed" in found["one worker"].reason
    assert found["one malloc arena"].outcome is TrialOutcome.NO_GAIN
    assert found["BATCH_SIZE 64 instead of 128"].outcome is TrialOutcome.BEATEN
    assert done.override is not None
    override = yaml.safe_load(done.override.read_text())
    assert override["steps"]["Work"]["environment_variables"]["BATCH_SIZE"] == "32"
    stored = Optimization.model_validate_json((done.folder / "optimization.json").read_text())
    assert stored == done.found
    page = (done.folder / "optimization.html").read_text()
    assert "default-src" in page
    assert "x/rows.csv: 1 rows, expected 2" in page
    assert "| kept |" in (done.folder / "optimization.md").read_text()
    assert not list(done.folder.glob("*/.work"))


def test_where_nothing_helps_that_is_said(tmp_path: Path) -> None:
    done = tried(tmp_path, "import pathlib\npathlib.Path('/opt/ml/processing/output/x/a.txt').write_text('a')")
    assert done.found.winner is None
    assert done.override is None
    assert done.found.conclusion.startswith("nothing helps")


def test_a_step_that_is_never_the_same_cannot_be_compared_unless_that_is_ignored(tmp_path: Path) -> None:
    program = PROGRAM + "\nimport uuid\n(place / 'id.txt').write_text(str(uuid.uuid4()))"
    done = tried(tmp_path, program)
    assert "does not leave the same twice" in done.found.conclusion
    assert "id.txt" in done.found.conclusion
    assert not done.found.trials
    assert optimize(
        load_scenario(next(tmp_path.glob("*.yaml"))), tmp_path / "reports", ignored=["x/id.txt"]
    ).found.winner


def test_a_scenario_that_fails_is_not_optimised(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match="does not succeed as it is: step Work"):
        tried(tmp_path, "raise SystemExit(3)")


def test_unknown_steps_and_too_few_repeats_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no step 'Nothing'"):
        tried(tmp_path, step="Nothing")
    with pytest.raises(UsageError, match="prove nothing"):
        optimize(load_scenario(next(tmp_path.glob("*.yaml"))), tmp_path / "reports", repeats=2)


def test_a_scenario_that_cannot_be_planned_says_why(tmp_path: Path) -> None:
    path = pipeline(tmp_path, validation_rules={"Nothing": {"x/y": "exists"}})
    with pytest.raises(InvalidInputError, match="Nothing"):
        optimize(load_scenario(path), tmp_path / "reports")


def test_an_interruption_keeps_the_trials_that_have_ended(tmp_path: Path) -> None:
    lines: list[str] = []

    def stop(line: str) -> None:
        lines.append(line)
        if line == "one thread":
            os.kill(os.getpid(), signal.SIGINT)

    done = tried(tmp_path, tell=stop)
    assert not done.found.is_complete
    assert [trial.name for trial in done.found.trials if trial.runs] == [
        "BATCH_SIZE 64 instead of 128",
        "BATCH_SIZE 32 instead of 128",
        "one malloc arena",
    ]
    assert "stopped before" in done.found.conclusion
    assert "were stopped" in (done.folder / "optimization.html").read_text()


def test_a_saving_that_costs_much_cpu_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizing, "_MOST_CPU_RATIO", 0.0)
    done = tried(tmp_path)
    assert done.found.winner is None
    assert any("more CPU time" in trial.reason for trial in done.found.trials)


def test_the_commands_show_what_was_found(tmp_path: Path) -> None:
    path = pipeline(tmp_path)
    shown = CliRunner().invoke(app, ["optimize", str(path), "--out", str(tmp_path / "r"), "--step", "Work"])
    assert shown.exit_code == 0, shown.output
    assert "with the same outputs" in shown.output
    assert "override.yaml" in shown.output
    listed = CliRunner().invoke(app, ["optimize", str(path), "--out", str(tmp_path / "r"), "--json", "--goal", "time"])
    assert Optimization.model_validate_json(listed.stdout).goal is Goal.TIME
    wrong = CliRunner().invoke(app, ["optimize", str(path), "--goal", "money"])
    assert isinstance(wrong.exception, UsageError)


def test_the_api_returns_what_was_proven(tmp_path: Path) -> None:
    found = PerformanceOptimizer(pipeline(tmp_path), out=tmp_path / "reports").optimize_execution_parameters()
    assert found["environment_variables"] == {"Work": {"BATCH_SIZE": "32"}}
    assert found["gain_ratio"] > 0.5


GROWS = """
import csv, pathlib
held = [dict(row) for row in csv.DictReader(next(pathlib.Path("/opt/ml/processing/input/y").glob("*.csv")).open())]
pathlib.Path("/opt/ml/processing/output/x/rows.txt").write_text(str(len(held)))
"""


def growing(folder: Path) -> Path:
    step = processing("Read", "read.py", inputs={"y": "s3://bucket/raw/y"}, outputs={"x": "s3://bucket/x"})
    write_pipeline(folder, [step], {"read.py": GROWS})
    path = next(folder.glob("*.yaml"))
    scenario = yaml.safe_load(path.read_text())
    scenario["inputs"]["s3://bucket/raw/y"] = {"source": "synthetic:", "rows": 10_000}
    path.write_text(yaml.safe_dump(scenario))
    return path


def test_a_larger_input_is_predicted_with_an_interval_that_holds_the_truth(tmp_path: Path) -> None:
    scenario = load_scenario(growing(tmp_path))
    record, folder = scale(scenario, tmp_path / "reports", sizes=[1, 2, 4], target=8)
    found = record.steps[0].peak_memory_bytes
    truth, _ = scale(scenario, tmp_path / "reports", sizes=[8], target=8, repeats=1)
    at_8 = next(point.peak_memory_bytes for point in truth.steps[0].points if point.factor == 8)
    assert at_8 is not None
    assert found.value == pytest.approx(at_8, rel=0.15)
    assert (found.lower or 0) < at_8 < (found.upper or 0)
    assert record.steps[0].fits_its_instance is True
    assert truth.steps[0].peak_memory_bytes.problem == "measured at 2 sizes; 3 are needed"
    assert truth.steps[0].fits_its_instance is None
    assert Scaling.model_validate_json((folder / "scaling.json").read_text()) == record


def test_sizes_on_the_command_line(tmp_path: Path) -> None:
    path = growing(tmp_path)
    shown = CliRunner().invoke(app, ["scale", str(path), "--sizes", "1x,2x,4x", "--out", str(tmp_path / "r")])
    assert shown.exit_code == 0, shown.output
    assert "peak at 8x" in shown.output
    listed = CliRunner().invoke(
        app, ["scale", str(path), "--sizes", "2", "--repeats", "1", "--json", "--out", str(tmp_path / "r")]
    )
    assert [point.factor for point in Scaling.model_validate_json(listed.stdout).steps[0].points] == [1, 2]


@pytest.mark.parametrize("text", ["0x", "-1", "many", "inf", "nan", ""])
def test_a_size_is_a_number_above_zero(text: str) -> None:
    with pytest.raises(UsageError, match="is no size"):
        parsed_size(text)


def test_a_scenario_without_synthetic_data_cannot_be_scaled(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no input of the scenario is synthetic"):
        scale(load_scenario(pipeline(tmp_path)), tmp_path / "reports", sizes=[2], target=4)


def test_ctrl_c_on_the_command_line_ends_with_130_and_a_record(tmp_path: Path) -> None:
    path = growing(tmp_path)
    command = [sys.executable, "-m", "cursus_readiness", "scale", str(path), "--out", str(tmp_path / "r")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if "4x" in line:
                process.send_signal(signal.SIGINT)
                break
    assert process.returncode == 130
    record = Scaling.model_validate_json(next(tmp_path.glob("r/scale/*/scaling.json")).read_text())
    assert not record.is_complete
    assert [point.factor for point in record.steps[0].points] == [1, 2]


@pytest.mark.parametrize(
    ("name", "winner"),
    [
        ("tickets", {"MALLOC_MMAP_THRESHOLD_": "65536", "ARROW_DEFAULT_MEMORY_POOL": "system"}),
        ("sensors", None),
    ],
)
def test_the_bundled_scenarios_have_their_answer(
    name: str, winner: dict[str, str] | None, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [item for item in GENERAL if item.variables.keys() & {"MALLOC_MMAP_THRESHOLD_", "ARROW_DEFAULT_MEMORY_POOL"}]
    monkeypatch.setattr("cursus_readiness.trials.parameters._GENERAL", few)
    done = optimize(load_scenario(repository / f"scenarios/optimizing/{name}.yaml"), tmp_path)
    found = done.found.winner
    assert (found.variables if found else None) == winner
    if found is not None:
        assert (found.gain_ratio or 0) >= 0.2
    else:
        assert done.found.conclusion.startswith("nothing helps")
