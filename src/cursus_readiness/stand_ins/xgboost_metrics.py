"""The metrics that the container of the built-in XGBoost algorithm adds to those of the library."""

from __future__ import annotations

import numpy as np
from xgboost_hyperparameters import MistakeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def predicted_labels(predictions: Any, objective: str | None) -> Any:
    """Classes of (transformed) predictions."""
    if predictions.ndim == 2:
        return predictions.argmax(axis=1)
    if objective == "multi:softmax":
        return predictions
    return predictions > (0.0 if objective == "binary:logitraw" else 0.5)


def _shares(labels: Any, predicted: Any) -> list[tuple[Any, float, float, int]]:
    """Precision and recall of each class that is there, and how many rows it has of its own and by prediction."""
    shares = []
    for one in np.union1d(labels, predicted):
        is_one, said_one = labels == one, predicted == one
        hit, own, said = (is_one & said_one).sum(), is_one.sum(), said_one.sum()
        shares.append((one, hit / said if said else 0.0, hit / own if own else 0.0, own))
    return shares


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _of_positives(labels: Any, predicted: Any) -> tuple[float, float]:
    shares = _shares(labels, predicted)
    if any(one not in (0, 1) for one, _, _, _ in shares):
        raise MistakeError("the metrics precision, recall and f1_binary are for two classes, labelled 0 and 1")
    return next(((precision, recall) for one, precision, recall, _ in shares if one == 1), (0.0, 0.0))


def _accuracy(labels: Any, predicted: Any) -> Any:
    return (labels == predicted).mean()


def _balanced_accuracy(labels: Any, predicted: Any) -> Any:
    return np.mean([recall for _, _, recall, own in _shares(labels, predicted) if own])


def _f1_macro(labels: Any, predicted: Any) -> Any:
    return np.mean([_f1(precision, recall) for _, precision, recall, _ in _shares(labels, predicted)])


def _f1_binary(labels: Any, predicted: Any) -> Any:
    return _f1(*_of_positives(labels, predicted))


def _precision(labels: Any, predicted: Any) -> Any:
    return _of_positives(labels, predicted)[0]


def _recall(labels: Any, predicted: Any) -> Any:
    return _of_positives(labels, predicted)[1]


def _precision_macro(labels: Any, predicted: Any) -> Any:
    return np.mean([precision for _, precision, _, _ in _shares(labels, predicted)])


def _recall_macro(labels: Any, predicted: Any) -> Any:
    return np.mean([recall for _, _, recall, _ in _shares(labels, predicted)])


CLASSES = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1": _f1_macro,
    "f1_binary": _f1_binary,
    "f1_macro": _f1_macro,
    "precision": _precision,
    "precision_macro": _precision_macro,
    "precision_micro": _accuracy,  # every row has one class: all micro averages are the accuracy
    "recall": _recall,
    "recall_macro": _recall_macro,
    "recall_micro": _accuracy,
}


def _mse(labels: Any, predictions: Any) -> Any:
    return np.mean((labels - predictions) ** 2)


def _r2(labels: Any, predictions: Any) -> Any:
    spread = np.sum((labels - labels.mean()) ** 2)
    return 1 - np.sum((labels - predictions) ** 2) / spread if spread else 0.0


VALUES = {"mse": _mse, "r2": _r2}
OWN = (*CLASSES, *VALUES)


def metric_function(names: Sequence[str], objective: str | None) -> Callable[[Any, Any], list[tuple[str, float]]]:
    """What ``xgboost.train`` calls after each round for metrics of these names (all of ``OWN``)."""

    def values(predictions: Any, matrix: Any) -> list[tuple[str, float]]:
        labels = matrix.get_label()
        classes = predicted_labels(predictions, objective)
        return [
            (name, float(CLASSES[name](labels, classes) if name in CLASSES else VALUES[name](labels, predictions)))
            for name in names
        ]

    return values
