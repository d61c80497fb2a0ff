"""Where the schema of an input comes from: a file, the scenario, a sample, a Cursus configuration, or this tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cursus_readiness.definitions.model import hint
from cursus_readiness.model.plan import ServedInput
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.scenarios.loading import shown
from cursus_readiness.scenarios.yaml_lines import LinedDocument, UnreadableYamlError, read_text
from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.generation.clues import clues_of
from cursus_readiness.sources.generation.columns import COLUMN_TYPES
from cursus_readiness.sources.generation.schema import DEFAULT, TableSchema
from cursus_readiness.sources.tables import form_of


@dataclass(frozen=True, slots=True)
class Declared:
    """A schema, and in words where it comes from."""

    schema: TableSchema
    origin: str


@dataclass(frozen=True, slots=True)
class _Base:
    """What is known of a table before the scenario has its say; ``document`` knows the lines of its file."""

    fields: Mapping[str, Any]
    origin: str
    document: LinedDocument | None = None


def declared(served: ServedInput, scenario: E2ETestScenario) -> Declared:
    """The schema that serves an input, with what its binding says over it.

    Raises SourceError for a schema or sample that cannot be read, and for mistakes in either.
    """
    binding = served.binding
    name = binding.source.removeprefix("synthetic:")
    own = dict(binding.table)
    base = _base(scenario.path_of(name), own) if name else _without_a_file(served, scenario, own)
    given = {"rows": binding.rows, "seed": binding.seed}
    own |= {key: value for key, value in given.items() if value is not None}
    schema = _validated(_merged(base.fields, own), base, own)
    is_changed = bool(base.fields and binding.table)
    return Declared(schema, f"{base.origin}, with changes of the scenario" if is_changed else base.origin)


def _base(path: Path, own: Mapping[str, Any]) -> _Base:
    if form_of(path.name):
        from cursus_readiness.sources.generation.inference import inferred  # numpy and pyarrow are slow to import

        label = own.get("label")
        fields = inferred(path, str(label["name"]) if isinstance(label, dict) and "name" in label else None)
        return _Base(fields, f"statistics of {shown(path)}")
    try:
        path.stat()
        document = LinedDocument(read_text(path))
    except OSError as error:
        raise SourceError(f"{shown(path)}: {error.strerror}") from error
    except UnreadableYamlError as error:
        raise SourceError(f"{shown(path)}:{error.line}: {error.message}") from error
    if not isinstance(document.data, dict):
        raise SourceError(f"{shown(path)}:1: a schema is a mapping of fields")
    return _Base(document.data, f"declared in {shown(path)}", document)


def _without_a_file(served: ServedInput, scenario: E2ETestScenario, own: Mapping[str, Any]) -> _Base:
    if "columns" in own:
        return _Base({}, "declared in the scenario")
    clues = clues_of(served.uri, scenario)
    if clues:
        return _Base(clues.fields, clues.origin)
    return _Base(DEFAULT, "the built-in table")


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The scenario's fields over those of the schema: columns and the label one by one; ``null`` takes one away."""
    merged = {**base, **own}
    for name in ("columns", "label"):
        if isinstance(base.get(name), dict) and isinstance(own.get(name), dict):
            merged[name] = {**base[name], **own[name]}
    if isinstance(merged.get("columns"), dict):
        merged["columns"] = {key: value for key, value in merged["columns"].items() if value is not None}
    return merged


def _validated(fields: Mapping[str, Any], base: _Base, own: Mapping[str, Any]) -> TableSchema:
    try:
        return TableSchema.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
    loc = tuple(first["loc"])
    if loc[:1] == ("columns",) and len(loc) > 2 and loc[2] in COLUMN_TYPES:
        loc = (*loc[:2], *loc[3:])  # the type stands there, too
    field = ".".join(str(part) for part in loc) or "schema"
    if (loc and loc[0] in own) or base.document is None:
        place = "table"
    else:
        path = base.origin.removeprefix("declared in ")
        place = f"{path}:{base.document.line_of(loc)}"
    raise SourceError(f"{place}: {field}: {_message(first, loc)}")


def _message(error: Mapping[str, Any], loc: tuple[str | int, ...]) -> str:
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "union_tag_invalid":
        known = f"; there are {', '.join(COLUMN_TYPES)}"
        return f"unknown column type {context['tag']!r}{hint(str(context['tag']), COLUMN_TYPES) or known}"
    if kind == "union_tag_not_found":
        return f"give it a type: {', '.join(COLUMN_TYPES)}"
    if kind == "extra_forbidden":
        return f"unknown field{hint(str(loc[-1]), _known_fields())}"
    if kind == "missing":
        return "this field is required"
    return str(error["msg"]).removeprefix("Value error, ")


@cache
def _known_fields() -> list[str]:
    return sorted(_fields(TableSchema.model_json_schema()))


def _fields(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        names = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
        return names.union(*(_fields(value) for value in schema.values()))
    return set().union(*(_fields(value) for value in schema)) if isinstance(schema, list) else set()
