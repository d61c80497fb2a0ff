"""The first rows of a table on disk."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.tables import TableForm, header_of, text_rows
from cursus_readiness.units import MIB

_MOST_ROWS = 100_000
_MOST_BYTES = 128 * MIB


def first_rows(path: Path, form: TableForm) -> tuple[pa.Table, bool]:
    """The first rows of a table, and whether names stand above them.

    Raises SourceError for a file that is not what its name says.
    """
    try:
        if form.kind == "parquet":
            with pa.parquet.ParquetFile(path) as file:
                batches, rows = [], 0
                for batch in file.iter_batches():
                    batches.append(batch)
                    rows += batch.num_rows
                    if rows >= _MOST_ROWS:
                        break
                return pa.Table.from_batches(batches, file.schema_arrow).slice(0, _MOST_ROWS), True
        if form.kind == "libsvm":
            raise SourceError(f"{path}: rows of libsvm do not say what their columns are; name a CSV file")
        data = _text(path, form)
        if form.kind == "jsonl":
            return pa.json.read_json(io.BytesIO(data), pa.json.ReadOptions(block_size=len(data) + 1)), True
        names = header_of(path, form)
        table = pa.csv.read_csv(
            io.BytesIO(data),
            pa.csv.ReadOptions(block_size=len(data) + 1, autogenerate_column_names=names is None),
            pa.csv.ParseOptions(delimiter=form.delimiter, newlines_in_values=True),
            pa.csv.ConvertOptions(strings_can_be_null=True),
        )
    except (pa.ArrowException, UnicodeError, OSError) as error:
        raise SourceError(f"{path} cannot be read as {form.kind}: {_reason(error)}") from error
    if any(pa.types.is_binary(kind) for kind in table.schema.types):
        raise SourceError(f"{path} cannot be read as {form.kind}: it is not UTF-8 text throughout")
    return table, names is not None


def _reason(error: Exception) -> str:
    """What pyarrow says, without the content of the file that it quotes."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "UTF8" in text or "utf-8" in text:
        return "it is not UTF-8 text throughout"
    return re.sub(r"(Expected \d+ columns, got \d+):.*", r"\1", re.sub(r"(invalid value) '.*", r"\1", text))[:200]


def _text(path: Path, form: TableForm) -> bytes:
    found, count, size = [], 0, 0
    for rows in text_rows(path, form):
        wanted = min(len(rows), _MOST_ROWS + 1 - count)
        found.append(rows.data[int(rows.bounds[0]) : int(rows.bounds[wanted])])
        count, size = count + wanted, size + len(found[-1])
        if count > _MOST_ROWS or size > _MOST_BYTES:
            break
    if not count:
        raise SourceError(f"{path} has no row")
    return b"".join(found)
