"""Channels of the built-in XGBoost algorithm: files of a folder become labels, weights and features."""

from __future__ import annotations

import csv
import os
import sys
from array import array

import numpy as np
from xgboost_hyperparameters import MistakeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TYPES = {
    "csv": "csv",
    "text/csv": "csv",
    "libsvm": "libsvm",
    "text/libsvm": "libsvm",
    "text/x-libsvm": "libsvm",
    "parquet": "parquet",
    "application/x-parquet": "parquet",
}
_DEEPEST = 3  # levels of folders that the container reads
_DELIMITERS = ",\t; :|"


def kind_of(content_type: str | None) -> str:
    """``csv``, ``libsvm`` or ``parquet``; nothing is libsvm, as for the container.

    Raises MistakeError for any other.
    """
    name, *parameters = [part.strip() for part in (content_type or "libsvm").lower().split(";")]
    if name not in _TYPES:
        raise MistakeError(f"content type {content_type!r} is none of {', '.join(_TYPES)}")
    if any(part.startswith("label_size=") and part != "label_size=1" for part in parameters):
        raise MistakeError(f"content type {content_type!r}: there is one label, so label_size must be 1")
    return _TYPES[name]


def read(folder: str, kind: str, *, has_weights: bool) -> tuple[Any, Any, Any]:
    """Labels, weights (or ``None``) and features of the files of a channel, those of its subfolders too.

    Raises MistakeError when there are none, or what they hold cannot be read.
    """
    files = _files(folder)
    if not files:
        raise MistakeError(f"no data in channel {os.path.basename(folder)!r}")
    if kind == "libsvm":
        return _read_libsvm(files)
    table = _read_csv(files) if kind == "csv" else _read_parquet(files)
    first = 2 if has_weights and kind == "csv" else 1
    if table.shape[1] <= first:
        raise MistakeError(f"{files[0]} has no feature: {table.shape[1]} column(s)")
    return table[:, 0], table[:, 1] if first == 2 else None, table[:, first:]


def _files(folder: str) -> list[str]:
    found = []
    for here, folders, names in os.walk(folder):
        folders.sort()
        if here != folder and os.path.relpath(here, folder).count(os.sep) + 2 > _DEEPEST:
            warn(f"{here} is not read: it lies deeper than {_DEEPEST} levels")
            folders.clear()
            continue
        for name in sorted(names):
            if name.startswith("."):
                raise MistakeError(f"the hidden file {os.path.join(here, name)} lies in a channel: remove it")
            if os.path.getsize(os.path.join(here, name)):
                found.append(os.path.join(here, name))
    return found


def _read_csv(files: list[str]) -> Any:
    with open(files[0], encoding="utf-8", errors="replace") as file:
        delimiter = _delimiter(file.readline(), files[0])
    values, width = array("f"), 0
    strange: list[str] = []
    for path in files:
        with open(path, encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                fields = line.rstrip("\r\n").split(delimiter)
                if fields == [""]:
                    continue
                width = width or len(fields)
                if len(fields) != width:
                    raise MistakeError(f"{path}:{number}: {len(fields)} columns, where the first line has {width}")
                try:
                    row = [float(field) for field in fields]
                except ValueError:
                    row = _row_with_gaps(fields, path, number, strange)
                values.extend(row)
    if strange:
        more = f", and {len(strange) - 1} more values" if len(strange) > 1 else ""
        warn(f"{strange[0]} is not a number{more}: taken as missing, as the algorithm does")
    return np.frombuffer(values, dtype=np.float32).reshape(-1, width)


def _delimiter(line: str, path: str) -> str:
    try:
        return csv.Sniffer().sniff(line, delimiters=_DELIMITERS).delimiter
    except csv.Error:
        raise MistakeError(f"{path}:1: no delimiter is found in {line.strip()[:50]!r}") from None


def _row_with_gaps(fields: list[str], path: str, number: int, strange: list[str]) -> list[float]:
    row = []
    for column, field in enumerate(fields):
        try:
            row.append(float(field) if field.strip() else float("nan"))
        except ValueError:
            if column == 0 and number == 1:
                raise MistakeError(
                    f"{path}:1 is a header line ({fields[0]!r} is not a label): the CSV must not have one"
                ) from None
            if column == 0:
                raise MistakeError(f"{path}:{number}: the label {field!r} is not a number") from None
            strange.append(f"{path}:{number}: {field!r}")
            row.append(float("nan"))
    return row


def _read_libsvm(files: list[str]) -> tuple[Any, Any, Any]:
    from scipy.sparse import csr_matrix

    labels, weights, values, columns, starts = array("f"), array("f"), array("f"), array("q"), array("q", [0])
    for path in files:
        with open(path, encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                parts = line.split()
                if not parts:
                    continue
                try:
                    label, _, weight = parts[0].partition(":")
                    labels.append(float(label))
                    weights.append(float(weight or 1))
                    for part in parts[1:]:
                        column, value = part.split(":")
                        columns.append(int(column))
                        values.append(float(value))
                except ValueError:
                    shown = line.strip()[:50]
                    raise MistakeError(f"{path}:{number}: {shown!r} is not libsvm (label index:value ...)") from None
                starts.append(len(values))
    matrix = csr_matrix((np.array(values), np.array(columns), np.array(starts)), dtype=np.float32)
    return np.array(labels), np.array(weights), matrix


def _read_parquet(files: list[str]) -> Any:
    try:
        from pyarrow import parquet
    except ImportError:
        needs = "needs the package pyarrow to read Parquet"
        raise MistakeError(f"the stand-in for the built-in XGBoost algorithm {needs}") from None
    tables = []
    for path in files:
        try:
            table = parquet.read_table(path)
            columns = [column.to_numpy().astype(np.float32) for column in table.columns]
        except (ValueError, TypeError, OSError) as error:
            raise MistakeError(f"{path}: {str(error).splitlines()[0]}") from None
        tables.append(np.column_stack(columns))
    if len({table.shape[1] for table in tables}) > 1:
        raise MistakeError("the Parquet files of a channel have different columns")
    return np.concatenate(tables)


def warn(message: str) -> None:
    """Say something on the log that does not end the job."""
    print(f"warning: {message}", file=sys.stderr, flush=True)
