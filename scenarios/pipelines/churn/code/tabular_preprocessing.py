"""Check a published dataset, tidy it and split it: train, val and test for training, one split otherwise.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/data       part-*.csv of the data loading step
          /opt/ml/processing/input/metadata   metadata.json: the type of every column
          /opt/ml/processing/input/signature  signature: the column names in order
  writes  /opt/ml/processing/output           <split>/<split>_processed_data.csv
  env     LABEL_FIELD, ID_FIELD, TRAIN_RATIO, TEST_VAL_RATIO (share of the rest that is test), RANDOM_SEED
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
from sklearn.model_selection import train_test_split

DATA_DIR = Path("/opt/ml/processing/input/data")
METADATA_FILE = Path("/opt/ml/processing/input/metadata/metadata.json")
SIGNATURE_FILE = Path("/opt/ml/processing/input/signature/signature")
OUTPUT_DIR = Path("/opt/ml/processing/output")
DTYPES = {"integer": "Int64", "number": "float64", "string": "string"}

log = logging.getLogger("tabular_preprocessing")


class InvalidDataError(Exception):
    """The dataset or the settings cannot be worked with; the message says why."""


def read_dataset() -> pd.DataFrame:
    """All shards as one table, typed by the metadata and checked against the signature."""
    for path in (METADATA_FILE, SIGNATURE_FILE):
        if not path.is_file():
            raise InvalidDataError(f"{path} is missing")
    metadata = json.loads(METADATA_FILE.read_text(encoding="utf-8"))
    signature = SIGNATURE_FILE.read_text(encoding="utf-8").strip().split(",")
    dtypes = {column["name"]: DTYPES[column["type"]] for column in metadata["columns"]}
    shards = sorted(DATA_DIR.glob("part-*.csv"))
    if not shards:
        raise InvalidDataError(f"no part-*.csv in {DATA_DIR}")
    frames = []
    for path in shards:
        frame = pd.read_csv(path, dtype=dtypes, keep_default_na=False, na_values=[""])
        if list(frame.columns) != signature:
            raise InvalidDataError(f"the columns of {path.name} are not those of the signature")
        frames.append(frame)
    frame = pd.concat(frames, ignore_index=True)
    if len(frame) != metadata["rows"]:
        raise InvalidDataError(f"{len(frame)} rows were read, the metadata promises {metadata['rows']}")
    return frame


def tidy(frame: pd.DataFrame, id_field: str, label_field: str) -> pd.DataFrame:
    """Drop rows without a label and unify the spelling of categories (``Two Year`` is ``two-year``)."""
    for field in (id_field, label_field):
        if field not in frame.columns:
            raise InvalidDataError(f"the dataset lacks the column {field!r}")
    frame = frame.dropna(subset=[label_field]).copy()
    for name in frame.columns:
        if name != id_field and pd.api.types.is_string_dtype(frame[name].dtype):
            frame[name] = frame[name].str.lower().str.replace(r"[\s_]+", "-", regex=True)
    if frame[label_field].nunique() < 2:
        raise InvalidDataError(f"{label_field!r} has a single value: there is nothing to learn")
    return frame


def split(frame: pd.DataFrame, label_field: str) -> dict[str, pd.DataFrame]:
    """Train, val and test with the same share of positives, from a fixed seed."""
    train_ratio, test_val_ratio = ratio("TRAIN_RATIO", "0.7"), ratio("TEST_VAL_RATIO", "0.5")
    seed = int(os.environ.get("RANDOM_SEED", "42"))
    try:
        train, rest = train_test_split(
            frame, train_size=train_ratio, random_state=seed, stratify=frame[label_field].astype(int)
        )
        val, test = train_test_split(
            rest, test_size=test_val_ratio, random_state=seed, stratify=rest[label_field].astype(int)
        )
    except ValueError as error:
        raise InvalidDataError(f"{len(frame)} rows cannot be split: {error}") from error
    return {"train": train, "val": val, "test": test}


def ratio(name: str, default: str) -> float:
    """A share from the environment, strictly between 0 and 1."""
    written = os.environ.get(name, default)
    try:
        value = float(written)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise InvalidDataError(f"{name} must be a number between 0 and 1, not {written!r}")
    return value


def required(name: str) -> str:
    """A variable of the environment that the step cannot do without."""
    value = os.environ.get(name, "")
    if not value:
        raise InvalidDataError(f"environment variable {name} is not set")
    return value


def main() -> None:
    """Read, tidy, split, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--job_type", required=True, choices=("training", "calibration"))
    job_type = parser.parse_args().job_type
    label_field = required("LABEL_FIELD")
    frame = tidy(read_dataset(), required("ID_FIELD"), label_field)
    splits = split(frame, label_field) if job_type == "training" else {job_type: frame}
    for name, part in splits.items():
        folder = OUTPUT_DIR / name
        folder.mkdir(parents=True, exist_ok=True)
        part.to_csv(folder / f"{name}_processed_data.csv", index=False)
        log.info("%s: %d rows, %.1f %% positive", name, len(part), 100 * part[label_field].mean())


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s: %(message)s")
    try:
        main()
    except InvalidDataError as error:
        sys.exit(f"tabular_preprocessing: {error}")
