"""What rules measure beyond the profile: keys, counts of values, samples of numbers, rows that break a test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.hashing import as_text, hashes
from cursus_readiness.rules.masking import MOST_EXAMPLES
from cursus_readiness.rules.reading import Piece

MOST_VALUES = 100_000
SAMPLE_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Keys:
    """A key of one column or several for each row, as a hash."""

    columns: tuple[str, ...]

    def start(self) -> _KeysTaking:
        """Begin a pass."""
        return _KeysTaking(self.columns)


class _KeysTaking:
    def __init__(self, columns: tuple[str, ...]) -> None:
        self._columns = columns
        self._parts: list[Any] = []

    def add(self, piece: Piece) -> None:
        if piece.batch.num_rows:
            self._parts.append(hashes([piece.column(name) for name in self._columns]))

    def result(self) -> Any:
        import numpy as np

        return np.concatenate(self._parts) if self._parts else np.zeros(0, np.uint64)


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """How often each value of a column is there, in one spelling; missing ones are left out."""

    column: str

    def start(self) -> _Counting:
        """Begin a pass."""
        return _Counting(self.column)


@dataclass(slots=True)
class Counts:
    """Counts by value; not complete when there are more than 100,000 different ones."""

    by_value: Counter[str] = field(default_factory=Counter)
    is_complete: bool = True

    @property
    def total(self) -> int:
        """How many values were counted."""
        return self.by_value.total()


class _Counting:
    def __init__(self, column: str) -> None:
        self._column = column
        self._counts = Counts()

    def add(self, piece: Piece) -> None:
        import pyarrow.compute as pc

        if not self._counts.is_complete:
            return
        found = pc.value_counts(as_text(piece.column(self._column)).drop_null())
        pairs = zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True)
        for value, count in pairs:
            self._counts.by_value[value] += count
        self._counts.is_complete = len(self._counts.by_value) <= MOST_VALUES

    def result(self) -> Counts:
        return self._counts


@dataclass(frozen=True, slots=True)
class NumberSample:
    """A seeded sample of at most 20,000 of a column's numbers, spread evenly over all rows."""

    column: str

    def start(self) -> _Sampling:
        """Begin a pass."""
        return _Sampling(self.column)


class _Sampling:
    """Each number draws a lot, and the lowest lots stay."""

    def __init__(self, column: str) -> None:
        import numpy as np

        self._column = column
        self._random = np.random.default_rng(20)
        self._lots = np.zeros(0)
        self._values = np.zeros(0)

    def add(self, piece: Piece) -> None:
        import numpy as np

        values = numbers(piece.column(self._column))
        values = values[np.isfinite(values)]
        lots = np.concatenate([self._lots, self._random.random(len(values))])
        values = np.concatenate([self._values, values])
        if len(lots) > SAMPLE_ROWS:
            kept = np.argpartition(lots, SAMPLE_ROWS)[:SAMPLE_ROWS]
            lots, values = lots[kept], values[kept]
        self._lots, self._values = lots, values

    def result(self) -> Any:
        return self._values


def numbers(values: Any) -> Any:
    """A column as floats of numpy, missing ones as NaN; what is no number at all is missing, too."""
    import numpy as np
    import pyarrow as pa

    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or pa.types.is_decimal(values.type)):
        return np.full(len(values), np.nan)
    return values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)


@dataclass(slots=True)
class Misses:
    """Rows that break a test: how many, and the first of them with their values."""

    count: int = 0
    first: list[tuple[str, Any]] = field(default_factory=list)

    def add(self, piece: Piece, rows: Any, values: Any) -> None:
        """Note rows (positions in the piece) of a column."""
        self.count += len(rows)
        for row in rows[: MOST_EXAMPLES - len(self.first)]:
            self.first.append((place_of(piece.path, piece.first_row + int(row)), values[int(row)].as_py()))

    def examples(self, show: Callable[[Any], str], what: str = "") -> tuple[str, ...]:
        """The first of them for people."""
        return tuple(f"{place}: {what}{show(value)}" for place, value in self.first)


def place_of(path: Path, row: int) -> str:
    """A row for people, the first after the header being 1."""
    return f"{printable(path.name)} row {row + 1:,}"


@dataclass(frozen=True, slots=True)
class PatternMisses:
    """Values of a column that do not match a regular expression from end to end; missing ones are left out."""

    column: str
    expression: str

    def start(self) -> _Matching:
        """Begin a pass."""
        return _Matching(self)


class _Matching:
    def __init__(self, wanted: PatternMisses) -> None:
        self._wanted = wanted
        self._misses = Misses()

    def add(self, piece: Piece) -> None:
        import numpy as np
        import pyarrow.compute as pc

        values = as_text(piece.column(self._wanted.column))
        matches = pc.match_substring_regex(values, pattern=f"^(?:{self._wanted.expression})$")
        rows = np.flatnonzero(pc.invert(pc.fill_null(matches, fill_value=True)).to_numpy(zero_copy_only=False))
        self._misses.add(piece, rows, values)

    def result(self) -> Misses:
        return self._misses


@dataclass(frozen=True, slots=True)
class OrderBreaks:
    """Rows whose value does not follow the one before; files in the order of their names, missing ones left out."""

    column: str
    is_rising: bool
    is_strict: bool

    def start(self) -> _Following:
        """Begin a pass."""
        return _Following(self)


class _Following:
    def __init__(self, wanted: OrderBreaks) -> None:
        self._wanted = wanted
        self._misses = Misses()
        self._last: Any = None

    def add(self, piece: Piece) -> None:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        column = piece.column(self._wanted.column)
        places = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
        values = column.drop_null()
        if not len(values):
            return
        if self._last is not None:
            values = pa.concat_arrays([pa.array([self._last], values.type), values])
            places = np.concatenate([[-1], places])
        before, after = values[:-1], values[1:]
        test = {
            (True, True): pc.greater,
            (True, False): pc.greater_equal,
            (False, True): pc.less,
            (False, False): pc.less_equal,
        }[self._wanted.is_rising, self._wanted.is_strict]
        broken = np.flatnonzero(~test(after, before).to_numpy(zero_copy_only=False))
        self._misses.add(piece, places[1:][broken], column)
        self._last = values[-1].as_py()

    def result(self) -> Misses:
        return self._misses
