"""Make sample requests for the model's endpoint, from the features that the model itself lists.

A field takes its value from FIELD_DEFAULTS, else the typical value that training has found, else
DEFAULT_NUMERIC_VALUE or DEFAULT_TEXT_VALUE. A second sample leaves every field empty: an endpoint has to survive
that too.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/model  model.tar.gz of the training step
  writes  /opt/ml/processing/output       payload_<content type>_<number>.csv|.json, and all in payload.tar.gz
  env     CONTENT_TYPES, DEFAULT_NUMERIC_VALUE, DEFAULT_TEXT_VALUE, FIELD_DEFAULTS (a JSON object)
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import logging
import os
import sys
import tarfile
from pathlib import Path
from typing import Any

MODEL_ARCHIVE = Path("/opt/ml/processing/input/model/model.tar.gz")
OUTPUT_DIR = Path("/opt/ml/processing/output")
SUFFIXES = {"text/csv": ".csv", "application/json": ".json"}

log = logging.getLogger("payload")


class PayloadError(Exception):
    """No payload can be made; the message says why."""


def read_features() -> list[dict[str, Any]]:
    """The features of the model, in the order in which it takes them."""
    if not MODEL_ARCHIVE.is_file():
        raise PayloadError(f"{MODEL_ARCHIVE} is missing")
    with tarfile.open(MODEL_ARCHIVE) as tar:
        try:
            file = tar.extractfile("features.json")
        except KeyError:
            file = None
        if file is None:
            raise PayloadError(f"{MODEL_ARCHIVE.name} has no member features.json")
        return json.load(file)


def read_field_defaults() -> dict[str, Any]:
    """FIELD_DEFAULTS as an object."""
    try:
        defaults = json.loads(os.environ.get("FIELD_DEFAULTS", "{}"))
    except ValueError as error:
        raise PayloadError(f"FIELD_DEFAULTS is not JSON: {error}") from error
    if not isinstance(defaults, dict):
        raise PayloadError("FIELD_DEFAULTS must be a JSON object")
    return defaults


def typical_record(features: list[dict[str, Any]], defaults: dict[str, Any]) -> dict[str, Any]:
    """One plausible customer."""
    numeric = float(os.environ.get("DEFAULT_NUMERIC_VALUE", "0.0"))
    fallback = {"number": numeric, "category": os.environ.get("DEFAULT_TEXT_VALUE", "DEFAULT_TEXT")}
    record = {}
    for feature in features:
        value = feature["typical"] if feature["typical"] is not None else fallback[feature["type"]]
        record[feature["name"]] = defaults.get(feature["name"], value)
    return record


def encode(record: dict[str, Any], content_type: str) -> str:
    """A record as the body of a request; CSV has no header, as SageMaker endpoints take it."""
    if content_type == "application/json":
        return json.dumps({"instances": [record]}, indent=2) + "\n"
    text = io.StringIO()
    row = ["" if value is None else value for value in record.values()]
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue()


def pack(paths: list[Path], archive: Path) -> None:
    """A reproducible archive of files, side by side."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for path in paths:
            member = tarfile.TarInfo(path.name)
            member.size = path.stat().st_size
            with path.open("rb") as file:
                tar.addfile(member, file)
    archive.write_bytes(gzip.compress(content.getvalue(), mtime=0))


def main() -> None:
    """Write every sample in every content type."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    content_types = [item.strip() for item in os.environ.get("CONTENT_TYPES", "text/csv").split(",")]
    unknown = [item for item in content_types if item not in SUFFIXES]
    if unknown:
        raise PayloadError(f"content type {unknown[0]!r} is not supported; use {' or '.join(SUFFIXES)}")
    features, defaults = read_features(), read_field_defaults()
    stray = sorted(set(defaults) - {feature["name"] for feature in features})
    if stray:
        raise PayloadError(f"FIELD_DEFAULTS names {stray[0]!r}, which is not a feature of the model")

    empty = {feature["name"]: None for feature in features}
    paths = []
    for index, record in enumerate((typical_record(features, defaults), empty)):
        for content_type in content_types:
            name = f"payload_{content_type.replace('/', '_')}_{index}{SUFFIXES[content_type]}"
            path = OUTPUT_DIR / name
            path.write_text(encode(record, content_type), encoding="utf-8")
            paths.append(path)
    pack(sorted(paths), OUTPUT_DIR / "payload.tar.gz")
    log.info("%d payloads of %d features", len(paths), len(features))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s: %(message)s")
    try:
        main()
    except PayloadError as error:
        sys.exit(f"payload: {error}")
