"""What serves the data of a scenario: inputs of its pipeline, and outputs of steps that are not executed."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from cursus_readiness.model.base import Model
from cursus_readiness.model.s3 import S3Options

PATH = r"^[^\x00]*$"


class InputBinding(S3Options):
    """What serves one S3 prefix or object of the definition.

    ``source`` is ``local:PATH`` (a file, a folder or a pattern; a folder that serves a ``.tar.gz`` is packed) or
    ``synthetic:PATH`` (a schema, or a sample that the table is to be like), paths relative to the scenario file, or
    ``s3://BUCKET/PREFIX`` (``s3:`` is what it serves itself). ``rows`` and ``seed`` override the schema's, and
    ``table`` any other of its fields; of local tables, ``rows`` are drawn, with the shares of ``stratify`` kept.
    """

    source: str = Field(pattern=PATH)
    rows: int | None = Field(default=None, ge=1)
    seed: int | None = Field(default=None, ge=0)
    stratify: str | None = Field(default=None, min_length=1)
    table: dict[str, Any] = Field(default_factory=dict)

    @field_validator("table", mode="before")
    @classmethod
    def _as_json(cls, value: Any) -> Any:
        return _json_of(value)

    @model_validator(mode="after")
    def _what_its_source_can_do(self) -> Self:
        is_synthetic = self.source.startswith("synthetic:")
        if self.rows is not None and self.source.startswith("s3:"):
            raise ValueError("'rows' belongs to local: and synthetic:; what is on S3 is taken whole, or by 'include'")
        if self.table and not is_synthetic:
            raise ValueError("'table' belongs to synthetic:, whose tables it describes")
        if self.stratify is not None and is_synthetic:
            raise ValueError(
                "'stratify' belongs to tables that rows are drawn of; give a label its share in the schema"
            )
        if self.stratify is not None and self.rows is None:
            raise ValueError("'stratify' needs 'rows': how many to draw")
        return self

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"source": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _options_fit_the_source(self) -> Self:
        given = [name for name in S3Options.model_fields if getattr(self, name)]
        if given and not self.source.startswith("s3:"):
            raise ValueError(f"{given[0]!r} is for sources on S3")
        return self


class Fixture(Model):
    """What stands for a step that is not executed.

    ``outputs`` maps output names (or ``s3://`` URIs) to sources; ``output_parameters`` are those of a Lambda or
    Callback step; ``properties`` are any other values that later steps Get, in the shape of the service's Describe
    response.
    """

    outputs: dict[str, InputBinding] = Field(default_factory=dict)
    output_parameters: dict[str, str | bool | int | float] = Field(default_factory=dict)
    properties: dict[str, Any] = Field(default_factory=dict)

    @field_validator("properties", mode="before")
    @classmethod
    def _as_json(cls, value: Any) -> Any:
        return _json_of(value)


def _json_of(value: Any) -> Any:
    """YAML data as JSON would hold them: instants, which YAML knows, become text."""
    if isinstance(value, dict):
        return {str(key): _json_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_of(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
