"""Metrics of predictions agree with scikit-learn's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from check_ending import MistakeError
from hypothesis import given
from hypothesis import strategies as st
from model_quality import compare, metrics_of, prefix_of, suggested
from sklearn import metrics as independent

BINARY = {
    "problem_type": "BinaryClassification",
    "ground_truth_attribute": "y",
    "inference_attribute": "p",
    "probability_attribute": "score",
}
NAN = float("nan")


def values(metrics: dict[str, Any]) -> dict[str, float]:
    return {name: metric["value"] for name, metric in metrics.items() if "value" in metric}


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1]), st.sampled_from([0, 1]), st.sampled_from([0.0, 0.1, 0.5, 0.5001, 0.9, 1.0])),
        min_size=1,
        max_size=30,
    )
)
def test_metrics_of_two_classes(rows: list[tuple[int, int, float]]) -> None:
    y, p, score = (list(column) for column in zip(*rows, strict=True))
    found = metrics_of(pd.DataFrame({"y": y, "p": p, "score": score}), BINARY)
    matrix = independent.confusion_matrix(y, p, labels=[0, 1])
    assert [[found["confusion_matrix"][str(a)][str(b)] for b in (0, 1)] for a in (0, 1)] == matrix.tolist()
    (passes, alarms), (misses, hits) = matrix.tolist()
    expected = {
        "accuracy": independent.accuracy_score(y, p),
        "recall": independent.recall_score(y, p, zero_division=0),
        "precision": independent.precision_score(y, p, zero_division=0),
        "true_positive_rate": independent.recall_score(y, p, zero_division=0),
        "true_negative_rate": passes / (passes + alarms) if passes + alarms else 0,
        "false_positive_rate": alarms / (passes + alarms) if passes + alarms else 0,
        "false_negative_rate": misses / (misses + hits) if misses + hits else 0,
        **{
            f"f{name}": independent.fbeta_score(y, p, beta=beta, zero_division=0)
            for name, beta in (("0_5", 0.5), ("1", 1), ("2", 2))
        },
    }
    if len(set(y)) == 2:
        expected["auc"] = independent.roc_auc_score(y, score)
    assert values(found) == pytest.approx(expected)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1, max_size=30))
def test_metrics_of_many_classes(rows: list[tuple[str, str]]) -> None:
    y, p = (list(column) for column in zip(*rows, strict=True))
    told = {**BINARY, "problem_type": "MulticlassClassification", "probability_attribute": ""}
    found = metrics_of(pd.DataFrame({"y": y, "p": p}), told)
    options: dict[str, Any] = {"average": "weighted", "zero_division": 0}
    expected = {
        "accuracy": independent.accuracy_score(y, p),
        "weighted_recall": independent.recall_score(y, p, **options),
        "weighted_precision": independent.precision_score(y, p, **options),
        **{
            f"weighted_f{name}": independent.fbeta_score(y, p, beta=beta, **options)
            for name, beta in (("0_5", 0.5), ("1", 1), ("2", 2))
        },
    }
    assert values(found) == pytest.approx(expected)
    classes = sorted({*y, *p})
    matrix = [[found["confusion_matrix"][a][b] for b in classes] for a in classes]
    assert len(classes) == 1 or matrix == independent.confusion_matrix(y, p, labels=classes).tolist()


def test_metrics_of_a_regression() -> None:
    random = np.random.default_rng(3)
    y = random.normal(size=200)
    p = y + random.normal(scale=0.3, size=200)
    told = {"problem_type": "Regression", "ground_truth_attribute": "y", "inference_attribute": "p"}
    found = metrics_of(pd.DataFrame({"y": y.astype(str), "p": p.astype(str)}), told)
    mse = independent.mean_squared_error(y, p)
    assert values(found) == pytest.approx(
        {"mae": independent.mean_absolute_error(y, p), "mse": mse, "rmse": mse**0.5, "r2": independent.r2_score(y, p)}
    )
    constant = metrics_of(pd.DataFrame({"y": [1, 1], "p": [1, 2]}), told)
    assert "r2" not in constant  # there is nothing to explain


def test_a_probability_and_its_threshold_do_for_the_prediction() -> None:
    told = {**BINARY, "inference_attribute": "", "probability_threshold_attribute": "0.5"}
    table = pd.DataFrame({"y": ["1", "0", "true", "0.0"], "score": ["0.5", "0.4", "0.1", "0.9"]})
    found = metrics_of(table, told)
    assert found["confusion_matrix"] == {"0": {"0": 1, "1": 1}, "1": {"0": 1, "1": 1}}


def test_columns_may_be_given_by_number_and_rows_without_a_label_are_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = {"problem_type": "Regression", "ground_truth_attribute": "0", "inference_attribute": "_c1"}
    found = metrics_of(pd.DataFrame({"_c0": ["1", None, "3"], "_c1": ["2", "2", "3"]}), told)
    assert found["mae"]["value"] == 0.5
    assert capsys.readouterr().out == "1 rows without a label or a prediction are left out\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ground_truth_attribute": "z"}, "the dataset has no column 'z'; there are y, p, score"),
        ({"ground_truth_attribute": ""}, "no ground truth attribute is given"),
        ({"inference_attribute": ""}, "neither an inference attribute nor a probability attribute with its threshold"),
        ({"ground_truth_attribute": "word"}, "the classes of a binary classification are 0 and 1"),
        ({"probability_attribute": "word"}, "column 'word' holds 'x', which is not a number"),
        ({"ground_truth_attribute": "empty"}, "no row has both a label and a prediction"),
        (
            {"problem_type": "Regression", "inference_attribute": "", "probability_threshold_attribute": "0.5"},
            "Regression needs an inference attribute",
        ),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, str], message: str) -> None:
    columns = {"y": [1, 0], "p": [1, 0], "score": [0.9, 0.1], "word": ["x", "y"], "empty": [None, None]}
    table = pd.DataFrame(columns)
    if change.get("ground_truth_attribute") == "z":
        table = table[["y", "p", "score"]]
    with pytest.raises(MistakeError, match=message):
        metrics_of(table, {**BINARY, **change})


def test_an_unknown_problem_type_is_named() -> None:
    assert prefix_of("MulticlassClassification") == "multiclass_classification"
    with pytest.raises(MistakeError, match="problem type None is none of Regression, "):
        prefix_of(None)


def test_a_metric_at_its_threshold_holds_and_beyond_it_does_not() -> None:
    metrics = {"auc": {"value": 0.8}, "rmse": {"value": 2.0}}
    assert suggested(metrics) == {
        "auc": {"threshold": 0.8, "comparison_operator": "LessThanThreshold"},
        "rmse": {"threshold": 2.0, "comparison_operator": "GreaterThanThreshold"},
    }
    assert compare(metrics, suggested(metrics)) == ([], 2)
    worse = {"auc": {"value": math.nextafter(0.8, 0)}, "rmse": {"value": math.nextafter(2.0, 3)}}
    violations, _ = compare(worse, suggested(metrics))
    assert [item["metric_name"] for item in violations] == ["auc", "rmse"]
    assert violations[1]["description"] == "Metric rmse with 2.0000000000000004 was GreaterThanThreshold '2.0'"


def test_a_metric_that_cannot_be_computed_is_a_violation_and_one_that_is_not_computed_here_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    limit = {"threshold": 0.8, "comparison_operator": "LessThanThreshold"}
    violations, compared_count = compare({}, {"auc": limit, "f1_best_constant_classifier": limit})
    assert compared_count == 1
    assert [item["description"] for item in violations] == ["Metric auc cannot be computed from this dataset"]
    assert "not compared, as it is not computed here: f1_best_constant_classifier" in capsys.readouterr().out
    with pytest.raises(MistakeError, match="compares auc by 'Near'"):
        compare({}, {"auc": {**limit, "comparison_operator": "Near"}})
