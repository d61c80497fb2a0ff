"""Validate raw customer shards and publish them as a dataset with metadata and a signature.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/data        raw shards: .csv, .csv.gz, .jsonl or .parquet
  writes  /opt/ml/processing/output/data       part-00000.csv, part-00001.csv, ...
          /opt/ml/processing/output/metadata   metadata.json: rows, and type and nulls of every column
          /opt/ml/processing/output/signature  signature: the column names, comma separated
  env     ID_FIELD, LABEL_FIELD, SHARD_SIZE (rows of a shard)
  args    --job_type training|calibration
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path

import pandas as pd

INPUT_DIR = Path("/opt/ml/processing/input/data")
DATA_DIR = Path("/opt/ml/processing/output/data")
METADATA_DIR = Path("/opt/ml/processing/output/metadata")
SIGNATURE_DIR = Path("/opt/ml/processing/output/signature")
SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".parquet")

log = logging.getLogger("data_loading")


class InvalidDataError(Exception):
    """The raw data cannot be published; the message says what is wrong with it."""


def read_shard(path: Path) -> pd.DataFrame:
    """One raw shard. CSV cells are read as text: types are decided over all shards, not shard by shard."""
    if path.name.endswith(".parquet"):
        return pd.read_parquet(path)
    if path.name.endswith(".jsonl"):
        return pd.read_json(path, lines=True, dtype=False)
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])


def read_shards(folder: Path) -> pd.DataFrame:
    """All shards as one table, in the order of their names so that a run can be repeated."""
    paths = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES))
    if not paths:
        raise InvalidDataError(f"no file ending in {', '.join(SUFFIXES)} in {folder}")
    frames = []
    for path in paths:
        frame = read_shard(path)
        if frames and list(frame.columns) != list(frames[0].columns):
            raise InvalidDataError(f"{path.name} has other columns than {paths[0].name}")
        log.info("%s: %d rows", path.name, len(frame))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def normalise(column: pd.Series) -> pd.Series:
    """Numbers as numbers (whole ones as integers that may be missing), everything else as trimmed text."""
    values = pd.to_numeric(column, errors="coerce")
    if values.notna().sum() == column.notna().sum() and values.notna().any():
        is_whole = (values.dropna() % 1 == 0).all()
        return values.astype("Int64") if is_whole else values.astype("float64")
    return text(column)


def text(column: pd.Series) -> pd.Series:
    """Trimmed text; an empty cell is a missing one."""
    trimmed = column.astype("string").str.strip()
    return trimmed.mask(trimmed == "")


def validate(frame: pd.DataFrame, id_field: str, label_field: str) -> None:
    """Refuse data that no later step could use.

    Raises InvalidDataError.
    """
    if frame.empty:
        raise InvalidDataError("the raw data has no rows")
    for field in (id_field, label_field):
        missing = int(frame[field].isna().sum())
        if missing:
            raise InvalidDataError(f"{missing} of {len(frame)} rows have no {field!r}")
    duplicates = int(frame[id_field].duplicated().sum())
    if duplicates:
        raise InvalidDataError(f"{duplicates} rows repeat a {id_field!r} that an earlier row has")
    others = sorted(map(str, set(frame[label_field].unique()) - {0, 1}))
    if others:
        raise InvalidDataError(f"{label_field!r} must be 0 or 1; there are also: {', '.join(others[:5])}")


def kind(column: pd.Series) -> str:
    """The type of a column as later steps are told it."""
    if pd.api.types.is_integer_dtype(column.dtype):
        return "integer"
    return "number" if pd.api.types.is_float_dtype(column.dtype) else "string"


def publish(frame: pd.DataFrame, job_type: str, shard_size: int) -> None:
    """Write shards, metadata and signature."""
    for index, start in enumerate(range(0, len(frame), shard_size)):
        frame.iloc[start : start + shard_size].to_csv(DATA_DIR / f"part-{index:05d}.csv", index=False)
    nulls = frame.isna().sum()
    columns = [{"name": name, "type": kind(frame[name]), "nulls": int(nulls[name])} for name in frame.columns]
    metadata = {"job_type": job_type, "rows": len(frame), "columns": columns}
    (METADATA_DIR / "metadata.json").write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")
    (SIGNATURE_DIR / "signature").write_text(",".join(frame.columns) + "\n", encoding="utf-8")


def required(name: str) -> str:
    """A variable of the environment that the step cannot do without."""
    value = os.environ.get(name, "")
    if not value:
        raise InvalidDataError(f"environment variable {name} is not set")
    return value


def main() -> None:
    """Load, normalise, validate, publish."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--job_type", required=True, choices=("training", "calibration"))
    job_type = parser.parse_args().job_type
    id_field, label_field = required("ID_FIELD"), required("LABEL_FIELD")
    shard_size = int(os.environ.get("SHARD_SIZE", "10000"))
    if shard_size < 1:
        raise InvalidDataError(f"SHARD_SIZE must be at least 1, not {shard_size}")

    raw = read_shards(INPUT_DIR)
    absent = [field for field in (id_field, label_field) if field not in raw.columns]
    if absent:
        raise InvalidDataError(f"the raw data lacks {absent[0]!r}; it has: {', '.join(raw.columns)}")
    # An identifier made of digits is still text: as a number it would lose leading zeros.
    columns = {name: text(raw[name]) if name == id_field else normalise(raw[name]) for name in raw.columns}
    frame = pd.DataFrame(columns)
    validate(frame, id_field, label_field)
    publish(frame, job_type, shard_size)
    log.info("published %d rows, %d columns, %.1f %% positive", *frame.shape, 100 * frame[label_field].mean())


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s: %(message)s")
    try:
        main()
    except InvalidDataError as error:
        sys.exit(f"data_loading: {error}")
