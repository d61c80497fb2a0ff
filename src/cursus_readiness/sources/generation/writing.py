"""Write a table in the layout that a step reads, as it is drawn: no more than a block of it is held in memory."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from cursus_readiness.sources.generation.drawing import TableDrawer
from cursus_readiness.sources.generation.lines import LineWriter, json_lines, libsvm_lines
from cursus_readiness.sources.generation.schema import Format, Layout, TableSchema

SUFFIXES: dict[Format, str] = {
    "csv": ".csv",
    "tsv": ".tsv",
    "parquet": ".parquet",
    "jsonl": ".jsonl",
    "libsvm": ".libsvm",
    "signature": "",
    "metadata": "",
}
_GZIP_LEVEL = 6


class _Writer(Protocol):
    def write_table(self, table: pa.Table) -> None:
        """Add rows to the file."""
        ...


def write_table(
    schema: TableSchema, target: Path, drawer: TableDrawer | None = None, *, is_file: bool = False
) -> list[Path]:
    """Write a table as shards ``part-NNNNN`` into the folder ``target``, or as this one file; the files, in order.

    Whatever is in their place is replaced, never written through.
    """
    paths = [target] if is_file else list(_paths(schema, target))
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # a link to somebody's file may be in its place
    if not schema.is_table:
        paths[0].write_text(_description(schema), encoding="utf-8")
        return paths
    bounds = [schema.rows * index // len(paths) for index in range(len(paths) + 1)]
    rows = _Rows((drawer or TableDrawer(schema)).blocks())
    for path, (start, end) in zip(paths, pairwise(bounds), strict=True):
        with _writer(_as_written(rows.none, schema), schema, path) as writer:
            for piece in rows.take(end - start):
                writer.write_table(_as_written(piece, schema))
    return paths


def _paths(schema: TableSchema, folder: Path) -> Iterator[Path]:
    if not schema.is_table:
        yield folder / schema.format
        return
    suffix = (schema.suffix or SUFFIXES[schema.format]) + (".gz" if schema.gzip else "")
    for index in range(schema.files):
        yield folder / f"part-{index:05d}{suffix}"


class _Rows:
    """The rows of a stream of blocks, so many at a time."""

    def __init__(self, blocks: Iterator[pa.Table]) -> None:
        self._blocks = blocks
        self._rest = next(blocks)
        self.none = self._rest.slice(0, 0)

    def take(self, count: int) -> Iterator[pa.Table]:
        """The next rows, in as many pieces as the blocks make necessary."""
        while count:
            if not self._rest.num_rows:
                self._rest = next(self._blocks)
            piece = self._rest.slice(0, count)
            self._rest = self._rest.slice(piece.num_rows)
            count -= piece.num_rows
            yield piece


def _as_written(table: pa.Table, layout: Layout) -> pa.Table:
    """Texts as texts where a reader would take a dictionary for a type of its own, and all as text where so asked."""
    if layout.format != "parquet" and not layout.as_text:
        return table
    fields = [
        pa.field(field.name, pa.string() if layout.as_text or pa.types.is_dictionary(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


@contextmanager
def _writer(empty: pa.Table, schema: TableSchema, path: Path) -> Iterator[_Writer]:
    """What writes one file."""
    with ExitStack() as stack:
        if schema.format == "parquet":
            yield stack.enter_context(pa.parquet.ParquetWriter(path, empty.schema))
            return
        file: Any = stack.enter_context(path.open("wb"))
        if schema.gzip:
            # no name and no time: the same rows give the same bytes
            file = stack.enter_context(gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0))
        if schema.format in ("csv", "tsv"):
            options = pa.csv.WriteOptions(
                include_header=schema.header, delimiter="\t" if schema.format == "tsv" else schema.delimiter
            )
            yield stack.enter_context(pa.csv.CSVWriter(file, empty.schema, write_options=options))
        elif schema.format == "jsonl":
            yield LineWriter(file, json_lines)
        else:
            yield LineWriter(file, partial(libsvm_lines, schema))


def _description(schema: TableSchema) -> str:
    """What Cursus keeps beside its data: the names of the columns, or a line about each of them."""
    if schema.format == "signature":
        return ",".join(schema.column_names())
    lines = ["varname,iscategory,datatype"]
    for field in TableDrawer(schema.model_copy(update={"rows": 1})).table().schema:
        is_text = pa.types.is_string(field.type) or pa.types.is_dictionary(field.type)
        kind = "object" if is_text else "float64" if pa.types.is_floating(field.type) else str(field.type)
        lines.append(f"{field.name},{'true' if is_text else 'false'},{kind}")
    return "\n".join(lines) + "\n"
