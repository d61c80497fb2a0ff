"""Errors carry their exit code and a remedy."""

from __future__ import annotations

import pytest

from cursus_readiness.errors import (
    CannotRunError,
    InterruptedRunError,
    InvalidInputError,
    NothingSelectedError,
    ReadinessError,
    UsageError,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ReadinessError, 1),
        (UsageError, 2),
        (NothingSelectedError, 3),
        (InvalidInputError, 4),
        (CannotRunError, 5),
        (InterruptedRunError, 130),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_each_error_has_the_exit_code_of_the_table(kind: type[ReadinessError], code: int) -> None:
    assert kind("what").exit_code == code


def test_exit_codes_are_all_different() -> None:
    kinds: list[type[ReadinessError]] = [ReadinessError, *ReadinessError.__subclasses__()]
    assert len({kind.exit_code for kind in kinds}) == len(kinds)


def test_an_error_says_what_and_how_to_mend_it() -> None:
    error = InvalidInputError("what and where", fix="do this", problems=("a:1: b",))
    assert (str(error), error.message, error.fix, error.problems) == (
        "what and where",
        "what and where",
        "do this",
        ("a:1: b",),
    )


def test_a_remedy_is_not_required() -> None:
    assert UsageError("what").fix is None
