"""The container's own metrics are those of scikit-learn, which it uses."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xgboost_hyperparameters import MistakeError
from xgboost_metrics import CLASSES, OWN, metric_function, predicted_labels

metrics = pytest.importorskip("sklearn.metrics", reason="the extra 'scenarios' has scikit-learn")
WITHOUT_WARNING = {"zero_division": 0}
REFERENCE: dict[str, Any] = {
    "accuracy": metrics.accuracy_score,
    "f1": partial(metrics.f1_score, average="macro", **WITHOUT_WARNING),
    "f1_macro": partial(metrics.f1_score, average="macro", **WITHOUT_WARNING),
    "f1_binary": partial(metrics.f1_score, **WITHOUT_WARNING),
    "precision": partial(metrics.precision_score, **WITHOUT_WARNING),
    "precision_macro": partial(metrics.precision_score, average="macro", **WITHOUT_WARNING),
    "precision_micro": partial(metrics.precision_score, average="micro", **WITHOUT_WARNING),
    "recall": partial(metrics.recall_score, **WITHOUT_WARNING),
    "recall_macro": partial(metrics.recall_score, average="macro", **WITHOUT_WARNING),
    "recall_micro": partial(metrics.recall_score, average="micro", **WITHOUT_WARNING),
    "mse": metrics.mean_squared_error,
    "r2": metrics.r2_score,
}


def found(names: Any, objective: str, labels: Any, predictions: Any) -> dict[str, float]:
    matrix = SimpleNamespace(get_label=lambda: np.array(labels))
    return dict(metric_function(names, objective)(np.array(predictions), matrix))


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=30))
def test_two_classes_are_scored_as_by_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    labels, classes = zip(*pairs, strict=True)
    seen = found([name for name in CLASSES if name in REFERENCE], "binary:hinge", labels, [float(c) for c in classes])
    for name, value in seen.items():
        assert value == pytest.approx(REFERENCE[name](labels, classes)), name


def test_several_classes_and_values_are_scored_as_by_scikit_learn() -> None:
    labels, classes = [0, 1, 2, 2, 1, 0, 2], [0, 2, 2, 1, 1, 0, 0]
    names = ["accuracy", "f1_macro", "precision_macro", "recall_macro", "precision_micro"]
    for name, value in found(names, "multi:softmax", labels, classes).items():
        assert value == pytest.approx(REFERENCE[name](labels, classes))
    assert found(["balanced_accuracy"], "multi:softmax", labels, classes)["balanced_accuracy"] == pytest.approx(
        metrics.balanced_accuracy_score(labels, classes)
    )
    seen = found(["mse", "r2"], "reg:squarederror", [1.0, 2.0, 4.0], [1.5, 2.0, 3.0])
    assert seen == {name: pytest.approx(REFERENCE[name]([1.0, 2.0, 4.0], [1.5, 2.0, 3.0])) for name in ("mse", "r2")}


def test_metrics_of_two_classes_refuse_more() -> None:
    with pytest.raises(MistakeError, match="two classes"):
        found(["f1_binary"], "multi:softmax", [0, 1, 2], [0, 1, 2])


@pytest.mark.parametrize(
    ("objective", "predictions", "classes"),
    [
        ("binary:logistic", [0.2, 0.7], [0, 1]),
        ("binary:logitraw", [-0.2, 0.3], [0, 1]),
        ("multi:softmax", [2.0, 0.0], [2, 0]),
        ("multi:softprob", [[0.1, 0.9], [0.6, 0.4]], [1, 0]),
    ],
)
def test_predictions_become_classes_as_the_objective_means_them(
    objective: str, predictions: Any, classes: list[int]
) -> None:
    assert predicted_labels(np.array(predictions), objective).astype(int).tolist() == classes


def test_every_metric_of_the_container_is_here() -> None:
    assert set(REFERENCE) | {"balanced_accuracy"} == set(OWN)
