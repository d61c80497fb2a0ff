"""What the columns of a sample say of its label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.generation.streams import Floats

_MOST_CLASSES = 50
_RIDGE = 1.0
_LOGISTIC_NOISE = 1.81  # the spread of a logistic variable, which linear weights know nothing of


def fitted_label(table: pa.Table, label: str, columns: Mapping[str, Any], least_rows: int) -> dict[str, Any]:
    """The task, the shares and the weights of a label, by a linear model of the columns.

    Raises SourceError for a label that says nothing: without values, or with a single one.
    """
    known = table.filter(pc.is_valid(table.column(label)))
    values = known.column(label).combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    counts = {str(item["values"]): item["counts"] for item in pc.value_counts(values).to_pylist()}
    common = {value: count for value, count in sorted(counts.items(), key=_order) if count >= least_rows}
    if len(common) < 2 and not pa.types.is_floating(values.type):
        raise SourceError(f"label.name: fewer than two values of {label!r} are in {least_rows} rows or more")
    if set(counts) <= {"0", "1", "0.0", "1.0", "True", "False"} and not pa.types.is_string(values.type):
        target = _floats(values)
        told: dict[str, Any] = {"positive_ratio": round(float(np.clip(target.mean(), 0.001, 0.999)), 3)}
    elif (len(common) <= _MOST_CLASSES and len(common) == len(counts)) or pa.types.is_string(values.type):
        # one order for all classes: the one in which they stand
        places = {value: index for index, value in enumerate(common)}
        texts = [str(value) for value in values.to_pylist()]
        target = np.array([float(places.get(text, np.nan)) for text in texts])
        total = sum(common.values())
        shares = {value: max(round(count / total, 3), 0.001) for value, count in common.items()}
        told = {"task": "multiclass", "classes": shares}
    else:
        target = _floats(values)
        finite = target[np.isfinite(target)]
        told = {"task": "regression", "mean": _short(finite.mean()), "std": _short(finite.std()) or 1.0}
    features = _features(known, columns)
    if not features:
        return {**told, "strength": 0, "weights": {}}
    is_known = np.isfinite(target)
    matrix = np.array([values[is_known] for values in features.values()]).T
    matrix = matrix - matrix.mean(axis=0)
    strength, weights = (_linear if "task" in told else _logistic)(matrix, target[is_known])
    if told.get("task") == "multiclass":
        strength *= _LOGISTIC_NOISE
    return {**told, "strength": round(strength, 1), "weights": _by_column(dict(zip(features, weights, strict=True)))}


def _features(table: pa.Table, columns: Mapping[str, Any]) -> dict[tuple[str, str | None], Floats]:
    """Standardised columns: numbers as they are, each value of a category as a column."""
    found: dict[tuple[str, str | None], Floats] = {}
    for name, declared in columns.items():
        column = table.column(name).combine_chunks()
        if declared["type"] in ("number", "integer", "boolean"):
            values = _floats(column)
            is_known = np.isfinite(values)
            if not is_known.any():
                continue
            low, high = np.percentile(values[is_known], [1, 99])  # what is far off would outweigh all others
            values = np.clip(np.where(is_known, values, values[is_known].mean()), low, high)
            found[name, None] = (values - values.mean()) / (values.std() or 1.0)
        elif declared["type"] == "category":
            texts = (column.dictionary_decode() if pa.types.is_dictionary(column.type) else column).cast(pa.string())
            for value in declared["values"]:
                found[name, value] = _floats(pc.fill_null(pc.equal(texts, value), fill_value=False))
    return found


def _linear(matrix: Floats, target: Floats) -> tuple[float, Floats]:
    """The spread of the signal against noise of 1, and the weights of a ridge regression."""
    wanted = target - target.mean()
    weights = np.linalg.solve(matrix.T @ matrix + _RIDGE * np.eye(matrix.shape[1]), matrix.T @ wanted)
    spread = float(wanted.std()) or 1.0
    share = float(np.clip((matrix @ weights).var() / spread**2 - matrix.shape[1] / len(wanted), 0, 0.97))
    return float(np.sqrt(share / (1 - share))), weights / spread


def _logistic(matrix: Floats, target: Floats) -> tuple[float, Floats]:
    """The spread of the logit, and the weights of a logistic regression with a ridge (Newton's method)."""
    weights = np.zeros(matrix.shape[1])
    share = float(np.clip(target.mean(), 0.001, 0.999))
    start = float(np.log(share / (1 - share)))
    for _ in range(12):
        shares = 1 / (1 + np.exp(-np.clip(matrix @ weights + start, -30, 30)))
        curve = (matrix * (shares * (1 - shares))[:, None]).T @ matrix + _RIDGE * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, matrix.T @ (target - shares) - _RIDGE * weights)
        start += float((target - shares).sum() / max((shares * (1 - shares)).sum(), 1e-6))
    return float(np.clip((matrix @ weights).std(), 0, 10)), weights


def _by_column(weights: Mapping[tuple[str, str | None], float]) -> dict[str, Any]:
    """Rounded weights; those of categories by their values."""
    found: dict[str, Any] = {}
    for (name, value), weight in weights.items():
        if value is None:
            if round(weight, 2):
                found[name] = round(weight, 2)
        else:
            found.setdefault(name, {})[value] = round(weight, 2)
    return found


def _floats(values: Any) -> Floats:
    """Numbers, or truth as 0 and 1; gaps are no numbers."""
    numbers = values.cast(pa.int8()) if pa.types.is_boolean(values.type) else values
    found: Floats = numbers.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return found


def _order(item: tuple[str, int]) -> tuple[int, str]:
    """Whole numbers by their size, then texts."""
    return (int(item[0]), "") if item[0].lstrip("-").isdigit() else (0, item[0])


def _short(value: Any) -> float:
    return float(f"{float(value):.3g}")
