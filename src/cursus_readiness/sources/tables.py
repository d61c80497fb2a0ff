"""Draw a declared table and write it in shards."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from cursus_readiness.sources.synthetic import CategoryColumn, IdColumn, LabelColumn, NumberColumn, TableSchema

Floats = npt.NDArray[np.float64]


def write_table(schema: TableSchema, folder: Path) -> list[Path]:
    """Write a table of ``schema.rows`` rows as ``part-NNNNN`` shards into ``folder``; the files, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    table = draw_table(schema)
    paths = []
    bounds = np.linspace(0, schema.rows, schema.files + 1).astype(int)
    for index, (start, end) in enumerate(pairwise(bounds)):
        path = folder / f"part-{index:05d}.{schema.format}"
        path.unlink(missing_ok=True)  # a link to somebody's file may be in its place
        _write(table.slice(start, end - start), path, schema.format)
        paths.append(path)
    return paths


def _write(table: pa.Table, path: Path, kind: str) -> None:
    if kind == "csv":
        pa.csv.write_csv(table, path)
    elif kind == "parquet":
        pa.parquet.write_table(table, path)
    else:
        import json

        with path.open("w", encoding="utf-8") as file:
            for row in table.to_pylist():
                file.write(json.dumps(row) + "\n")


def draw_table(schema: TableSchema) -> pa.Table:
    """Draw the columns in order, then the label from what was drawn (before values go missing)."""
    random = np.random.default_rng(schema.seed)
    arrays: dict[str, pa.Array] = {}
    drawn: dict[str, Any] = {}
    for name, column in schema.columns.items():
        values = _draw(column, schema.rows, random)
        drawn[name] = values
        missing = None
        if not isinstance(column, IdColumn) and column.missing_ratio:
            missing = random.random(schema.rows) < column.missing_ratio
        arrays[name] = pa.array(values, mask=missing)
    if schema.label:
        arrays[schema.label.name] = pa.array(_label(schema.label, drawn, schema.rows, random))
    return pa.table(arrays)


def _draw(column: IdColumn | NumberColumn | CategoryColumn, rows: int, random: np.random.Generator) -> Any:
    if isinstance(column, IdColumn):
        width = len(str(rows))
        return np.array([f"{column.prefix}{index:0{width}d}" for index in range(rows)], dtype=object)
    if isinstance(column, CategoryColumn):
        weights = np.array(list(column.values.values()))
        return random.choice(np.array(list(column.values), dtype=object), size=rows, p=weights / weights.sum())
    if column.mean is not None and column.std is not None:
        values = random.normal(column.mean, column.std, rows)
        values = (
            np.clip(values, column.low, column.high) if column.low is not None or column.high is not None else values
        )
    else:
        values = random.uniform(column.low or 0, column.high or 0, rows)
    return np.rint(values).astype(np.int64) if column.type == "integer" else np.round(values, 6)


def _label(label: LabelColumn, drawn: dict[str, Any], rows: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    score = np.zeros(rows)
    for name, weight in label.weights.items():
        if isinstance(weight, dict):
            score += np.array([weight.get(str(value), 0.0) for value in drawn[name]])
        else:
            score += weight * _standardised(np.asarray(drawn[name], dtype=np.float64))
    logit = label.strength * _standardised(score)
    intercept = _intercept(logit, label.positive_ratio)
    return (random.random(rows) < _sigmoid(logit + intercept)).astype(np.int64)


def _standardised(values: Floats) -> Floats:
    spread = float(values.std())
    centred: Floats = values - values.mean()
    return centred / spread if spread > 0 else centred


def _sigmoid(values: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-values))
    return result


def _intercept(logit: Floats, positive_ratio: float) -> float:
    """The shift at which the expected share of positives is the wanted one (bisection; the share is monotonic)."""
    low, high = -60.0, 60.0
    for _ in range(60):
        middle = (low + high) / 2
        if float(_sigmoid(logit + middle).mean()) < positive_ratio:
            low = middle
        else:
            high = middle
    return (low + high) / 2
