"""Columns that go together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cursus_readiness.sources.generation.correlation import CorrelatedGroup, factored
from synthetic_tables import NUMBER, a_schema, draw_table, numbers

COLUMNS = {
    "a": NUMBER,
    "b": {"type": "number", "low": 0, "high": 9},
    "c": {"type": "integer", "distribution": "poisson", "mean": 20},
}


def found(*groups: dict[str, Any]) -> Any:
    table = draw_table(a_schema(rows=20_000, columns=COLUMNS, correlations=list(groups)))
    return np.corrcoef(numbers(table, *COLUMNS).T)


def test_columns_correlate_as_their_matrix_says() -> None:
    matrix = [[1, 0.8, -0.5], [0.8, 1, 0], [-0.5, 0, 1]]
    assert found({"columns": ["a", "b", "c"], "matrix": matrix}) == pytest.approx(np.array(matrix), abs=0.04)


def test_columns_with_loadings_correlate_by_their_product() -> None:
    assert found({"loadings": {"a": 0.9, "c": -0.8}})[0, 2] == pytest.approx(-0.72, abs=0.04)


def test_what_is_in_no_group_goes_its_own_way() -> None:
    assert found({"loadings": {"a": 0.9, "c": 0.9}})[0, 1] == pytest.approx(0, abs=0.03)


def test_correlated_columns_keep_their_distributions() -> None:
    table = draw_table(a_schema(rows=20_000, columns=COLUMNS, correlations=[{"loadings": {"b": 0.9, "c": 0.9}}]))
    drawn = numbers(table, "b", "c")
    assert drawn.mean(axis=0) == pytest.approx([4.5, 20], rel=0.02)
    assert drawn[:, 0].min() >= 0


def test_columns_may_be_the_same_up_to_their_scale() -> None:
    assert found({"columns": ["a", "b"], "matrix": [[1, 1], [1, 1]]})[0, 1] == pytest.approx(0.977, abs=0.01)


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ({"columns": ["a", "b"]}, "give columns and their matrix, or loadings"),
        ({"loadings": {"a": 0.5}}, "two or more columns"),
        ({"columns": ["a", "a"], "matrix": [[1, 0], [0, 1]]}, "two or more columns, each of them once"),
        ({"columns": ["a", "b"], "matrix": [[1, 0]]}, "has 2 rows of 2 numbers"),
        ({"columns": ["a", "b"], "matrix": [[0.5, 0], [0, 1]]}, "'a' correlates with itself by 1"),
        ({"columns": ["a", "b"], "matrix": [[1, 0.5], [0.4, 1]]}, "'a' and 'b' have two different correlations"),
        ({"columns": ["a", "b"], "matrix": [[1, 2], [2, 1]]}, "less than or equal to 1"),
        (
            {"columns": ["a", "b", "c"], "matrix": [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]},
            "not positive semi-definite",
        ),
        ({"loadings": {"a": 0.5, "x": 0.5}}, "names 'x', which is not declared as a number"),
    ],
)
def test_a_group_that_cannot_be_is_refused(group: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        a_schema(columns=COLUMNS, correlations=[group])


def test_a_column_is_in_one_group() -> None:
    with pytest.raises(ValidationError, match="names 'a' twice"):
        a_schema(columns=COLUMNS, correlations=[{"loadings": {"a": 0.5, "b": 0.5}}, {"loadings": {"a": 0.5, "c": 0.5}}])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(-1, 1), min_size=4, max_size=4), min_size=4, max_size=4))
def test_a_factor_squared_is_the_matrix(rows: list[list[float]]) -> None:
    square = np.array(rows) @ np.array(rows).T
    lower = factored(square.tolist())
    assert lower is not None
    assert np.array(lower) @ np.array(lower).T == pytest.approx(square, abs=1e-4)


def test_loadings_leave_every_column_a_spread_of_one() -> None:
    group = CorrelatedGroup.model_validate({"loadings": {"a": 0.6, "b": -1}})
    assert [sum(item**2 for item in row) for row in group.factor()] == pytest.approx([1, 1])
