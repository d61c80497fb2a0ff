"""Write a table in the layout that a step reads, as it is drawn: no more than a block of it is held in memory."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from cursus_readiness.sources.generation.drawing import TableDrawer
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
    drawer = drawer or TableDrawer(schema)
    paths = [target] if is_file else list(_paths(schema, target))
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # a link to somebody's file may be in its place
    if not schema.is_table:
        paths[0].write_text(_description(schema, drawer), encoding="utf-8")
        return paths
    bounds = [schema.rows * index // len(paths) for index in range(len(paths) + 1)]
    rows = _Rows(drawer.blocks())
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
    """Texts as texts, since a reader would take a dictionary for a type of its own, unless the format writes text."""
    if layout.as_text:
        return pa.table({name: _text(table.column(name)) for name in table.column_names})
    if layout.format != "parquet":
        return table
    plain = [
        pa.field(field.name, pa.string() if pa.types.is_dictionary(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(pa.schema(plain))


def _text(values: Any) -> Any:
    return (values.cast(pa.string()) if not pa.types.is_dictionary(values.type) else values).cast(pa.string())


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
            yield _Lines(file, _json_lines)
        else:
            yield _Lines(file, lambda table: _libsvm_lines(table, schema))


class _Lines:
    """Lines that are put together column by column."""

    def __init__(self, file: IO[bytes], lines: Callable[[pa.Table], Any]) -> None:
        self._file = file
        self._lines = lines

    def write_table(self, table: pa.Table) -> None:
        joined = self._lines(table.combine_chunks())
        for chunk in joined.chunks if isinstance(joined, pa.ChunkedArray) else [joined]:
            if len(chunk):
                offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)
                first, last = offsets[chunk.offset], offsets[chunk.offset + len(chunk)]
                self._file.write(memoryview(chunk.buffers()[2])[first:last])


def _json_lines(table: pa.Table) -> Any:
    cells: list[Any] = []
    for index, name in enumerate(table.column_names):
        cells += [("{" if index == 0 else ", ") + json.dumps(name) + ": ", _json_values(table.column(name))]
    return _joined([*cells, "}\n"], "")


def _json_values(values: Any) -> Any:
    kind = values.type
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind):
        cells = _quoted(values)
    elif pa.types.is_temporal(kind):
        cells = _joined(['"', _iso(values), '"'], "")
    elif pa.types.is_floating(kind):
        cells = _float_text(values)
    else:
        cells = values.cast(pa.string())
    return pc.fill_null(cells, "null")


def _quoted(values: Any) -> Any:
    """Texts as JSON writes them; each distinct one of a category is written once."""
    encoded = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if not pa.types.is_dictionary(encoded.type):
        if not pc.any(pc.match_substring_regex(encoded, r"[^ !#-\[\]-~]")).as_py():
            return _joined(['"', encoded, '"'], "")
        encoded = encoded.dictionary_encode()
    texts = pa.array([json.dumps(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return texts.take(encoded.indices)


def _iso(values: Any) -> Any:
    return pc.replace_substring(values.cast(pa.string()), " ", "T")


def _float_text(values: Any) -> Any:
    """Numbers with a point, so that a reader does not take those of some rows for whole ones."""
    texts = values.cast(pa.string())
    return pc.if_else(pc.match_substring_regex(texts, "[.e]"), texts, _joined([texts, ".0"], ""))


def _libsvm_lines(table: pa.Table, schema: TableSchema) -> Any:
    """The label, then ``index:value`` of every column that is a number, from 1 on; a category is its place."""
    label = schema.label.name if schema.label else None
    cells: list[Any] = [_svm_value(table.column(label)) if label else "0"]
    ids = {name for name, column in schema.columns.items() if column.type == "id"}
    names = [name for name in table.column_names if name not in (label, *ids) and _has_number(table.column(name).type)]
    cells += [_joined([f"{index}:", _svm_value(table.column(name))], "") for index, name in enumerate(names, 1)]
    if not label:
        cells[0] = pa.array(["0"]).take(pa.array([0] * table.num_rows)) if table.num_rows else pa.array([], pa.string())
    return _joined([pc.binary_join_element_wise(*cells, " ", null_handling="skip"), "\n"], "")


def _has_number(kind: Any) -> bool:
    return bool(pa.types.is_dictionary(kind) or pa.types.is_primitive(kind))


def _svm_value(values: Any) -> Any:
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_dictionary(values.type):
        values = values.indices
    elif pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    elif pa.types.is_temporal(values.type):
        values = values.cast(pa.int32() if pa.types.is_date32(values.type) else pa.int64())
    return values.cast(pa.string())


def _joined(parts: list[Any], separator: str) -> Any:
    return pc.binary_join_element_wise(*parts, separator)


def _description(schema: TableSchema, drawer: TableDrawer) -> str:
    """What Cursus keeps beside its data: the names of the columns, or a line about each of them."""
    if schema.format == "signature":
        return ",".join(schema.column_names())
    lines = ["varname,iscategory,datatype"]
    for field in next(drawer.blocks()).schema:
        is_text = pa.types.is_string(field.type) or pa.types.is_dictionary(field.type)
        kind = "object" if is_text else "float64" if pa.types.is_floating(field.type) else str(field.type)
        lines.append(f"{field.name},{'true' if is_text else 'false'},{kind}")
    return "\n".join(lines) + "\n"
