"""Two tables, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cursus_readiness.rules.base import Judgement, UnreadableDataError
from cursus_readiness.rules.hashing import as_text
from cursus_readiness.rules.measures import numbers
from cursus_readiness.rules.streaming import stream
from cursus_readiness.rules.target import Target
from cursus_readiness.units import MIB

_MOST_SORTED_BYTES = 128 * MIB


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs; nothing when ``message`` is empty."""

    message: str
    examples: tuple[str, ...] = ()

    def judgement(self, kept: str) -> Judgement:
        """Equal is what is asked for."""
        return Judgement.broken(self.message, self.examples) if self.message else Judgement.kept(kept)


def compare_tables(
    found: Target, golden: Target, keys: tuple[str, ...], ignored: tuple[str, ...], tolerance: float
) -> Difference:
    """Compare in the order of the rows, streamed, or sorted by ``keys``, for tables that fit into memory.

    Raises UnreadableDataError.
    """
    names = [name for name in golden.table.columns if name not in ignored]
    others = [name for name in found.table.columns if name not in ignored]
    if sorted(names) != sorted(others):
        odd = sorted({*names} ^ {*others})
        return Difference(f"other columns: {', '.join(odd)}")
    if found.table.row_count != golden.table.row_count:
        return Difference(f"{found.table.row_count:,} rows, expected {golden.table.row_count:,}")
    absent = [name for name in keys if name not in names]
    if absent:
        return Difference(f"{absent[0]} is missing")
    counts: Counter[str] = Counter()
    examples: list[str] = []
    rows = 0
    pairs = _sorted(found, golden, names, keys) if keys else _in_order(found, golden, names)
    for one, other in pairs:
        for name in names:
            for row in _unequal(one[name], other[name], tolerance):
                counts[name] += 1
                if len(examples) < 5:
                    what = f"{found.show(one[name][row].as_py())}, expected {found.show(other[name][row].as_py())}"
                    examples.append(f"row {rows + row + 1:,} {name}: {what}")
        rows += len(one[names[0]]) if names else 0
    message = "; ".join(f"{name} differs in {count:,} rows" for name, count in counts.items())
    return Difference(message, tuple(examples))


def _unequal(one: Any, other: Any, tolerance: float) -> list[int]:
    import numpy as np
    import pyarrow as pa

    def is_number(values: Any) -> bool:
        kind = values.type
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))

    if is_number(one) and is_number(other):
        equal = np.isclose(numbers(one), numbers(other), rtol=tolerance, atol=tolerance, equal_nan=True)
    else:
        texts = [as_text(values).fill_null("\x00").to_numpy(zero_copy_only=False) for values in (one, other)]
        equal = texts[0] == texts[1]
    rows: list[int] = np.flatnonzero(~equal).tolist()
    return rows


def _in_order(found: Target, golden: Target, names: list[str]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Both tables in slices of equal length."""
    sides = [stream(side.files, side.form) for side in (found, golden)]
    pieces, used = [next(side, None) for side in sides], [0, 0]
    while all(pieces):
        lengths = [piece.batch.num_rows - start for piece, start in zip(pieces, used, strict=True) if piece]
        count = min(lengths)
        if count:
            one, other = (
                {name: piece.column(name).slice(start, count) for name in names}
                for piece, start in zip(pieces, used, strict=True)
                if piece
            )
            yield one, other
        for side, length in enumerate(lengths):
            used[side] += count
            if length == count:
                pieces[side], used[side] = next(sides[side], None), 0


def _sorted(
    found: Target, golden: Target, names: list[str], keys: tuple[str, ...]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Both tables as a whole, rows in the order of their keys."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = sum(path.stat().st_size for side in (found, golden) for path in side.files)
    if size > _MOST_SORTED_BYTES:
        raise UnreadableDataError(f"the tables are too large to be compared by keys ({_MOST_SORTED_BYTES // MIB} MiB)")
    tables = []
    for side in (found, golden):
        parts: dict[str, list[Any]] = {name: [] for name in names}
        for piece in stream(side.files, side.form):
            for name in names:
                parts[name].append(piece.column(name))
        columns = {name: _joined(values) for name, values in parts.items()}
        order = pc.sort_indices(
            pa.table({key: as_text(columns[key]) for key in keys}), sort_keys=[(key, "ascending") for key in keys]
        )
        tables.append({name: values.take(order) for name, values in columns.items()})
    yield tables[0], tables[1]


def _joined(values: list[Any]) -> Any:
    """One array; as text where its parts have different types."""
    import pyarrow as pa

    filled = [item for item in values if len(item)] or values[:1]
    if len({item.type for item in filled}) > 1:
        filled = [as_text(item) for item in filled]
    return pa.concat_arrays(filled)
