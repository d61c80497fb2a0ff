"""Checks the quality of a dataset or of a model's predictions in the place of Model Monitor's own program."""

from __future__ import annotations

import json
import os

import data_quality
import model_quality
from check_ending import MistakeError, baseline, end, end_with, write
from check_tables import read_csv, read_json, read_parquet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import pandas as pd


def main(told: dict[str, Any]) -> None:
    """Calculate the baseline of the dataset, then compare the dataset with the one that was supplied."""
    environment = dict(os.environ)
    written = json.loads(environment["dataset_format"])
    folder = environment.get("dataset_source") or told["inputs"]["baseline_dataset_input"]
    table = read(folder, written)
    print(f"{len(table)} rows, {len(table.columns)} columns", flush=True)
    supplied = baseline(told, "constraints")
    if told["check_type"] == "MODEL_QUALITY":
        outcome = check_model(table, told, supplied, environment)
    else:
        outcome = check_data(table, told, supplied, is_text="csv" in written)
    end(told, *outcome)


def read(folder: str, written: dict[str, Any]) -> pd.DataFrame:
    """The dataset in its format."""
    (kind, settings) = next(iter(written.items()))
    if kind == "csv":
        return read_csv(folder, has_header=settings.get("header", True))
    return read_json(folder, is_lines=settings.get("lines", True)) if kind == "json" else read_parquet(folder)


def check_data(
    table: pd.DataFrame, told: dict[str, Any], supplied: dict[str, Any] | None, *, is_text: bool
) -> tuple[list[dict[str, Any]], int | None]:
    """Statistics and constraints of the columns."""
    columns = data_quality.columns_of(table, is_text=is_text)
    write(told, "statistics.json", data_quality.statistics(columns))
    write(told, "constraints.json", data_quality.constraints(columns))
    if supplied is None:
        return [], None
    try:
        return data_quality.compare(columns, supplied, baseline(told, "statistics"))
    except (KeyError, TypeError, AttributeError) as error:
        raise MistakeError(f"the supplied baseline is not one of a data quality check: {error!r}") from error


def check_model(
    table: pd.DataFrame, told: dict[str, Any], supplied: dict[str, Any] | None, environment: dict[str, str]
) -> tuple[list[dict[str, Any]], int | None]:
    """Metrics of the predictions."""
    prefix = model_quality.prefix_of(environment.get("problem_type"))
    metrics = model_quality.metrics_of(table, environment)
    write(
        told,
        "statistics.json",
        {"version": 0.0, "dataset": {"item_count": len(table)}, f"{prefix}_metrics": metrics},
    )
    name = f"{prefix}_constraints"
    write(told, "constraints.json", {"version": 0.0, name: model_quality.suggested(metrics)})
    if supplied is None:
        return [], None
    try:
        return model_quality.compare(metrics, supplied[name])
    except (KeyError, TypeError, AttributeError) as error:
        raise MistakeError(f"the supplied baseline has no {name} that can be read: {error!r}") from error


if __name__ == "__main__":
    end_with(main)
