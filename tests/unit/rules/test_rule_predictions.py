"""Predictions that are worth something."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from builders import a_job, a_plan, a_scenario
from cursus_readiness.model.job import JobOutput
from cursus_readiness.rules.advice import doubts
from cursus_readiness.rules.registry import read_rules
from rule_files import judge, table

SCORE = {"score": "p", "label": "y"}


def scored(path: Path, count: int = 4000) -> Path:
    """Calibrated scores: a row with 0.3 is positive three times in ten."""
    source = random.Random(5)
    scores = [source.random() for _ in range(count)]
    return table(path, p=scores, y=[int(source.random() < score) for score in scores])


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ({"score": "p"}, True),
        ({**SCORE, "auc": ">= 0.8"}, True),
        ({**SCORE, "auc": ">= 0.9"}, False),
        ({**SCORE, "calibration_error": 0.03}, True),
        ({**SCORE, "calibration_error": "<= 0.0001"}, False),
        ({"score": "p", "range": [0, 0.5]}, False),
        ({"score": "p", "most_common": "<= 0.0001"}, False),
        ({"score": "x"}, False),
        ({"score": "p", "label": "x"}, False),
    ],
    ids=str,
)
def test_scores_are_judged_with_their_labels(written: Any, held: bool, tmp_path: Path) -> None:
    assert judge("predictions", written, scored(tmp_path / "a.parquet")).held is held


def test_the_area_under_the_curve_is_that_of_scikit_learn(tmp_path: Path) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="the extra 'scenarios' is not installed")
    source = random.Random(3)
    labels = [source.randrange(2) for _ in range(900)]
    scores = [round(min(1, max(0, source.gauss(0.4 + 0.1 * label, 0.2))), 2) for label in labels]  # with many ties
    path, auc = table(tmp_path / "a.csv", p=scores, y=labels), metrics.roc_auc_score(labels, scores)
    assert judge("predictions", {**SCORE, "auc": f">= {auc - 1e-6}"}, path).held
    assert not judge("predictions", {**SCORE, "auc": f">= {auc + 1e-3}"}, path).held


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        pytest.param({"p": [0.3] * 50}, "100 % of the scores are the same, expected <= 0.9", id="constant"),
        pytest.param({"p": [0.3] * 46 + [0.1, 0.2, 0.4, 0.5]}, "92 % of the scores are the same", id="nearly constant"),
        pytest.param({"p": [0.1, 1.2, -3.0]}, "2 scores are not in 0..1", id="logits"),
        pytest.param({"p": [0.1, None, float("nan")]}, "2 rows have no score", id="missing"),
        pytest.param({"p": ["low", "high"]}, "2 rows have no score", id="words"),
    ],
)
def test_scores_that_are_none_are_found(columns: Any, message: str, tmp_path: Path) -> None:
    found = judge("predictions", {"score": "p"}, table(tmp_path / "a.parquet", **columns))
    assert found.held is False
    assert message in found.message


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 0, 0, 0], "auc cannot be measured: all labels are the same"),
        ([0.0, 1.0, float("nan"), None], "2 rows have no label of 0 or 1"),
        ([0, 1, 2, 1], "1 rows have no label of 0 or 1"),
    ],
    ids=["one class", "missing", "a third class"],
)
def test_labels_that_say_nothing_are_found(labels: Any, message: str, tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", p=[0.1, 0.7, 0.3, 0.9], y=labels)
    assert message in judge("predictions", {**SCORE, "auc": "> 0"}, path).message


@pytest.mark.parametrize(("other", "held"), [(0.7, True), (0.6999999, True), (0.69, False), (None, False)])
def test_the_classes_of_a_row_add_up(other: float | None, held: bool, tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", p=[0.3, 0.2], q=[other, 0.8])
    assert judge("predictions", {"score": "p", "sums_to_one": ["p", "q"]}, path).held is held


@pytest.mark.parametrize(
    ("document", "written", "held"),
    [
        pytest.param('{"accuracy": 0.7, "positive_ratio": 0.3}', "accuracy >= 0.6", False, id="as good as a constant"),
        pytest.param('{"accuracy": 0.71, "positive_ratio": 0.3}', "accuracy >= 0.6", True, id="better"),
        pytest.param('{"accuracy": 0.7}', "accuracy >= 0.6", True, id="nobody knows"),
        pytest.param(
            '{"accuracy": 0.7, "auc": 0.9, "positive_ratio": 0.3}', ["accuracy >= 0.6", "auc > 0.8"], True, id="backed"
        ),
        pytest.param('{"balanced_accuracy": 0.6, "prevalence": 0.3}', "balanced_accuracy > 0.5", True, id="balanced"),
    ],
)
def test_an_accuracy_that_a_constant_has_is_none(document: str, written: Any, held: bool, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(document, encoding="utf-8")
    assert judge("metric", written, path).held is held


@pytest.mark.parametrize(
    ("rules", "count"),
    [
        ({"out/m.json": "accuracy >= 0.9"}, 1),
        ({"out/m.json": "metrics.test_accuracy >= 0.9"}, 1),
        ({"out/m.json": ["accuracy >= 0.9", "auc >= 0.8"]}, 0),
        ({"out/m.json": "accuracy >= 0.9", "out/n.json": "recall >= 0.5"}, 0),
        ({"out/m.json": "accuracy >= 0.9", "out/p.csv": {"predictions": {**SCORE, "auc": "> 0.7"}}}, 0),
        ({"out/m.json": "accuracy >= 0.9", "out/p.csv": {"predictions": {"score": "p"}}}, 1),
        ({"out/m.json": "balanced_accuracy >= 0.9"}, 0),
        ({"out/m.json": "rows >= 9"}, 0),
    ],
    ids=str,
)
def test_accuracy_alone_is_warned_about(rules: dict[str, Any], count: int) -> None:
    job = a_job(outputs=(JobOutput(name="out", uri="s3://b/out", path="/opt/ml/processing/output/out"),))
    read, mistakes = read_rules(a_plan(job, scenario=a_scenario(validation_rules={"Train": rules})))
    assert mistakes == []
    assert [finding.id for finding in doubts(read)] == ["accuracy-alone"] * count
