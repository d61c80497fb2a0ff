"""Schemas of one line, their tables, and plain models that show what can be learned from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from cursus_readiness.sources.generation.drawing import TableDrawer
from cursus_readiness.sources.generation.schema import TableSchema

NUMBER = {"type": "number", "mean": 0, "std": 1}


def a_schema(**changes: Any) -> TableSchema:
    """A schema with a single normal column, and what differs from that."""
    return TableSchema.model_validate({"rows": 400, "columns": {"a": NUMBER}, **changes})


def draw_table(schema: TableSchema, part: str = "") -> Any:
    """All rows of a schema."""
    return TableDrawer(schema, part).table()


def column(name: str = "a", rows: int = 2000, **declared: Any) -> Any:
    """A column of that name."""
    return draw_table(a_schema(rows=rows, columns={name: declared})).column(name).combine_chunks()


def numbers(table: Any, *names: str) -> Any:
    """Columns as a matrix of numbers."""
    return np.column_stack([np.asarray(table.column(name), dtype=np.float64) for name in names])


def auc(score: Any, label: Any) -> float:
    """The chance that a positive is scored above a negative."""
    ranks = np.argsort(np.argsort(score)) + 1
    positive = np.asarray(label) == 1
    count, others = positive.sum(), (~positive).sum()
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def logistic_scores(features: Any, label: Any, others: Any) -> Any:
    """What a logistic regression, fitted by Newton's method to half of the rows, says of the other half."""
    matrix = np.column_stack([np.ones(len(features)), features])
    weights = np.zeros(matrix.shape[1])
    for _ in range(25):
        shares = 1 / (1 + np.exp(-matrix @ weights))
        curve = matrix.T @ (matrix * (shares * (1 - shares))[:, None]) + 1e-6 * np.eye(len(weights))
        weights += np.linalg.solve(curve, matrix.T @ (label - shares))
    return np.column_stack([np.ones(len(others)), others]) @ weights


def explained(features: Any, target: Any) -> float:
    """R2 of a linear regression on rows that it was not fitted to."""
    half = len(target) // 2
    matrix = np.column_stack([np.ones(len(features)), features])
    weights = np.linalg.lstsq(matrix[:half], target[:half], rcond=None)[0]
    rest = target[half:] - matrix[half:] @ weights
    return float(1 - rest.var() / target[half:].var())
