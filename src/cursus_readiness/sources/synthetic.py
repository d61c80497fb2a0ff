"""Serve an input with tables that are made up."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cursus_readiness.definitions.model import hint
from cursus_readiness.model.plan import ServedInput
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.sources.base import Dataset, SourceError
from cursus_readiness.sources.generation.loading import declared
from cursus_readiness.sources.generation.schema import TableSchema
from cursus_readiness.sources.tables import form_of


@dataclass(frozen=True, slots=True)
class Portion:
    """A table to be written at ``path`` below the input; ``part`` keeps its random numbers apart from others.

    ``is_file`` where it is an object of its own and no prefix.
    """

    path: str
    part: str
    schema: TableSchema
    first_id: int = 0
    last_id: int | None = None
    is_file: bool = False

    def write(self, target: Path) -> list[Path]:
        """Write the table below the place of the input; its files."""
        from cursus_readiness.sources.generation.drawing import TableDrawer  # numpy and pyarrow are slow to import
        from cursus_readiness.sources.generation.writing import write_table

        drawer = TableDrawer(self.schema, self.part, self.first_id, self.last_id)
        return write_table(self.schema, target / self.path if self.path else target, drawer, is_file=self.is_file)


class SyntheticSource:
    """``synthetic:SCHEMA`` (a YAML file) or ``synthetic:SAMPLE`` (a table that it is to be like).

    ``synthetic:`` alone is what the scenario's ``table`` declares, what a Cursus configuration names, or a built-in
    table.
    """

    scheme = "synthetic"

    def check(self, served: ServedInput, scenario: E2ETestScenario) -> None:
        """The schema must be there and valid."""
        self.portions(served, scenario)

    def materialise(self, served: ServedInput, scenario: E2ETestScenario, target: Path) -> Dataset:
        """Write ``part-00000.csv``, ... into ``target``; the same schema, rows and seed give the same bytes."""
        portions = self.portions(served, scenario)
        files = [file for portion in portions for file in portion.write(target)]
        counts = [portion.schema.rows for portion in portions if portion.schema.is_table]
        return Dataset(
            uri=served.uri,
            source=served.binding.source,
            file_count=len(files),
            size_bytes=sum(file.stat().st_size for file in files),
            row_count=sum(counts) if counts else None,
            seed=portions[0].schema.seed,
        )

    @staticmethod
    def portions(served: ServedInput, scenario: E2ETestScenario) -> list[Portion]:
        """The tables of an input: one, or one for each part of its schema that lies there.

        Raises SourceError for a schema with mistakes, and where no part lies there.
        """
        schema = declared(served, scenario).schema
        rest = served.uri.removeprefix(served.prefix.rstrip("/")).strip("/")
        if not schema.parts:
            return [_named(Portion("", rest, schema), served.uri)]
        found = [_named(portion, uri_of(served, portion)) for portion in _parts_at(schema, rest)]
        if not found:
            known = ", ".join(schema.parts)
            raise SourceError(f"{served.uri} is none of the parts of its table: {known}{hint(rest, schema.parts)}")
        return found


def uri_of(served: ServedInput, portion: Portion) -> str:
    """Where a portion of an input lies."""
    return f"{served.uri.rstrip('/')}/{portion.path}" if portion.path else served.uri


def _parts_at(schema: TableSchema, rest: str) -> Iterator[Portion]:
    """The parts at or below a place."""
    tables = {name: schema.part(name) for name in schema.parts}
    last = sum(table.rows for table in tables.values() if table.is_table)
    first = 0
    for name, table in tables.items():
        folder = posixpath.normpath(name)
        if not rest or folder == rest or folder.startswith(rest + "/"):
            yield Portion(folder.removeprefix(rest).strip("/"), folder, table, first, last)
        first += table.rows if table.is_table else 0


def _named(portion: Portion, uri: str) -> Portion:
    """A portion whose URI is that of a table is this one file, in the form that its name says."""
    form = None if uri.endswith("/") else form_of(uri)
    if form is None:
        return portion
    schema = portion.schema.model_copy(update={"format": form.kind, "gzip": form.is_gzip})
    return replace(portion, schema=schema, is_file=True)
