"""Synthetic tables from a declared schema: seeded, with a label that can be learned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cursus_readiness.model.plan import ServedInput
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.sources.base import Dataset, SourceError

_LARGEST = 2**53  # the whole numbers that a float64 tells apart


class _Schema(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class IdColumn(_Schema):
    """Distinct texts: the prefix and a running number."""

    type: Literal["id"]
    prefix: str = ""


class NumberColumn(_Schema):
    """Normal when ``mean`` and ``std`` are given (clipped to the range), else uniform over the range."""

    type: Literal["number", "integer"]
    mean: float | None = None
    std: float | None = Field(default=None, gt=0)
    low: float | None = None
    high: float | None = None
    missing_ratio: float = Field(default=0, ge=0, lt=1)

    @model_validator(mode="after")
    def _has_a_distribution(self) -> NumberColumn:
        is_normal = self.mean is not None and self.std is not None
        if not is_normal and (self.low is None or self.high is None):
            raise ValueError("give mean and std (normal), or low and high (uniform)")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low is above high")
        if self.type == "integer" and any(abs(value or 0) > _LARGEST for value in (self.mean, self.low, self.high)):
            raise ValueError(f"integers up to {_LARGEST} can be drawn")
        return self


class CategoryColumn(_Schema):
    """Texts with their frequencies."""

    type: Literal["category"]
    values: dict[str, Annotated[float, Field(gt=0)]] = Field(min_length=1)
    missing_ratio: float = Field(default=0, ge=0, lt=1)


class LabelColumn(_Schema):
    """A 0/1 label drawn from a logistic model over weighted, standardised columns."""

    name: str
    positive_ratio: float = Field(default=0.5, gt=0, lt=1)
    strength: float = Field(default=2.0, ge=0, description="Standard deviation of the logit.")
    weights: dict[str, float | dict[str, float]]


Column = Annotated[IdColumn | NumberColumn | CategoryColumn, Field(discriminator="type")]


class TableSchema(_Schema):
    """A table: its columns in order, how many rows, in how many files of which format."""

    rows: int = Field(default=1000, ge=1)
    seed: int = Field(default=0, ge=0)
    files: int = Field(default=1, ge=1, le=10_000)
    format: Literal["csv", "parquet", "jsonl"] = "csv"
    columns: dict[str, Column] = Field(min_length=1)
    label: LabelColumn | None = None

    @model_validator(mode="after")
    def _label_fits_the_columns(self) -> TableSchema:
        if self.label is None:
            return self
        if self.label.name in self.columns:
            raise ValueError(f"label.name {self.label.name!r} is a column already")
        for name, weight in self.label.weights.items():
            column = self.columns.get(name)
            if column is None:
                raise ValueError(f"label.weights names the column {name!r}, which is not declared")
            if isinstance(column, IdColumn) or isinstance(column, CategoryColumn) != isinstance(weight, dict):
                raise ValueError(f"label.weights of {name!r}: a number for numbers, one for each value of a category")
        return self


DEFAULT_SCHEMA = TableSchema.model_validate(
    {
        "columns": {
            "id": {"type": "id"},
            **{f"feature_{index}": {"type": "number", "mean": 0, "std": 1} for index in range(1, 7)},
            "category_1": {"type": "category", "values": {"a": 0.5, "b": 0.3, "c": 0.2}},
            "category_2": {"type": "category", "values": {"x": 0.7, "y": 0.3}},
        },
        "label": {"name": "label", "positive_ratio": 0.3, "weights": {"feature_1": 1.0, "category_1": {"a": 1.0}}},
    }
)


class SyntheticSource:
    """``synthetic:SCHEMA`` (a YAML file), or ``synthetic:`` for a built-in table of 1,000 rows."""

    scheme = "synthetic"

    def check(self, served: ServedInput, scenario: E2ETestScenario) -> None:
        """The schema must be there and valid."""
        self._schema(served, scenario)

    def materialise(self, served: ServedInput, scenario: E2ETestScenario, target: Path) -> Dataset:
        """Write ``part-00000.csv``, ... into ``target``; the same schema, rows and seed give the same bytes."""
        from cursus_readiness.sources.tables import write_table  # numpy and pyarrow are slow to import

        schema = self._schema(served, scenario)
        files = write_table(schema, target)
        return Dataset(
            uri=served.uri,
            source=served.binding.source,
            file_count=len(files),
            size_bytes=sum(file.stat().st_size for file in files),
            row_count=schema.rows,
            seed=schema.seed,
        )

    @staticmethod
    def _schema(served: ServedInput, scenario: E2ETestScenario) -> TableSchema:
        name = served.binding.source.removeprefix("synthetic:")
        schema = _load(scenario.path_of(name)) if name else DEFAULT_SCHEMA
        given = {"rows": served.binding.rows, "seed": served.binding.seed}
        return schema.model_copy(update={key: value for key, value in given.items() if value is not None})


def _load(path: Path) -> TableSchema:
    import yaml

    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return TableSchema.model_validate(data)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "schema"
        raise SourceError(f"{path}: {field}: {first['msg'].removeprefix('Value error, ')}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SourceError(f"{path}: not a readable YAML file: {error}") from error
