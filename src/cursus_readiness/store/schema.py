"""How a stored shape is written and read, with its schema version."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.report import SCHEMA_VERSION
from cursus_readiness.model.secrets import Secrets

Shape = TypeVar("Shape", bound=BaseModel)


def dump(shape: BaseModel, secrets: Secrets | None = None, *, is_brief: bool = False) -> str:
    """A shape as JSON text with its schema version, fields in their own order; what it tells people without secrets.

    A brief one leaves out defaults.
    """
    told = shape.model_dump(mode="json", exclude_defaults=is_brief)
    fields = {"schema_version": SCHEMA_VERSION, **(secrets.told(told) if secrets else told)}
    return to_json(fields, indent=1).decode() + "\n"


def load(kind: type[Shape], text: str, where: str) -> Shape:
    """The shape that was written.

    Raises InvalidInputError when the text is no such shape, or is of a later version of the tool.
    """
    try:
        fields: Any = json.loads(text)
        version = fields["schema_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(f"{where}: not a file of a run folder", fix="run the scenarios again") from error
    if version != SCHEMA_VERSION:
        raise InvalidInputError(
            f"{where}: schema version {version}, this is for {SCHEMA_VERSION}", fix="update cursus-readiness"
        )
    if "schema_version" not in kind.model_fields:
        del fields["schema_version"]
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise InvalidInputError(f"{where}: {field}: {first['msg']}", fix="run the scenarios again") from error
