"""Groups of columns that go together, and whether a table of correlations can be true."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Annotated, Self

from pydantic import Field, model_validator

from cursus_readiness.sources.generation.columns import SchemaModel

_NOTHING = 1e-9
_LITTLE = 1e-4  # what rounding leaves where a column has no spread of its own
Correlation = Annotated[float, Field(ge=-1, le=1)]


class CorrelatedGroup(SchemaModel):
    """Columns with a ``matrix`` of correlations in their order, or with ``loadings`` on a common factor.

    Columns with the loadings a and b correlate by a times b. The correlations are those of the normal variables that
    the values are made from.
    """

    columns: tuple[str, ...] = ()
    matrix: tuple[tuple[Correlation, ...], ...] | None = None
    loadings: dict[str, Correlation] | None = None

    @model_validator(mode="after")
    def _one_of_two_forms(self) -> Self:
        if (self.matrix is None) == (self.loadings is None) or bool(self.columns) != (self.matrix is not None):
            raise ValueError("give columns and their matrix, or loadings")
        if len(set(self.names)) < max(len(self.names), 2):
            raise ValueError("two or more columns, each of them once")
        if self.matrix is not None:
            self._check(self.matrix)
        return self

    def _check(self, matrix: Sequence[Sequence[float]]) -> None:
        size = len(self.columns)
        if len(matrix) != size or any(len(row) != size for row in matrix):
            raise ValueError(f"the matrix of {size} columns has {size} rows of {size} numbers")
        for row in range(size):
            if matrix[row][row] != 1:
                raise ValueError(f"matrix: column {self.columns[row]!r} correlates with itself by 1")
            for column in range(row):
                if matrix[row][column] != matrix[column][row]:
                    raise ValueError(
                        f"matrix: {self.columns[column]!r} and {self.columns[row]!r} have two different correlations"
                    )
        if factored(matrix) is None:
            raise ValueError(
                "matrix: no columns correlate like that (it is not positive semi-definite); use smaller correlations"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns."""
        return self.columns or tuple(self.loadings or ())

    def factor(self) -> list[list[float]]:
        """Rows of numbers that turn independent normal variables into the columns of this group."""
        if self.loadings is not None:
            own = [sqrt(1 - loading**2) for loading in self.loadings.values()]
            return [
                [loading, *(own[row] if row == column else 0.0 for column in range(len(own)))]
                for row, loading in enumerate(self.loadings.values())
            ]
        found = factored(self.matrix or ())
        assert found is not None  # noqa: S101 - validated
        return found


def factored(matrix: Sequence[Sequence[float]]) -> list[list[float]] | None:
    """The lower triangle whose square the matrix is (Cholesky); ``None`` when it is not positive semi-definite.

    Written out, because the same sums in the same order give the same bytes on every machine.
    """
    size = len(matrix)
    lower = [[0.0] * size for _ in range(size)]
    for column in range(size):
        left = matrix[column][column] - sum(item * item for item in lower[column][:column])
        if left < -_NOTHING:
            return None
        pivot = sqrt(left) if left > _NOTHING else 0.0
        lower[column][column] = pivot
        for row in range(column + 1, size):
            known = sum(one * other for one, other in zip(lower[row][:column], lower[column][:column], strict=True))
            rest = matrix[row][column] - known
            if pivot:
                lower[row][column] = rest / pivot
            elif abs(rest) > _LITTLE:
                return None
    return lower
