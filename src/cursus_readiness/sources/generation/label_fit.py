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


def fitted_label(table: pa.Table, label: str, columns: Mapping[str, Any], least_rows: int) -> dict[str, Any]:
    """The task, the shares and the weights of a label, by a linear model of the columns.

    Raises SourceError for a label that says nothing: without values, or with a single one.
    """
    known = table.filter(pc.is_valid(table.column(label)))
    values = known.column(label).combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    counts = {str(item["values"]): item["counts"] for item in pc.value_counts(values).to_pylist()}
    common = {value: count for value, count in sorted(counts.items()) if count >= least_rows}
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
        told = {"task": "multiclass", "classes": {value: round(count / total, 3) for value, count in common.items()}}
    else:
        target = _floats(values)
        told = {"task": "regression", "mean": _short(target.mean()), "std": _short(target.std()) or 1.0}
    features = _features(known, columns)
    weights, explained = _solved(features, target)
    # what noise of a spread of 1 (regression) or pi / sqrt(3) (logit) leaves of the signal
    ratio = np.sqrt(explained / (1 - explained)) * (1 if told.get("task") == "regression" else 1.81)
    return {**told, "strength": round(float(ratio), 1), "weights": _by_column(weights)}


def _features(table: pa.Table, columns: Mapping[str, Any]) -> dict[tuple[str, str | None], Floats]:
    """Standardised columns: numbers as they are, each value of a category as a column."""
    found: dict[tuple[str, str | None], Floats] = {}
    for name, declared in columns.items():
        column = table.column(name).combine_chunks()
        if declared["type"] in ("number", "integer", "boolean"):
            values = _floats(column)
            values = np.where(np.isfinite(values), values, np.nanmean(np.where(np.isfinite(values), values, np.nan)))
            found[name, None] = (values - values.mean()) / (values.std() or 1.0)
        elif declared["type"] == "category":
            texts = (column.dictionary_decode() if pa.types.is_dictionary(column.type) else column).cast(pa.string())
            for value in declared["values"]:
                found[name, value] = _floats(pc.fill_null(pc.equal(texts, value), fill_value=False))
    return found


def _solved(
    features: Mapping[tuple[str, str | None], Floats], target: Floats
) -> tuple[dict[tuple[str, str | None], float], float]:
    """Weights of a ridge regression, and the share of the target's variance that they explain."""
    is_known = np.isfinite(target)
    if not features:
        return {}, 0.0
    matrix = np.array([values[is_known] for values in features.values()]).T
    matrix = matrix - matrix.mean(axis=0)
    wanted = target[is_known] - target[is_known].mean()
    size = matrix.shape[1]
    weights = np.linalg.solve(matrix.T @ matrix + _RIDGE * np.eye(size), matrix.T @ wanted)
    variance = float(wanted.var()) or 1.0
    share = float(np.clip((matrix @ weights).var() / variance - size / len(wanted), 0, 0.97))
    return dict(zip(features, weights / np.sqrt(variance), strict=True)), share


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


def _short(value: Any) -> float:
    return float(f"{float(value):.3g}")
