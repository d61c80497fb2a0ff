"""A synthetic table: its columns, what they have to do with each other, how it is laid out, how its parts differ."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from cursus_readiness.sources.generation.columns import CategoryColumn, Column, NumberColumn, SchemaModel, Value, Weight
from cursus_readiness.sources.generation.correlation import CorrelatedGroup

Format = Literal["csv", "tsv", "parquet", "jsonl", "libsvm", "signature", "metadata"]
DESCRIPTIONS: tuple[Format, ...] = ("signature", "metadata")
_WEIGHABLE = ("number", "integer", "boolean", "category")


class LabelColumn(SchemaModel):
    """What is to be learned: drawn from a model over weighted, standardised columns.

    ``strength`` is how much there is to learn: the spread of the logit, or of the signal of a regression against noise
    with a spread of 1.
    """

    name: str
    task: Literal["binary", "multiclass", "regression"] = "binary"
    strength: float = Field(default=2.0, ge=0, le=1000)
    weights: dict[str, float | dict[Value, float]]
    positive_ratio: float = Field(default=0.5, gt=0, lt=1)
    classes: dict[Value, Weight] | None = Field(default=None, min_length=2)
    mean: float = 0.0
    std: float = Field(default=1.0, gt=0)
    position: Literal["first", "last"] = "last"

    @model_validator(mode="after")
    def _told_by_its_task(self) -> Self:
        allowed = {"binary": {"positive_ratio"}, "multiclass": {"classes"}, "regression": {"mean", "std"}}[self.task]
        given = {"positive_ratio", "classes", "mean", "std"} & self.model_fields_set
        if needless := sorted(given - allowed):
            raise ValueError(f"task {self.task!r} has no {needless[0]}")
        if self.task == "multiclass" and self.classes is None:
            raise ValueError("task 'multiclass' needs classes with their frequencies")
        return self


class Drift(SchemaModel):
    """How one column, or the label, of a part differs.

    ``shift`` is in standard deviations of the column, ``scale`` widens it about its middle; ``frequencies`` replace
    those of a category and may hold values that the schema does not know. ``positive_ratio`` and ``strength`` are the
    label's.
    """

    shift: float = 0.0
    scale: float = Field(default=1.0, gt=0)
    frequencies: dict[Value, Weight] | None = Field(default=None, min_length=1)
    missing_ratio: float | None = Field(default=None, ge=0, lt=1)
    positive_ratio: float | None = Field(default=None, gt=0, lt=1)
    strength: float | None = Field(default=None, ge=0, le=1000)


class Layout(SchemaModel):
    """How a table lies in files; ``suffix`` is that of their names, where a step looks for another than the usual."""

    rows: int = Field(default=1000, ge=1)
    files: int = Field(default=1, ge=1, le=10_000)
    format: Format = "csv"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    header: bool = True
    gzip: bool = False
    suffix: str | None = Field(default=None, pattern=r"^\.[\w.]+$")
    as_text: bool = Field(default=False, description="Every column is written as text, as some loaders do.")
    drift: dict[str, Drift] = Field(default_factory=dict)


class Part(SchemaModel):
    """A folder, or a file, below the input; what it leaves out is as in the table."""

    rows: int | None = Field(default=None, ge=1)
    files: int | None = Field(default=None, ge=1, le=10_000)
    format: Format | None = None
    drift: dict[str, Drift] | None = None


class TableSchema(Layout):
    """A table: its columns in order, how many rows, in how many files of which format."""

    seed: int = Field(default=0, ge=0)
    columns: dict[str, Column] = Field(min_length=1)
    correlations: tuple[CorrelatedGroup, ...] = ()
    label: LabelColumn | None = None
    parts: dict[Annotated[str, Field(pattern=r"^[^/\x00][^\x00]*$")], Part] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _label_fits_the_columns(self) -> Self:
        if self.label is None:
            return self
        if self.label.name in self.columns:
            raise ValueError(f"label.name {self.label.name!r} is a column already")
        for name, weight in self.label.weights.items():
            column = self.columns.get(name)
            if column is None:
                raise ValueError(f"label.weights names the column {name!r}, which is not declared")
            if column.type not in _WEIGHABLE or isinstance(column, CategoryColumn) != isinstance(weight, dict):
                raise ValueError(f"label.weights of {name!r}: a number for numbers, one for each value of a category")
        return self

    @model_validator(mode="after")
    def _correlated_columns_are_numbers(self) -> Self:
        seen: set[str] = set()
        for group in self.correlations:
            for name in group.names:
                column = self.columns.get(name)
                if column is None or column.type not in ("number", "integer"):
                    raise ValueError(f"correlations names {name!r}, which is not declared as a number or an integer")
                if name in seen:
                    raise ValueError(f"correlations names {name!r} twice; put what goes together into one group")
                seen.add(name)
        return self

    @model_validator(mode="after")
    def _what_drifts_is_there(self) -> Self:
        places = {"drift": self.drift, **{f"parts.{name}.drift": part.drift or {} for name, part in self.parts.items()}}
        for place, drift in places.items():
            for name, change in drift.items():
                self._check_drift(f"{place}.{name}", name, change)
        return self

    def _check_drift(self, place: str, name: str, drift: Drift) -> None:
        if self.label and name == self.label.name:
            allowed = {"strength"} | ({"positive_ratio"} if self.label.task == "binary" else set())
            kind = f"a {self.label.task} label"
        elif name not in self.columns:
            raise ValueError(f"{place}: the column {name!r} is not declared")
        else:
            kind = f"type {self.columns[name].type!r}"
            allowed = {"missing_ratio"} if hasattr(self.columns[name], "missing_ratio") else set()
            if isinstance(self.columns[name], NumberColumn):
                allowed |= {"shift", "scale"}
            elif isinstance(self.columns[name], CategoryColumn):
                allowed |= {"frequencies"}
        if needless := sorted(drift.model_fields_set - allowed):
            raise ValueError(f"{place}: {kind} has no {needless[0]}")

    @model_validator(mode="after")
    def _parts_lie_below(self) -> Self:
        for name in self.parts:
            if ".." in name.split("/"):
                raise ValueError(f"parts: {name!r} does not lie below the input")
        return self

    @model_validator(mode="after")
    def _the_format_can_hold_it(self) -> Self:
        if self.delimiter != "," and self.format != "csv":
            raise ValueError(f"delimiter belongs to format 'csv', not to {self.format!r}")
        if self.as_text and self.format == "libsvm":
            raise ValueError("format 'libsvm' holds numbers only; leave as_text out")
        if self.gzip and "parquet" in (self.format, *(part.format for part in self.parts.values())):
            raise ValueError("format 'parquet' is compressed in itself; leave gzip out")
        return self

    @property
    def is_table(self) -> bool:
        """Whether its files hold rows, and not just what is said of them."""
        return self.format not in DESCRIPTIONS

    def part(self, name: str) -> TableSchema:
        """The table of one part."""
        given = {key: value for key, value in self.parts[name] if value is not None}
        drift = {**self.drift, **(self.parts[name].drift or {})}
        return self.model_copy(update={**given, "drift": drift, "parts": {}})

    def column_names(self) -> list[str]:
        """The columns in the order in which they are written, the label among them."""
        names = list(self.columns)
        if self.label is None:
            return names
        return [self.label.name, *names] if self.label.position == "first" else [*names, self.label.name]


DEFAULT: dict[str, Any] = {
    "columns": {
        "id": {"type": "id"},
        **{f"feature_{index}": {"type": "number", "mean": 0, "std": 1} for index in range(1, 7)},
        "category_1": {"type": "category", "values": {"a": 0.5, "b": 0.3, "c": 0.2}},
        "category_2": {"type": "category", "values": {"x": 0.7, "y": 0.3}},
    },
    "label": {"name": "label", "positive_ratio": 0.3, "weights": {"feature_1": 1.0, "category_1": {"a": 1.0}}},
}
