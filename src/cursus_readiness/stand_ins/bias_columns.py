"""The columns that an analysis of bias is about: read as configured, and split in two by value or threshold."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping

from check_ending import MistakeError
from check_tables import files_below, read_csv, read_json, read_parquet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

_CONTINUOUS_RATIO = 0.05  # of distinct values, from which on Clarify takes whole numbers for a continuous quantity


def read_dataset(folder: str, config: Mapping[str, Any]) -> pd.DataFrame:
    """The dataset of an analysis.

    Raises MistakeError for a format that is not read here.
    """
    kind = config.get("dataset_type", "text/csv")
    if kind == "text/csv":
        return read_csv(folder, has_header=_has_header(folder, config), names=config.get("headers"))
    if kind == "application/x-parquet":
        return read_parquet(folder)
    if kind == "application/jsonlines":
        table = read_json(folder, is_lines=True)
        return _features(table, config) if config.get("features") else table
    raise MistakeError(f"the dataset is {kind}; CSV, JSON lines and Parquet are read here")


def _has_header(folder: str, config: Mapping[str, Any]) -> bool:
    """Whether the first row holds names: those of the headers, or no number where columns are named by number."""
    with open(files_below(folder)[0], encoding="utf-8", newline="") as file:
        first = next(csv.reader(file), [])
    headers = config.get("headers")
    if headers:
        return first == [str(name) for name in headers]
    named = [config.get("label"), config.get("group_variable"), *(item["name_or_index"] for item in config["facet"])]
    return any(name in first for name in named) or not any(_is_number(cell) for cell in first)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _features(table: pd.DataFrame, config: Mapping[str, Any]) -> pd.DataFrame:
    """Records whose features are a list become a table; the last header is that of the label."""
    import pandas as pd

    paths = {"features": config["features"], "label": config.get("label")}
    for key, path in paths.items():
        if not isinstance(path, str) or not path.replace(".", "").replace("_", "").isalnum():
            raise MistakeError(f"{key} is {path!r}; only a path of names, such as data.features, is read here")
    records = json.loads(table.to_json(orient="records"))
    rows = [[*_at(record, paths["features"]), _at(record, paths["label"])] for record in records]
    names = config.get("headers") or [*(str(index) for index in range(len(rows[0]) - 1)), paths["label"]]
    return pd.DataFrame(rows, columns=[*names[:-1], paths["label"]], dtype=object)


def _at(record: Any, path: Any) -> Any:
    for name in path.split("."):
        if not isinstance(record, dict) or name not in record:
            raise MistakeError(f"a record of the dataset has no {path}")
        record = record[name]
    return record


def column(table: pd.DataFrame, name_or_index: Any, what: str) -> pd.Series[Any]:
    """A column by name or number, as numbers where all of it are.

    Raises MistakeError when it is not there.
    """
    import pandas as pd

    if name_or_index in table.columns:
        found = table[name_or_index]
    elif isinstance(name_or_index, int) and 0 <= name_or_index < len(table.columns):
        found = table[table.columns[name_or_index]]
    else:
        there = ", ".join(map(str, table.columns[:20]))
        raise MistakeError(f"the dataset has no column {name_or_index!r} for the {what}; there are {there}")
    if found.dtype == bool or found.map(lambda value: isinstance(value, bool)).any():
        booleans: pd.Series[Any] = found.map(str)
        return booleans
    numbers: pd.Series[Any] = pd.to_numeric(found, errors="coerce")
    texts: pd.Series[Any] = found.map(str, na_action="ignore")
    return numbers if (numbers.notna() | found.isna()).all() else texts


def split(series: pd.Series[Any], values: list[Any] | None, what: str) -> list[tuple[str, pd.Series[bool]]]:
    """Which rows are meant: those with the values, or above the threshold where the column is continuous.

    Without values, each that is there is meant once. Raises MistakeError when a continuous column has no threshold.
    """
    if not _is_continuous(series, values):
        groups = [[value] for value in sorted(series.dropna().unique())] if not values else [values]
        return [(",".join(map(str, group)), _is_one_of(series, group)) for group in groups]
    if not values:
        raise MistakeError(f"the {what} {series.name!r} is continuous and needs a threshold")
    try:
        threshold = float(values[0])
    except (TypeError, ValueError):
        raise MistakeError(f"the {what} {series.name!r} is continuous; {values[0]!r} is no threshold") from None
    is_whole = series.dtype.kind in "iu" and threshold.is_integer()
    low, high = (int(threshold), int(series.max())) if is_whole else (threshold, float(series.max()))
    return [(f"({low}, {high}]", series > threshold)]


def _is_continuous(series: pd.Series[Any], values: list[Any] | None) -> bool:
    """As Clarify guesses it: fractional numbers, and whole ones of many different values; never a list of values.

    Two values are never many, however few the rows are that a test runs on.
    """
    if series.dtype.kind not in "iuf" or (values and len(values) > 1):
        return False
    distinct_count = series.nunique()
    is_varied = distinct_count > 2 and distinct_count / int(series.count()) >= _CONTINUOUS_RATIO
    return series.dtype.kind == "f" or is_varied


def _is_one_of(series: pd.Series[Any], values: list[Any]) -> pd.Series[bool]:
    if series.dtype.kind in "iuf":
        return series.isin([float(value) for value in values if _is_number(str(value))])
    return series.isin([str(value) for value in values])
