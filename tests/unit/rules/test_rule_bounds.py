"""Bounds such as ``>= 0.8``."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.rules.base import Bound, RuleSyntaxError, all_held, named_bounds, parse_bound

OPERATORS = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("written", "symbol", "limit"),
    [
        (">= 100", ">=", 100),
        (">=100", ">=", 100),
        ("  <  -0.5 ", "<", -0.5),
        ("== 1e-3", "==", 0.001),
        ("!= .5", "!=", 0.5),
        ("> +3.", ">", 3),
        (7, "==", 7),
        (0.25, "==", 0.25),
    ],
)
def test_a_bound_is_read(written: Any, symbol: str, limit: float) -> None:
    assert parse_bound(written, bare="==") == Bound(symbol, limit)


@pytest.mark.parametrize(
    "written", ["", "100", "=> 3", "= 3", ">= x", ">= 1 2", ">= 5 %", ">= nan", "~ 3", None, True, [], {}]
)
def test_what_is_no_bound_is_refused(written: Any) -> None:
    with pytest.raises(RuleSyntaxError, match="is not a bound such as"):
        parse_bound(written, bare="==")


@given(st.sampled_from(sorted(OPERATORS)), NUMBERS, NUMBERS)
def test_a_bound_means_what_python_means(symbol: str, value: float, limit: float) -> None:
    bound = parse_bound(f"{symbol} {limit!r}", bare="==")
    assert bound.holds(value) == OPERATORS[symbol](value, limit)


@given(st.sampled_from(sorted(OPERATORS)), NUMBERS)
def test_both_sides_of_a_limit_and_the_limit_itself_are_told_apart(symbol: str, limit: float) -> None:
    bound = Bound(symbol, limit)
    assert bound.holds(limit) == (symbol in (">=", "<=", "=="))


@pytest.mark.parametrize("symbol", sorted(OPERATORS))
def test_nan_keeps_no_bound(symbol: str) -> None:
    assert not Bound(symbol, 0.0).holds(float("nan"))


@pytest.mark.parametrize("symbol", sorted(OPERATORS))
def test_a_number_too_large_for_a_float_is_judged(symbol: str) -> None:
    assert Bound(symbol, 0.0).holds(10**400) == (symbol in (">=", ">", "!="))


@pytest.mark.parametrize(("limit", "shown"), [(100, ">= 100"), (0.85, ">= 0.85"), (1234567, ">= 1234567")])
def test_a_bound_is_shown_as_it_was_written(limit: float, shown: str) -> None:
    assert str(Bound(">=", limit)).replace(",", "") == shown


def test_names_are_text() -> None:
    assert named_bounds({1: 0}, bare="<=") == {"1": Bound("<=", 0)}


@pytest.mark.parametrize("written", [None, {}, [], "a", {"a": "x"}])
def test_bounds_need_names(written: Any) -> None:
    with pytest.raises(RuleSyntaxError):
        named_bounds(written, bare="<=")


def test_of_several_parts_the_broken_ones_are_named() -> None:
    assert all_held([(True, "a"), (False, "b"), (False, "c")]).message == "b; c"
    assert all_held([(True, "a"), (True, "b")]).message == "a; b"
    assert not all_held([(True, "a"), (False, "b")]).held
