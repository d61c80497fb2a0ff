"""Tuning steps run a few trials for real: training jobs of their own, one after the other."""

from __future__ import annotations

import json
import random
import tarfile
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.model.result import E2ETestResult, StepStatus
from pipelines import built_in_xgboost, processing, training, tuning, whole, write_pipeline

pytestmark = pytest.mark.slow
RANGES = {
    "IntegerParameterRanges": [whole("depth", 1, 9)],
    "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.001", "MaxValue": "1", "ScalingType": "Logarithmic"}],
    "CategoricalParameterRanges": [{"Name": "kind", "Values": ['"a b"', '"c"']}],
}
OBJECTIVE = {"Get": "Steps.Tune.BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.Value"}
TOP_MODEL = {
    "Std:Join": {
        "On": "/",
        "Values": [
            *("s3:/", "bucket", "models"),
            {"Get": "Steps.Tune.TrainingJobSummaries[0].TrainingJobName"},
            "output/model.tar.gz",
        ],
    }
}
LOOK = """
import json, os, tarfile
with tarfile.open("/opt/ml/processing/input/model/model.tar.gz") as archive:
    seen = {"names": archive.getnames(), "model": json.load(archive.extractfile("model.json")), "env": dict(os.environ)}
json.dump(seen, open("/opt/ml/processing/output/seen/seen.json", "w"))
"""
# Reads what a container is given, spoils what it can, and scores by the trial's own numbers.
TRAIN = """
import argparse, json, os, sys
parser = argparse.ArgumentParser()
for name, kind in (("--depth", int), ("--rate", float), ("--kind", str), ("--rows", int)):
    parser.add_argument(name, type=kind)
given = parser.parse_args()
told = json.load(open("/opt/ml/input/config/hyperparameters.json"))
assert told["_tuning_objective_metric"] == "score", told
assert (int(told["depth"]), os.environ["SM_HP_DEPTH"]) == (given.depth, told["depth"]), told
assert os.environ["TRAINING_JOB_NAME"] in os.environ["TRAINING_JOB_ARN"]
assert os.environ["WHO"] == "the scenario", os.environ["WHO"]
assert open("/opt/ml/input/data/train/rows.csv").read() == "mine"
left = [f for f in ("/left", "/tmp/left", "/opt/ml/model/left", "/opt/ml/output/failure", "/opt/ml/code/left",
                    "/opt/ml/checkpoints/left", os.path.expanduser("~/left")) if os.path.exists(f)]
assert not left, left
for f in ("/left", "/tmp/left", "/opt/ml/model/left", "/opt/ml/output/failure", "left", "/opt/ml/checkpoints/left",
          os.path.expanduser("~/left"), "/opt/ml/input/data/train/rows.csv"):
    open(f, "w").write("spoilt")
json.dump({**vars(given), "job": os.environ["TRAINING_JOB_NAME"]}, open("/opt/ml/model/model.json", "w"))
print("said by the trial", file=sys.stderr)
print(f"score:\\t{1 - given.rate + given.rows}")
"""


def over(program: str = "train.py", **hyperparameters: Any) -> dict[str, Any]:
    """A Training step in script mode to tune, whose log tells the score."""
    step = training("Tune", program, {"train": "s3://bucket/data/"}, **hyperparameters)
    definitions = [{"Name": "score", "Regex": r"score:#011(\S+)"}]
    step["Arguments"]["AlgorithmSpecification"]["MetricDefinitions"] = definitions
    step["Arguments"]["Environment"] = {"WHO": "the definition"}
    return step


def run(tmp_path: Path, pipeline: list[dict[str, Any]], program: str, **scenario: Any) -> tuple[E2ETestResult, Path]:
    """Run steps whose training program is given; the result and the folder of the scenario's records."""
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "rows.csv").write_text("mine", encoding="utf-8")
    served = {
        "s3://bucket/code/": "local:code/",
        "s3://bucket/code/sourcedir.tar.gz": "local:code/src/",
        "s3://bucket/data/": "local:data/",
    }
    scripts = {"src/train.py": program, "look.py": LOOK, "ok.py": ""}
    path = write_pipeline(tmp_path, pipeline, scripts, inputs=served, **scenario)
    outcome = workflow.run(path, tmp_path / "reports")
    return outcome.report.scenarios[0], outcome.layout.folder


def test_the_best_trials_model_and_objective_reach_the_next_steps(tmp_path: Path) -> None:
    good = {"Type": "GreaterThan", "LeftValue": OBJECTIVE, "RightValue": 5}
    sides = {"IfSteps": [processing("Yes", "ok.py")], "ElseSteps": [processing("No", "ok.py")]}
    best_depth = {"Get": "Steps.Tune.BestTrainingJob.TunedHyperParameters['depth']"}
    steps = [
        tuning(over(rows=5), "score", ranges=RANGES),
        processing(
            "Look", "look.py", inputs={"model": TOP_MODEL}, outputs={"seen": "s3://bucket/seen"},
            environment={"DEPTH": best_depth},  # type: ignore[dict-item]
        ),
        {"Name": "Good", "Type": "Condition", "Arguments": {"Conditions": [good], **sides}},
    ]  # fmt: skip
    who = {"environment_variables": {"WHO": "the scenario"}}
    result, folder = run(tmp_path, steps, TRAIN, steps={"Tune": {"trials": 3, **who}})
    tuned = result.steps[0]
    assert [step.status.value for step in result.steps] == [*["succeeded"] * 4, "not_taken"], tuned.reason
    assert tuned.stand_in == "3 of 20 trials, sampled at random here, not by Bayesian search"
    store = folder / ".work" / "pipeline" / "s3" / "bucket"
    models = sorted((store / "models").iterdir())
    assert [path.name[:-8] for path in models] == [f"pipelines-readiness-Tune-00{number}-" for number in (1, 2, 3)]
    seen = json.loads((store / "seen" / "seen.json").read_text(encoding="utf-8"))
    assert seen["names"] == ["left", "model.json"]
    assert seen["env"]["DEPTH"] == str(seen["model"]["depth"])
    rates = []
    for path in models:
        with tarfile.open(path / "output" / "model.tar.gz") as archive:
            rates.append(json.load(archive.extractfile("model.json") or pytest.fail("no model"))["rate"])
    assert seen["model"]["rate"] == min(rates)
    assert rates[0] == pytest.approx(0.0316, abs=1e-4)  # the middle of its range, on its scale
    out, err = (
        (folder / "pipeline" / "Tune" / f"{name}.log").read_text(encoding="utf-8") for name in ("stdout", "stderr")
    )
    for log in (out, err):
        assert "--- trial 2 of 3: pipelines-readiness-Tune-002-" in log
    assert err.count("said by the trial") == 3
    assert "3 of 3 trials succeeded, 0 failed" in out
    assert result.steps[2].reason == f"true: {6 - min(rates)} > 5"


def test_a_failed_trial_does_not_end_the_step_as_long_as_one_succeeds(tmp_path: Path) -> None:
    program = """
import os, sys
number = os.environ["TRAINING_JOB_NAME"].split("-")[-2]
if number == "001":
    open("/opt/ml/output/failure", "w").write("no luck")
    sys.exit(3)
if number == "002":
    print("score: none")
elif number == "003":
    print("score:\\tnan")
else:
    print("score:\\t1\\nscore:\\t0.5")
"""
    steps = [
        tuning(over(), "score", ranges=RANGES, best="Minimize"),
        processing("Next", "ok.py", arguments=[{"Std:Join": {"On": "", "Values": [OBJECTIVE]}}]),
    ]
    result, folder = run(tmp_path, steps, program, steps={"Tune": {"trials": 4}})
    assert [step.status for step in result.steps] == [StepStatus.SUCCEEDED] * 2, result.steps[0].reason
    log = (folder / "pipeline" / "Tune" / "stderr.log").read_text(encoding="utf-8")
    assert "failed: exit code 3: no luck" in log
    assert log.count("failed: no objective: no line of its log has score as") == 1
    assert "failed: no objective: score is nan" in log
    out = (folder / "pipeline" / "Tune" / "stdout.log").read_text(encoding="utf-8")
    assert "1 of 4 trials succeeded, 3 failed" in out
    assert "objective: score is 0.5" in out


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        pytest.param("raise ValueError('wrong rows')", "exit code 1: ValueError: wrong rows", id="it raises"),
        pytest.param("import os; os.kill(os.getpid(), 9)", "ended by signal 9", id="it is killed"),
        pytest.param("print('done')", "no objective: no line of its log has score", id="it tells no score"),
    ],
)
def test_the_step_fails_with_the_first_trials_reason_when_all_fail(tmp_path: Path, program: str, reason: str) -> None:
    result, _ = run(tmp_path, [tuning(over(), "score", ranges=RANGES)], program)
    assert result.steps[0].status is StepStatus.FAILED
    said = result.steps[0].reason or ""
    assert said.startswith("exit code 1: no trial succeeded: trial 1 of 2 (pipelines-readiness-Tune-001-"), said
    assert reason in said


def test_a_trial_is_held_to_its_time_and_what_it_leaves_running_is_ended(tmp_path: Path) -> None:
    program = """
import os, subprocess, sys, time
print("score:\\t1", flush=True)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
if "-001-" in os.environ["TRAINING_JOB_NAME"]:
    time.sleep(600)
"""
    step = tuning(over(), "score", ranges=RANGES)
    step["Arguments"]["TrainingJobDefinition"]["StoppingCondition"]["MaxRuntimeInSeconds"] = 2
    result, folder = run(tmp_path, [step], program)
    assert result.steps[0].status is StepStatus.SUCCEEDED, result.steps[0].reason
    log = (folder / "pipeline" / "Tune" / "stderr.log").read_text(encoding="utf-8")
    assert "failed: stopped at its MaxRuntimeInSeconds of 2" in log


def test_the_time_limit_of_the_step_ends_the_trial_that_runs(tmp_path: Path) -> None:
    program = "import time\nprint('score:\\t1', flush=True)\ntime.sleep(600)"
    limits = {"Tune": {"timeout_minutes": 0.03}}
    result, _ = run(tmp_path, [tuning(over(), "score", ranges=RANGES)], program, steps=limits)
    assert result.steps[0].status is StepStatus.TIMED_OUT


def test_several_definitions_each_have_trials_with_inputs_of_their_own(tmp_path: Path) -> None:
    program = """
import os, sys
kind = sys.argv[sys.argv.index("--kind") + 1]
assert os.listdir("/opt/ml/input/data") == [kind], os.listdir("/opt/ml/input/data")
open("/opt/ml/checkpoints/kept", "w").write(kind)
print("score:\\t%d" % (kind == "two"))
"""
    step = tuning(over(), "score", ranges={})
    config = step["Arguments"]["HyperParameterTuningJobConfig"]
    objective = config.pop("HyperParameterTuningJobObjective")
    del config["ParameterRanges"]
    definition = step["Arguments"].pop("TrainingJobDefinition")
    several = [
        {
            **definition,
            "DefinitionName": name,
            "TuningObjective": objective,
            "HyperParameterRanges": {"IntegerParameterRanges": [whole("depth", 1, 3)]},
            "StaticHyperParameters": {**definition["StaticHyperParameters"], "kind": json.dumps(name)},
            "InputDataConfig": [{**definition["InputDataConfig"][0], "ChannelName": name}],
            "CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints"},
        }
        for name in ("one", "two")
    ]
    step["Arguments"]["TrainingJobDefinitions"] = several
    best = {"Get": "Steps.Tune.BestTrainingJob.TrainingJobDefinitionName"}
    check = ["python3", "-c", "import sys; assert sys.argv[1] == 'two', sys.argv"]
    steps = [step, processing("Best", "ok.py", entrypoint=check, arguments=[best])]
    result, folder = run(tmp_path, steps, program, steps={"Tune": {"trials": 3}})
    assert result.success, [step.reason for step in result.steps]
    kept = sorted((folder / ".work" / "pipeline" / "s3" / "bucket" / "checkpoints").rglob("kept"))
    assert [path.read_text(encoding="utf-8") for path in kept] == ["one", "two", "one"]


def test_the_built_in_algorithm_is_tuned_on_the_metric_that_it_logs_by_itself(tmp_path: Path) -> None:
    pytest.importorskip("xgboost", reason="the built-in algorithm's stand-in needs xgboost-cpu")
    source = random.Random(7)
    rows = [(source.random(), source.random()) for _ in range(200)]
    for name, part in (("train", rows[:150]), ("validation", rows[150:])):
        (tmp_path / "data" / name).mkdir(parents=True)
        text = "".join(f"{a * b},{a},{b}\n" for a, b in part)
        (tmp_path / "data" / name / "rows.csv").write_text(text, encoding="utf-8")
    channels = {name: f"s3://bucket/data/{name}/" for name in ("train", "validation")}
    step = built_in_xgboost("Tune", {"num_round": 5, "objective": "reg:squarederror"}, channels)
    rate = {"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5", "ScalingType": "Linear"}
    ranges = {"ContinuousParameterRanges": [rate], "IntegerParameterRanges": [whole("max_depth", 1, 5)]}
    tuned = tuning(step, "validation:rmse", ranges=ranges, best="Minimize")
    result, folder = run(tmp_path, [tuned, processing("Next", "ok.py", inputs={"model": TOP_MODEL})], "")
    assert result.success, [step.reason for step in result.steps]
    assert (result.steps[0].stand_in or "").endswith(
        "; the open-source xgboost library for the built-in XGBoost algorithm"
    )
    log = (folder / "pipeline" / "Tune" / "stdout.log").read_text(encoding="utf-8")
    assert "[4]#011train-rmse:" in log
    assert "objective: validation:rmse is 0." in log
