"""A profile of tabular files: one streaming pass, memory bounded by the batch and not by the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cursus_readiness.rules.base import UnreadableDataError

_BATCH_BYTES = 8 << 20


@dataclass(slots=True)
class ColumnProfile:
    """One column over all files; ``low`` and ``high`` are ``None`` without a comparable value."""

    kind: str
    null_count: int = 0
    low: Any = None
    high: Any = None


@dataclass(slots=True)
class TableProfile:
    """All files together; columns in the order of the first."""

    row_count: int = 0
    columns: dict[str, ColumnProfile] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def profile_table(files: tuple[Path, ...]) -> TableProfile:
    """Profile CSV, TSV, Parquet and JSON-lines files as one table.

    Raises UnreadableDataError for a file that is not what its name says. Files that do not agree on their columns are
    named in ``problems``.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    profile = TableProfile()
    for path in files:
        try:
            for index, batch in enumerate(_batches(path)):
                if index == 0:
                    _meet(profile, path, batch.schema)
                profile.row_count += batch.num_rows
                for name, values in zip(batch.schema.names, batch.columns, strict=True):
                    _add(profile.columns[name], values, pc)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            first = str(error).splitlines()[0]
            raise UnreadableDataError(f"{path.name} is not readable: {first}") from error
    return profile


def _meet(profile: TableProfile, path: Path, schema: Any) -> None:
    if len(set(schema.names)) < len(schema.names):
        raise UnreadableDataError(f"{path.name} has columns of equal names")
    if profile.columns and list(profile.columns) != schema.names:
        profile.problems.append(f"{path.name} has other columns than the files before it")
    for item in schema:
        column = profile.columns.setdefault(item.name, ColumnProfile(_kind(item.type)))
        if column.kind == "null":
            column.kind = _kind(item.type)
        elif _kind(item.type) not in (column.kind, "null"):
            column.kind = "number" if {column.kind, _kind(item.type)} == {"number", "integer"} else "mixed"


def _add(column: ColumnProfile, values: Any, pc: Any) -> None:
    column.null_count += values.null_count
    if column.kind == "number":
        column.null_count += pc.sum(pc.is_nan(values)).as_py() or 0 if str(values.type) in ("double", "float") else 0
    if column.kind not in ("number", "integer", "timestamp") or len(values) == 0:
        return
    found = pc.min_max(values)
    low, high = found["min"].as_py(), found["max"].as_py()
    if low is not None:
        column.low = low if column.low is None else min(column.low, low)
        column.high = high if column.high is None else max(column.high, high)


def _batches(path: Path) -> Iterator[Any]:
    """Record batches of a file, by its suffix; an empty table still yields its schema."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.json
    import pyarrow.parquet

    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        delimiter = "\t" if suffix == ".tsv" else ","
        reader = pa.csv.open_csv(
            path,
            read_options=pa.csv.ReadOptions(block_size=_BATCH_BYTES),
            parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(strings_can_be_null=True),
        )
        yield pa.RecordBatch.from_pylist([], schema=reader.schema)
        yield from reader
    elif suffix == ".parquet":
        parquet = pa.parquet.ParquetFile(path)
        yield pa.RecordBatch.from_pylist([], schema=parquet.schema_arrow)
        yield from parquet.iter_batches()
    elif suffix in (".json", ".jsonl", ".ndjson"):
        yield from pa.json.read_json(path).to_batches()
    else:
        raise UnreadableDataError(f"{path.name}: a table in CSV, TSV, Parquet or JSON lines is expected")


def _kind(arrow_type: Any) -> str:
    from pyarrow import types

    if types.is_dictionary(arrow_type):
        return _kind(arrow_type.value_type)
    kinds = {
        "boolean": (types.is_boolean,),
        "integer": (types.is_integer,),
        "number": (types.is_floating, types.is_decimal),
        "timestamp": (types.is_temporal,),
        "string": (types.is_string, types.is_large_string, types.is_string_view),
        "null": (types.is_null,),
    }
    return next((kind for kind, tests in kinds.items() if any(test(arrow_type) for test in tests)), str(arrow_type))
