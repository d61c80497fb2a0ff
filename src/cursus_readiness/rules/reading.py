"""Tabular files as a stream of record batches: memory is bounded by the batch and not by the file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import UnreadableDataError

BLOCK_BYTES = 4 << 20
_HEADER_BYTES = 1 << 16
_MOST_BATCH_ROWS = 65_536
_COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_JSON_LINES = (".json", ".jsonl", ".ndjson")
_MISFIT = re.compile(r"CSV column #(\d+): CSV conversion error to (\w+)(?:.*?: invalid value '(.*?)'?$)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TableFormat:
    """How the tables of a target are written.

    ``names`` are those of the columns of CSV files without a header; they are numbered unless it ``has_names``.
    """

    names: tuple[str, ...] = ()
    delimiter: str | None = None
    has_names: bool = True


PLAIN = TableFormat()
NAMELESS = TableFormat(has_names=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of one file. The first piece of each file has its columns and no rows."""

    path: Path
    first_row: int
    batch: Any

    def column(self, name: str) -> Any:
        """A column's values; nothing but nulls where the file does not have it."""
        import pyarrow as pa

        index = self.batch.schema.get_field_index(name)
        if index < 0:
            return pa.nulls(self.batch.num_rows)
        values = self.batch.column(index)
        return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


class MisfitError(Exception):
    """A value that comes late in a CSV file does not fit the type that its first block gave the column."""

    def __init__(self, column: str, arrow_type: Any) -> None:
        super().__init__(column)
        self.column = column
        self.arrow_type = arrow_type


def is_table(path: Path) -> bool:
    """Whether the name of a file says that it is a table."""
    return bool(format_of(path))


def format_of(path: Path) -> str:
    """The format that the name of a file says: ``csv``, ``tsv``, ``parquet``, ``jsonl`` or ``json``; else nothing."""
    suffix = _suffixes(path)[0]
    if suffix not in (*_DELIMITERS, ".parquet", *_JSON_LINES):
        return ""
    return "jsonl" if suffix == ".ndjson" else suffix.removeprefix(".")


def is_delimited(path: Path) -> bool:
    """Whether the name of a file says that it is CSV or TSV."""
    return _suffixes(path)[0] in _DELIMITERS


def first_row(path: Path, form: TableFormat = PLAIN) -> list[str]:
    """The first line of a CSV or TSV file as texts, as far as it can be read; empty when it cannot."""
    import pyarrow as pa

    suffix, compression = _suffixes(path)
    try:
        with pa.input_stream(str(path), compression=compression) as stream:
            text = stream.read(_HEADER_BYTES).decode("utf-8-sig", "replace")
        return next(csv.reader(io.StringIO(text), delimiter=form.delimiter or _DELIMITERS[suffix]), [])
    except (pa.ArrowException, OSError, csv.Error):
        return []


def check_rows(path: Path) -> None:
    """Read a CSV file to its end, with or without a header: rows of equal length, text in UTF-8.

    Raises UnreadableDataError.
    """
    import pyarrow as pa

    try:
        names = next(_csv(path, NAMELESS, {})).schema.names
        for _ in _csv(path, NAMELESS, dict.fromkeys(names, pa.string())):
            pass
    except (pa.ArrowException, OSError, UnicodeError, EOFError) as error:
        raise UnreadableDataError(f"{printable(path.name)} is not readable: {_reason(error)}") from error


def pieces(path: Path, form: TableFormat, wider: dict[str, Any]) -> Iterator[Piece]:
    """The rows of a file, by its suffix; the types of CSV columns in ``wider`` are not guessed.

    Raises UnreadableDataError for a file that is not what its name says, MisfitError where a column needs a wider type.
    """
    import pyarrow as pa

    rows, names = 0, [*form.names]
    try:
        for batch in _batches(path, form, wider):
            names = batch.schema.names
            if len(set(names)) < len(names):
                raise UnreadableDataError(f"{printable(path.name)} has columns of equal names")
            yield Piece(path, rows, batch)
            rows += batch.num_rows
    except (pa.ArrowException, OSError, UnicodeError, EOFError) as error:
        match = _MISFIT.search(str(error))
        if match is None or match[2] in ("string", "binary"):
            raise UnreadableDataError(f"{printable(path.name)} is not readable: {_reason(error)}") from error
        column = (names or _header(path, form))[int(match[1])]
        raise MisfitError(column, _next_type(match[2], match[3])) from error


def _next_type(failed: str, value: str | None) -> Any:
    """A wider type than the one that failed; after nothing but nulls, the one that the value has itself."""
    import pyarrow as pa
    import pyarrow.csv

    if failed == "int64":
        return pa.float64()
    if failed != "null" or not value:
        return pa.string()
    try:
        return pa.csv.read_csv(io.BytesIO(b"a\n" + value.encode())).schema.field(0).type
    except (pa.ArrowException, UnicodeError):
        return pa.string()


def _reason(error: Exception) -> str:
    """What pyarrow says, without the content of the file that it quotes."""
    text = str(error)
    if "straddling object" in text:
        return f"a row is longer than {BLOCK_BYTES >> 20} MiB"
    text = text.splitlines()[0] if text else type(error).__name__
    text = re.sub(r"(Expected \d+ columns, got \d+):.*", r"\1", text)
    return printable(re.sub(r"(invalid value) '.*", r"\1", text))[:300]


def _suffixes(path: Path) -> tuple[str, str | None]:
    """Suffix and compression."""
    name = path.name.lower()
    for suffix, compression in _COMPRESSIONS.items():
        if name.endswith(suffix):
            return Path(name.removesuffix(suffix)).suffix, compression
    return Path(name).suffix, None


def _header(path: Path, form: TableFormat) -> list[str]:
    names: list[str] = next(_csv(path, form, {})).schema.names
    return names


def _batches(path: Path, form: TableFormat, wider: dict[str, Any]) -> Iterator[Any]:
    suffix, compression = _suffixes(path)
    if suffix in _DELIMITERS:
        yield from _csv(path, form, wider)
    elif suffix == ".parquet" and compression is None:
        yield from _parquet(path)
    elif suffix in _JSON_LINES:
        yield from _json_lines(path)
    else:
        raise UnreadableDataError(f"{printable(path.name)}: a table in CSV, TSV, Parquet or JSON lines is expected")


def _csv(path: Path, form: TableFormat, wider: dict[str, Any]) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.csv

    suffix, compression = _suffixes(path)
    with pa.input_stream(str(path), compression=compression) as stream:
        reader = pa.csv.open_csv(
            stream,
            read_options=pa.csv.ReadOptions(
                block_size=BLOCK_BYTES,
                column_names=list(form.names) or None,
                autogenerate_column_names=not form.has_names,
            ),
            parse_options=pa.csv.ParseOptions(delimiter=form.delimiter or _DELIMITERS[suffix], newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(strings_can_be_null=True, column_types=wider),
        )
        yield _no_rows(reader.schema)
        yield from reader


def _no_rows(schema: Any) -> Any:
    """The columns alone. (``from_pylist`` would import pandas, which takes longer than reading most tables.)"""
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.nulls(0, item.type) for item in schema], schema=schema)


def _parquet(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet

    with pa.parquet.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
        yield _no_rows(file.schema_arrow)
        groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
        row_bytes = max((group.total_byte_size / max(group.num_rows, 1) for group in groups), default=1.0)
        rows = int(min(max(BLOCK_BYTES / max(row_bytes, 1), 1), _MOST_BATCH_ROWS))
        yield from file.iter_batches(batch_size=rows)


def _json_lines(path: Path) -> Iterator[Any]:
    """Line by line in blocks; each block has its own columns and types."""
    import pyarrow as pa
    import pyarrow.json

    is_empty = True
    with pa.input_stream(str(path), compression=_suffixes(path)[1]) as stream:
        for block in _whole_lines(stream):
            is_empty = False
            options = pa.json.ReadOptions(block_size=len(block) + 1)
            yield from pa.json.read_json(io.BytesIO(block), read_options=options).to_batches()
    if is_empty:
        raise UnreadableDataError(f"{printable(path.name)} is not readable: there is no row")


def _whole_lines(stream: Any) -> Iterator[bytes]:
    rest = b""
    while block := stream.read(BLOCK_BYTES):
        lines, newline, rest = (rest + block).rpartition(b"\n")
        if not newline and len(rest) > BLOCK_BYTES:
            raise OSError("straddling object")
        if lines.strip():
            yield lines + b"\n"
    if rest.strip():
        yield rest
