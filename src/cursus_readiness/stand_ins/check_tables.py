"""Reads the dataset of a check: CSV, JSON lines or Parquet, one file or many, as pandas frames."""

from __future__ import annotations

import json
import os

from check_ending import MistakeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import pandas as pd


def files_below(folder: str) -> list[str]:
    """Every file of a dataset in the order of names, without those that Spark writes beside the data.

    Raises MistakeError when there is none.
    """
    found = sorted(
        os.path.join(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if not name.startswith(("_", "."))
    )
    if not found:
        raise MistakeError(f"there is no dataset in {folder}")
    return found


def read_csv(folder: str, *, has_header: bool, names: list[str] | None = None) -> pd.DataFrame:
    """A CSV dataset as texts; an empty cell is missing. Without names, columns are ``_c0``, ``_c1`` as Spark's are."""
    import pandas as pd

    frames = []
    for path in files_below(folder):
        try:
            frame = pd.read_csv(
                path,
                header=0 if has_header else None,
                dtype=str,
                keep_default_na=False,
                na_values=[""],
                index_col=False,
            )
        except (ValueError, pd.errors.ParserError) as error:
            raise MistakeError(f"{os.path.basename(path)} cannot be read as CSV: {error}") from error
        if names is not None:
            if len(names) != len(frame.columns):
                raise MistakeError(
                    f"{os.path.basename(path)} has {len(frame.columns)} columns, not the {len(names)} that are named"
                )
            frame.columns = pd.Index(names)
        elif not has_header:
            frame.columns = pd.Index([f"_c{index}" for index in range(len(frame.columns))])
        frames.append(frame)
    return _together(frames)


def read_json(folder: str, *, is_lines: bool) -> pd.DataFrame:
    """A JSON dataset: an object a line, or one list of objects; values keep their types."""
    import pandas as pd

    frames = []
    for path in files_below(folder):
        try:
            with open(path, encoding="utf-8") as file:
                rows: Any = [json.loads(line) for line in file if line.strip()] if is_lines else json.load(file)
        except ValueError as error:
            raise MistakeError(f"{os.path.basename(path)} cannot be read as JSON: {error}") from error
        rows = rows if isinstance(rows, list) else [rows]
        if not all(isinstance(row, dict) for row in rows):
            raise MistakeError(f"{os.path.basename(path)} holds something else than JSON objects")
        frames.append(pd.DataFrame(rows, dtype=object))
    return _together(frames)


def read_parquet(folder: str) -> pd.DataFrame:
    """A Parquet dataset; values keep their types."""
    import pandas as pd

    try:
        return _together([pd.read_parquet(path) for path in files_below(folder)])
    except ImportError as error:
        raise ImportError(str(error), name="pyarrow") from error
    except (OSError, ValueError) as error:
        raise MistakeError(f"the dataset cannot be read as Parquet: {error}") from error


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """One table; its column names are texts.

    Raises MistakeError for a table without rows.
    """
    import pandas as pd

    table = pd.concat(frames, ignore_index=True)
    table.columns = pd.Index([str(name) for name in table.columns])
    if not len(table):
        raise MistakeError("the dataset has no rows")
    return table
