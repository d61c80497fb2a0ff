"""Files for rules to judge, and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from cursus_readiness.rules.base import Judgement
from cursus_readiness.rules.registry import RULES
from cursus_readiness.rules.target import Target


def judge(key: str, written: Any, *files: Path, **references: Path | list[Path]) -> Judgement:
    """What a rule says about files; it knows references by name, and "file:x" by "x"."""

    def refer(name: str) -> Target:
        found = references[name.removeprefix("file:")]
        return Target(tuple(found) if isinstance(found, list) else (found,))

    return RULES[key].parse(written).judge(Target(files, refer=refer))


def put(path: Path, content: str | bytes) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def table(path: Path, **columns: Any) -> Path:
    """A table in the format of the suffix."""
    frame = pa.table(columns)
    if path.suffix == ".parquet":
        pa.parquet.write_table(frame, path)
        return path
    rows = [",".join("" if value is None else str(value) for value in row.values()) for row in frame.to_pylist()]
    return put(path, "\n".join([",".join(columns), *rows]) + "\n")
