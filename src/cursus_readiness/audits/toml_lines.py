"""Where a field stands in a TOML text; the parser of the standard library does not say."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*("[^"]*"|'[^']*'|[\w.-]+)\s*=""")


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The 1-based line of a field; of the nearest thing above it when the field is not found."""
    best, best_length = 1, 0
    here: tuple[str | int, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        key = _KEY.match(line)
        if header:
            names = _names(header[2])
            here = names
            if header[1] == "[[":
                counts[names] = counts.get(names, -1) + 1
                here = (*names, counts[names])
            found = here
        elif key:
            found = (*here, *_names(key[1]))
        else:
            continue
        length = _shared(found, path)
        if length == len(found) and length > best_length:
            best, best_length = number, length
    return best


def _names(dotted: str) -> tuple[str, ...]:
    parts = re.findall(r"""\s*("[^"]*"|'[^']*'|[^.\s]+)\s*\.?""", dotted)
    return tuple(part.strip("\"'") for part in parts)


def _shared(found: tuple[str | int, ...], path: tuple[str | int, ...]) -> int:
    length = 0
    for one, other in zip(found, path, strict=False):
        if one != other:
            break
        length += 1
    return length
