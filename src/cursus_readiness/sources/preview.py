"""What serves the inputs of a plan, and what its tables look like, without serving them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cursus_readiness.model.plan import Plan, ServedInput
from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.exporting import data_inputs
from cursus_readiness.sources.generation.loading import declared
from cursus_readiness.sources.generation.schema import TableSchema
from cursus_readiness.sources.generation.wording import told, told_label
from cursus_readiness.sources.local import LocalSource
from cursus_readiness.sources.synthetic import Portion, SyntheticSource, uri_of
from cursus_readiness.sources.tables import form_of
from cursus_readiness.units import format_bytes

EXAMPLE_COUNT = 3
_PROBE_ROWS = 2000  # written to see how large the whole will be


@dataclass(frozen=True, slots=True)
class ColumnPreview:
    """One column; ``examples`` are made up, and empty where only real values could be shown."""

    name: str
    type: str
    distribution: str
    missing_ratio: float
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputPreview:
    """One input or part of one: where its table comes from, how large it will be, its columns."""

    uri: str
    source: str
    origin: str
    size: str
    columns: tuple[ColumnPreview, ...] = ()


def preview(plan: Plan) -> Iterator[InputPreview]:
    """What each input will hold.

    Raises SourceError for what cannot be served.
    """
    for served in data_inputs(plan):
        scheme = served.binding.source.partition(":")[0]
        if scheme == SyntheticSource.scheme:
            yield from _synthetic(served, plan)
        elif scheme == LocalSource.scheme:
            yield _local(served, plan)
        else:
            yield InputPreview(served.uri, served.binding.source, "known when it is served", "not looked at")


def _synthetic(served: ServedInput, plan: Plan) -> Iterator[InputPreview]:
    origin = declared(served, plan.scenario).origin
    for portion in SyntheticSource.portions(served, plan.scenario):
        uri = uri_of(served, portion)
        schema = portion.schema
        if not schema.is_table:
            yield InputPreview(uri, served.binding.source, origin, f"one {schema.format} file")
            continue
        layout = f"{schema.format}{', gzip' if schema.gzip else ''}{'' if schema.header else ', no header'}"
        files = "1 file" if portion.is_file or schema.files == 1 else f"{schema.files} files"
        size = format_bytes(_estimated_bytes(portion))
        extent = f"{schema.rows} rows in {files} ({layout}), about {size}, seed {schema.seed}"
        yield InputPreview(uri, served.binding.source, origin, extent, tuple(_columns(portion)))


def _estimated_bytes(portion: Portion) -> float:
    """From what the first rows take in the same format."""
    rows = min(portion.schema.rows, _PROBE_ROWS)
    probe = portion.schema.model_copy(update={"rows": rows, "files": 1})
    with tempfile.TemporaryDirectory() as folder:
        files = replace(portion, schema=probe, path="").write(Path(folder) / "probe")
        return sum(file.stat().st_size for file in files) / rows * portion.schema.rows


def _columns(portion: Portion) -> Iterator[ColumnPreview]:
    from cursus_readiness.sources.generation.drawing import TableDrawer  # numpy and pyarrow are slow to import

    schema = portion.schema
    first = schema.model_copy(update={"rows": min(schema.rows, EXAMPLE_COUNT)})
    last = portion.first_id + schema.rows if portion.last_id is None else portion.last_id
    rows = TableDrawer(first, portion.part, portion.first_id, last).table().to_pylist()
    for name in schema.column_names():
        examples = tuple("" if row[name] is None else str(row[name]) for row in rows)
        if schema.label and name == schema.label.name:
            yield ColumnPreview(name, "label", told_label(schema.label), 0, examples)
        else:
            yield _column(schema, name, examples)


def _column(schema: TableSchema, name: str, examples: tuple[str, ...]) -> ColumnPreview:
    column, drift = schema.columns[name], schema.drift.get(name)
    missing = getattr(column, "missing_ratio", 0.0)
    if drift is None:
        return ColumnPreview(name, column.type, told(column), missing, examples)
    missing = missing if drift.missing_ratio is None else drift.missing_ratio
    return ColumnPreview(name, column.type, f"{told(column)}, drifts", missing, examples)


def _local(served: ServedInput, plan: Plan) -> InputPreview:
    found = LocalSource.locate(served, plan.scenario)
    if found.packed:
        return InputPreview(served.uri, served.binding.source, f"the folder {found.packed}", "packed as an archive")
    files = list(found.files.values())
    size = f"{len(files)} files" if len(files) != 1 else "1 file"
    size += f", {format_bytes(sum(file.stat().st_size for file in files))}"
    if served.binding.rows is not None:
        size += f", of which {served.binding.rows} rows are drawn"
    tables = [file for file in files if form_of(file.name)]
    columns = tuple(_like(tables[0])) if tables else ()
    return InputPreview(served.uri, served.binding.source, "files of this machine", size, columns)


def _like(table: Path) -> Iterator[ColumnPreview]:
    """The columns of a real table, without any of its values."""
    from cursus_readiness.sources.generation.inference import inferred  # numpy and pyarrow are slow to import

    try:
        fields: dict[str, Any] = inferred(table)
    except SourceError:  # too small, or none that can be read: a step may take it all the same
        return
    schema = TableSchema.model_validate(fields)
    for name in schema.columns:
        yield _column(schema, name, ())
