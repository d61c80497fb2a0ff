"""The built-in XGBoost algorithm trains for real: no program of the user's, only data and hyperparameters."""

from __future__ import annotations

import random
import tarfile
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.model.result import E2ETestResult, StepStatus
from pipelines import built_in_xgboost, processing, write_pipeline

pytest.importorskip("xgboost", reason="the built-in algorithm's stand-in needs xgboost-cpu")
pytestmark = pytest.mark.slow
MODEL = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
ALL_CHANNELS = {"train": "s3://bucket/data/train/", "validation": "s3://bucket/data/validation/"}


def built_in(hyperparameters: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return built_in_xgboost("Train", hyperparameters, **{"channels": ALL_CHANNELS, **changes})


def rows(count: int, seed: int) -> str:
    """Rows of a table that can be learned: the label says whether the first feature is large."""
    source = random.Random(seed)
    values = [(source.random(), source.random()) for _ in range(count)]
    return "".join(f"{int(a + 0.1 * b > 0.55)},{a:.4f},{b:.4f}\n" for a, b in values)


def write_data(folder: Path, **files: str) -> None:
    """Files of the channels; a name's ``__`` is a slash."""
    for name, text in {"train__a.csv": rows(200, 1), "validation__a.csv": rows(80, 2), **files}.items():
        path = folder / "data" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run(tmp_path: Path, *steps: dict[str, Any], scripts: dict[str, str] | None = None) -> tuple[E2ETestResult, Path]:
    served = {"s3://bucket/data/": "local:data/"}
    if scripts:
        served["s3://bucket/code/"] = "local:code/"
    scenario = write_pipeline(tmp_path, list(steps), scripts or {}, inputs=served)
    outcome = workflow.run(scenario, tmp_path / "reports")
    return outcome.report.scenarios[0], outcome.layout.folder


def test_it_trains_logs_its_metrics_and_leaves_a_model_that_a_script_can_load(tmp_path: Path) -> None:
    write_data(tmp_path, train__more__b=rows(100, 3))
    asked = {"num_round": 30, "objective": "binary:logistic", "eval_metric": "auc,f1", "early_stopping_rounds": 3}
    score = """
import tarfile, xgboost
tarfile.open("/opt/ml/processing/input/model/model.tar.gz").extractall(".", filter="data")
booster = xgboost.Booster(model_file="xgboost-model")
low, high = booster.predict(xgboost.DMatrix([[0.05, 0.5], [0.95, 0.5]]))
assert low < 0.5 < high, (low, high)
"""
    good = {"Type": "GreaterThan", "LeftValue": {"Get": "Steps.Train.FinalMetricDataList['validation:auc'].Value"}}
    condition = {"Conditions": [{**good, "RightValue": 0.9}], "IfSteps": [], "ElseSteps": []}
    steps = [
        built_in(asked),
        processing("Score", "score.py", inputs={"model": MODEL}),
        {"Name": "Good", "Type": "Condition", "Arguments": condition},
    ]
    result, folder = run(tmp_path, *steps, scripts={"score.py": score})
    train, scored, decided = result.steps
    assert (train.status, scored.status) == (StepStatus.SUCCEEDED, StepStatus.SUCCEEDED), scored.reason
    assert train.stand_in == "the open-source xgboost library for the built-in XGBoost algorithm"
    assert (decided.reason or "").startswith("true: ")
    log = (folder / "pipeline" / "Train" / "stdout.log").read_text(encoding="utf-8")
    assert "channel train: 300 rows, 2 features" in log
    assert "[0]#011train-auc:" in log
    assert "#011validation-f1:" in log


def test_versions_before_1_3_pickle_the_model(tmp_path: Path) -> None:
    write_data(tmp_path)
    score = """
import pickle, tarfile
tarfile.open("/opt/ml/processing/input/model/model.tar.gz").extractall(".", filter="data")
assert pickle.load(open("xgboost-model", "rb")).num_boosted_rounds() == 2
"""
    steps = [built_in({"num_round": 2}, tag="1.0-1-cpu-py3"), processing("S", "s.py", inputs={"model": MODEL})]
    result, folder = run(tmp_path, *steps, scripts={"s.py": score})
    assert result.success, [step.reason for step in result.steps]
    (archive,) = (folder / ".work").rglob("model.tar.gz")
    with tarfile.open(archive) as tar:
        assert tar.getnames() == ["xgboost-model"]


@pytest.mark.parametrize(
    ("hyperparameters", "files", "reason"),
    [
        pytest.param({}, {}, "the hyperparameter num_round is missing", id="no rounds"),
        pytest.param({"num_round": 2, "depth": 3}, {}, "the algorithm has no 'depth'", id="an unknown hyperparameter"),
        pytest.param({"num_round": 2}, {"train__a.csv": ""}, "no data in channel 'train'", id="an empty channel"),
        pytest.param(
            {"num_round": 2}, {"train__a.csv": "y,a,b\n1,2,3\n"}, "train/a.csv:1 is a header line", id="a header line"
        ),
        pytest.param(
            {"num_round": 2, "objective": "binary:logistic"},
            {"validation__a.csv": "3,1,1\n"},
            "label 3 in channel 'validation' is not in [0, 1], as objective binary:logistic needs it",
            id="a label out of range",
        ),
        pytest.param(
            {"num_round": 2, "objective": "multi:softmax", "num_class": 2},
            {"train__a.csv": "2,1,1\n"},
            "label 2 in channel 'train' is not a whole number in [0, num_class), which is 2",
            id="a class too many",
        ),
        pytest.param(
            {"num_round": 2, "objective": "count:poisson"},
            {"train__a.csv": "-1,1,1\n"},
            "label -1 in channel 'train' is not 0 or more",
            id="a negative count",
        ),
        pytest.param({"num_round": 2}, {"validation__a.csv": "1,2,3,4\n"}, "XGBoost: ", id="different features"),
        pytest.param({"num_round": 2}, {"train__a.csv": "nan,1,1\n"}, "XGBoost: ", id="no label"),
    ],
)
def test_each_mistake_fails_the_step_with_one_sentence(
    tmp_path: Path, hyperparameters: dict[str, Any], files: dict[str, str], reason: str
) -> None:
    write_data(tmp_path, **files)
    result, _ = run(tmp_path, built_in(hyperparameters))
    assert result.steps[0].status is StepStatus.FAILED
    assert reason in (result.steps[0].reason or "")
    assert "Stack trace" not in (result.steps[0].reason or "")


def test_channels_that_the_algorithm_does_not_know_are_named(tmp_path: Path) -> None:
    write_data(tmp_path)
    strange = built_in({"num_round": 2}, channels={**ALL_CHANNELS, "test": "s3://bucket/data/train/"})
    without = {
        **built_in({"num_round": 2}, channels={"validation": "s3://bucket/data/validation/"}),
        "Name": "Without",
    }
    result, _ = run(tmp_path, strange, without)
    reasons = [step.reason or "" for step in result.steps]
    assert "the algorithm has no 'test'" in reasons[0]
    assert "the channel train is missing" in reasons[1]


def test_an_environment_without_the_library_is_told_what_it_needs(tmp_path: Path) -> None:
    write_data(tmp_path)
    step = built_in({"num_round": 2})
    step["Arguments"]["Environment"] = {"PYTHONPATH": "/opt/ml/input/data/train"}
    write_data(tmp_path, **{"train__xgboost.py": "raise ImportError('none here')\n"})
    result, _ = run(tmp_path, step)
    assert "needs the package xgboost-cpu" in (result.steps[0].reason or "")
