"""What the columns of a synthetic table are declared to be."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, StrictStr, model_validator

LARGEST = 2**53  # the whole numbers that a float64 tells apart
MOST_POISSON = 10_000


def _as_text(value: Any) -> Any:
    """A whole number as YAML reads it is a text like any other key; what it makes of ``yes`` is not."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Value = Annotated[str, BeforeValidator(_as_text)]
Weight = Annotated[float, Field(gt=0)]
Distribution = Literal["normal", "lognormal", "uniform", "exponential", "poisson", "zipf", "quantiles"]
# What each distribution is told by, beside the range that the values are held to.
TOLD_BY: dict[Distribution, tuple[str, ...]] = {
    "normal": ("mean", "std"),
    "lognormal": ("median", "sigma"),
    "uniform": ("low", "high"),
    "exponential": ("mean",),
    "poisson": ("mean",),
    "zipf": ("exponent", "high"),
    "quantiles": ("quantiles",),
}


class SchemaModel(BaseModel):
    """A frozen part of a schema that refuses unknown fields and numbers without an end."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _MayBeMissing(SchemaModel):
    missing_ratio: float = Field(default=0, ge=0, lt=1)


class IdColumn(SchemaModel):
    """Distinct values: a prefix and a running number, a number alone, or texts in the form of a UUID."""

    type: Literal["id"]
    prefix: str = ""
    form: Literal["sequential", "number", "uuid"] = "sequential"
    start: int = Field(default=0, ge=0, le=LARGEST)

    @model_validator(mode="after")
    def _only_a_sequence_has_a_prefix(self) -> Self:
        if self.form != "sequential" and self.prefix:
            raise ValueError(f"form {self.form!r} has no prefix")
        return self


class NumberColumn(_MayBeMissing):
    """Numbers of one distribution, held to the range; without its name, normal by a mean, else uniform over the range.

    ``median`` and ``sigma`` are those of a lognormal: the spread of the logarithm. ``quantiles`` are values at equal
    steps from the smallest to the largest. ``decimals`` is how the values are rounded.
    """

    type: Literal["number", "integer"]
    distribution: Distribution
    mean: float | None = None
    std: float | None = Field(default=None, gt=0)
    median: float | None = Field(default=None, gt=0)
    sigma: float | None = Field(default=None, gt=0, le=20)
    exponent: float | None = Field(default=None, gt=0, le=20)
    quantiles: tuple[float, ...] | None = Field(default=None, min_length=2)
    low: float | None = None
    high: float | None = None
    decimals: int = Field(default=6, ge=-9, le=12)

    @model_validator(mode="before")
    @classmethod
    def _told_by_what_is_given(cls, value: object) -> object:
        if not isinstance(value, dict) or "distribution" in value:
            return value
        if value.get("quantiles") is not None:
            return {**value, "distribution": "quantiles"}
        if value.get("mean") is None and value.get("std") is None:
            return {**value, "distribution": "uniform"}
        return {**value, "distribution": "normal"}

    @model_validator(mode="after")
    def _has_a_distribution(self) -> Self:
        wanted = TOLD_BY[self.distribution]
        lacking = [name for name in wanted if getattr(self, name) is None]
        if lacking and self.distribution in ("normal", "uniform"):
            raise ValueError("give mean and std (normal), low and high (uniform), or a distribution with what tells it")
        if lacking:
            raise ValueError(f"distribution {self.distribution!r} needs {' and '.join(wanted)}")
        told = {"mean", "std", "median", "sigma", "exponent", "quantiles"} & self.model_fields_set
        if needless := sorted(name for name in told - set(wanted) if getattr(self, name) is not None):
            raise ValueError(f"distribution {self.distribution!r} has no {needless[0]}")
        return self

    @model_validator(mode="after")
    def _its_numbers_make_sense(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low is above high")
        if self.distribution in ("exponential", "poisson") and (self.mean or 0) <= 0:
            raise ValueError(f"the mean of distribution {self.distribution!r} is above 0")
        if self.distribution == "poisson" and (self.mean or 0) > MOST_POISSON:
            raise ValueError(f"poisson goes up to a mean of {MOST_POISSON}; above that, normal is the same")
        if self.distribution == "zipf" and not 1 <= (self.high or 0) <= 100_000:
            raise ValueError("the high of a zipf is between 1 and 100000")
        if self.quantiles is not None and list(self.quantiles) != sorted(self.quantiles):
            raise ValueError("quantiles never go down")
        given = (self.mean, self.median, self.low, self.high, *(self.quantiles or ()))
        if self.type == "integer" and any(abs(value or 0) > LARGEST for value in given):
            raise ValueError(f"integers up to {LARGEST} can be drawn")
        return self


class CategoryColumn(_MayBeMissing):
    """Values with their frequencies; they are whole numbers where all of them can be, else texts."""

    type: Literal["category"]
    values: dict[Value, Weight] = Field(min_length=1)


class BooleanColumn(_MayBeMissing):
    """True and false."""

    type: Literal["boolean"]
    true_ratio: float = Field(default=0.5, ge=0, le=1)


class DateColumn(_MayBeMissing):
    """Days from ``low`` to ``high``, every ``step_days``; random, or going up from row to row."""

    type: Literal["date"]
    low: date
    high: date
    step_days: int = Field(default=1, ge=1)
    order: Literal["random", "ascending"] = "random"

    @model_validator(mode="after")
    def _low_comes_first(self) -> Self:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class DatetimeColumn(_MayBeMissing):
    """Instants from ``low`` to ``high``, every ``step_s`` seconds; in UTC, and written without a zone."""

    type: Literal["datetime"]
    low: datetime
    high: datetime
    step_s: int = Field(default=1, ge=1)
    order: Literal["random", "ascending"] = "random"

    @model_validator(mode="after")
    def _low_comes_first(self) -> Self:
        if self.low_s > self.high_s:
            raise ValueError("low is above high")
        return self

    @property
    def low_s(self) -> int:
        """The first instant, in seconds since 1970."""
        return _seconds(self.low)

    @property
    def high_s(self) -> int:
        """The last instant, in seconds since 1970."""
        return _seconds(self.high)


class TextColumn(_MayBeMissing):
    """Free text: so many words of a small vocabulary."""

    type: Literal["text"]
    least_words: int = Field(default=3, ge=1, le=200)
    most_words: int = Field(default=12, ge=1, le=200)

    @model_validator(mode="after")
    def _least_comes_first(self) -> Self:
        if self.least_words > self.most_words:
            raise ValueError("least_words is above most_words")
        return self


class ConstantColumn(_MayBeMissing):
    """The same value in every row."""

    type: Literal["constant"]
    value: StrictStr | StrictInt | float


Column = Annotated[
    IdColumn
    | NumberColumn
    | CategoryColumn
    | BooleanColumn
    | DateColumn
    | DatetimeColumn
    | TextColumn
    | ConstantColumn,
    Field(discriminator="type"),
]
COLUMN_TYPES = ("number", "integer", "category", "boolean", "date", "datetime", "id", "text", "constant")


def _seconds(instant: datetime) -> int:
    return int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp())
