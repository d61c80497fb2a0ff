"""Examples that show the shape of a value and none of its letters and digits."""

from __future__ import annotations

import unicodedata
from typing import Any

from cursus_readiness.objectstore.files import printable
from cursus_readiness.units import one_line

MOST_EXAMPLES = 5
_LONGEST = 40


def masked(value: Any) -> str:
    """Digits become 9, capital letters X, all other letters x; punctuation and the length up to 40 characters stay."""
    if value is None:
        return "nothing"
    text = str(value)
    shape = "".join(_shape(character) for character in text[:_LONGEST])
    return one_line(shape) + (f"... ({len(text):,} characters)" if len(text) > _LONGEST else "")


def shown(value: Any) -> str:
    """The value as it is, on one line and no longer than 80 characters."""
    text = "nothing" if value is None else one_line(printable(str(value)[: 2 * _LONGEST + 1]))
    return text if len(text) <= 2 * _LONGEST else f"{text[: 2 * _LONGEST]}..."


def _shape(character: str) -> str:
    kind = unicodedata.category(character)
    if kind.startswith("N"):
        return "9"
    if kind in ("Lu", "Lt"):
        return "X"
    return "x" if (kind[0] in "LMSC" and not character.isascii()) or kind[0] == "L" else character
