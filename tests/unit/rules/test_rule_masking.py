"""Examples that give nobody away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.rules.masking import masked, shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("jane@example.com", "xxxx@xxxxxxx.xxx"),
        ("C0042", "X9999"),
        (-12.5, "-99.9"),
        ("Zoë Müller", "Xxx Xxxxxx"),
        ("北京", "xx"),
        ("2026-01-05T10:00", "9999-99-99X99:99"),
        (None, "nothing"),
        (True, "Xxxx"),
        ("a\nb\x1b[31m", "x x [99x"),
        ("x" * 50, "x" * 40 + "... (50 characters)"),
    ],
)
def test_a_value_keeps_its_shape(value: Any, expected: str) -> None:
    assert masked(value) == expected


@given(st.text())
def test_no_letter_and_no_digit_stays(value: str) -> None:
    told = masked(value).partition("...")[0] if value else ""
    assert {character for character in told if character.isalnum()} <= {"x", "X", "9"}


def test_a_value_that_is_shown_stays_on_one_line_and_short() -> None:
    assert shown("a\nb") == "a b"
    assert len(shown("x" * 500)) == 83
