"""A profile of tabular files: one streaming pass, memory bounded by the batch and not by the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import UnreadableDataError

_BATCH_BYTES = 8 << 20
_MISFIT = re.compile(r"CSV column #(\d+): CSV conversion error to (\w+)")


@dataclass(slots=True)
class ColumnProfile:
    """One column over all files; ``low`` and ``high`` are ``None`` without a comparable value."""

    kind: str
    file_count: int = 0
    null_count: int = 0
    low: Any = None
    high: Any = None


@dataclass(slots=True)
class TableProfile:
    """All files together; columns in the order of the first. ``problems`` names files that differ in their columns."""

    row_count: int = 0
    file_count: int = 0
    columns: dict[str, ColumnProfile] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def column(self, name: str) -> ColumnProfile | None:
        """A column that every file has."""
        found = self.columns.get(name)
        return found if found is not None and found.file_count == self.file_count else None


def profile_table(files: tuple[Path, ...]) -> TableProfile:
    """Profile CSV, TSV, Parquet and JSON-lines files as one table.

    Raises UnreadableDataError for a file that is not what its name says.
    """
    whole = TableProfile()
    for path in files:
        _merge(whole, path, _profile_file(path))
    return whole


def _merge(whole: TableProfile, path: Path, columns_and_rows: tuple[dict[str, ColumnProfile], int]) -> None:
    columns, rows = columns_and_rows
    if whole.file_count and list(whole.columns) != list(columns):
        whole.problems.append(f"{printable(path.name)} has other columns than the files before it")
    whole.file_count += 1
    whole.row_count += rows
    for name, found in columns.items():
        known = whole.columns.setdefault(name, ColumnProfile("null"))
        known.kind = _common_kind(known.kind, found.kind)
        known.file_count += 1
        known.null_count += found.null_count
        _widen(known, found.low, found.high)


def _profile_file(path: Path) -> tuple[dict[str, ColumnProfile], int]:
    """Columns and row count of one file.

    The types of a CSV are guessed from its first block. Where a later one does not fit, the file is read again with a
    wider type for that column: whole numbers, numbers, text.
    """
    import pyarrow as pa

    wider: dict[str, Any] = {}
    while True:
        columns: dict[str, ColumnProfile] = {}
        names: list[str] = []
        rows = 0
        try:
            for batch in _batches(path, wider):
                names = batch.schema.names
                if len(set(names)) < len(names):
                    raise UnreadableDataError(f"{printable(path.name)} has columns of equal names")
                rows += batch.num_rows
                for item, values in zip(batch.schema, batch.columns, strict=True):
                    _add(columns.setdefault(item.name, ColumnProfile(_kind(item.type))), values)
        except (pa.ArrowException, OSError, UnicodeError) as error:
            match = _MISFIT.search(str(error))
            if match is None or not _widen_type(wider, names[int(match[1])], match[2]):
                first = printable(str(error).splitlines()[0])
                raise UnreadableDataError(f"{printable(path.name)} is not readable: {first}") from error
        else:
            return columns, rows


def _widen_type(wider: dict[str, Any], column: str, failed: str) -> bool:
    """Ask for a wider type of a column; ``False`` when there is none."""
    import pyarrow as pa

    steps = {"null": pa.int64(), "int64": pa.float64()}
    if failed != "string":
        wider[column] = steps.get(failed, pa.string())
    return failed != "string"


def _add(column: ColumnProfile, values: Any) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    column.null_count += values.null_count
    if pa.types.is_floating(values.type):
        values = values.cast(pa.float64()).drop_null()
        is_number = pc.invert(pc.is_nan(values))
        column.null_count += len(values) - (pc.sum(is_number).as_py() or 0)
        values = values.filter(is_number)
    if column.kind in ("number", "integer", "timestamp") and len(values):
        found = pc.min_max(values)
        _widen(column, found["min"].as_py(), found["max"].as_py())


def _widen(column: ColumnProfile, low: Any, high: Any) -> None:
    if low is not None and column.kind != "mixed":
        column.low = low if column.low is None else min(column.low, low)
        column.high = high if column.high is None else max(column.high, high)


def _common_kind(one: str, other: str) -> str:
    if other in (one, "null"):
        return one
    if one == "null":
        return other
    return "number" if {one, other} == {"number", "integer"} else "mixed"


def _batches(path: Path, wider: dict[str, Any]) -> Iterator[Any]:
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
            convert_options=pa.csv.ConvertOptions(strings_can_be_null=True, column_types=wider),
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
        raise UnreadableDataError(f"{printable(path.name)}: a table in CSV, TSV, Parquet or JSON lines is expected")


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
