"""Rows that break a rule on keys, found in a second pass that ends with the fifth."""

from __future__ import annotations

from typing import Any

from cursus_readiness.rules.hashing import hashes
from cursus_readiness.rules.masking import MOST_EXAMPLES
from cursus_readiness.rules.measures import place_of
from cursus_readiness.rules.streaming import stream
from cursus_readiness.rules.target import Target


def rows_with(target: Target, columns: tuple[str, ...], keys: Any, *, is_repeated: bool = False) -> tuple[str, ...]:
    """The first rows whose key is among ``keys``; with ``is_repeated`` only those that an earlier row has already."""
    import numpy as np

    found: list[str] = []
    seen: set[int] = set()
    for piece in stream(target.files, target.form):
        if not piece.batch.num_rows:
            continue
        values = hashes([piece.column(name) for name in columns])
        for row in np.flatnonzero(np.isin(values, keys)).tolist():
            is_first = values[row] not in seen
            seen.add(int(values[row]))
            if is_repeated and is_first:
                continue
            key = ", ".join(target.show(piece.column(name)[row].as_py()) for name in columns)
            found.append(f"{place_of(piece.path, piece.first_row + row)}: {key}")
            if len(found) == MOST_EXAMPLES:
                return tuple(found)
    return tuple(found)
