"""Rows as lines of text, put together by the column and not by the row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cursus_readiness.sources.generation.schema import TableSchema


class LineWriter:
    """Lines that are put together column by column."""

    def __init__(self, file: IO[bytes], lines: Callable[[pa.Table], Any]) -> None:
        self._file = file
        self._lines = lines

    def write_table(self, table: pa.Table) -> None:
        """Add rows to the file."""
        joined = self._lines(table.combine_chunks())
        for chunk in joined.chunks if isinstance(joined, pa.ChunkedArray) else [joined]:
            if len(chunk):
                offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)
                first, last = offsets[chunk.offset], offsets[chunk.offset + len(chunk)]
                self._file.write(memoryview(chunk.buffers()[2])[first:last])


def json_lines(table: pa.Table) -> Any:
    """One object a row."""
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


def libsvm_lines(schema: TableSchema, table: pa.Table) -> Any:
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
