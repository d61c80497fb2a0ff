"""A profile of tabular files: rows, columns, types, missing values and ranges."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.reading import Piece, TableFormat
from cursus_readiness.rules.streaming import take


@dataclass(slots=True)
class ColumnProfile:
    """One column over all files; ``low`` and ``high`` are ``None`` without a comparable value.

    ``longest_bytes`` is the size of the longest text, ``shortest_bytes`` that of the shortest.
    """

    kind: str
    file_count: int = 0
    null_count: int = 0
    low: Any = None
    high: Any = None
    longest_bytes: int = 0
    shortest_bytes: int | None = None


@dataclass(slots=True)
class TableProfile:
    """All files together; columns in the order of the first.

    ``problems`` names files that have other columns, ``reordered`` those that have the same in another order.
    """

    row_count: int = 0
    file_count: int = 0
    columns: dict[str, ColumnProfile] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)

    def column(self, name: str) -> ColumnProfile | None:
        """A column that every file has."""
        found = self.columns.get(name)
        return found if found is not None and found.file_count == self.file_count else None


@dataclass(frozen=True, slots=True)
class Profile:
    """The measure that every rule on tables may ask for."""

    def start(self) -> Profiling:
        """Begin a pass."""
        return Profiling()


def profile_table(files: tuple[Path, ...], form: TableFormat | None = None) -> TableProfile:
    """Profile CSV, TSV, Parquet and JSON-lines files as one table.

    Raises UnreadableDataError for a file that is not what its name says.
    """
    wanted = Profile()
    profile: TableProfile = take(files, form or TableFormat(), [wanted])[wanted]
    return profile


class Profiling:
    """A profile while rows stream by."""

    def __init__(self) -> None:
        self._whole = TableProfile()
        self._path: Path | None = None
        self._columns: dict[str, ColumnProfile] = {}
        self._valid: dict[str, int] = {}
        self._rows = 0

    def add(self, piece: Piece) -> None:
        """Take some rows; those of one file come together."""
        if piece.path != self._path:
            self._finish_file()
            self._path = piece.path
        self._rows += piece.batch.num_rows
        for item in piece.batch.schema:
            kind = kind_of(item.type)
            column = self._columns.setdefault(item.name, ColumnProfile(kind))
            column.kind = _common_kind(column.kind, kind)
            self._valid[item.name] = self._valid.get(item.name, 0) + _add(column, kind, piece.column(item.name))

    def result(self) -> TableProfile:
        """What was found, after the last row."""
        self._finish_file()
        return self._whole

    def forget_file(self) -> None:
        """Leave out what was taken of the last file."""
        self._path, self._columns, self._valid, self._rows = None, {}, {}, 0

    def _finish_file(self) -> None:
        if self._path is None:
            return
        whole = self._whole
        if whole.file_count and whole.columns.keys() != self._columns.keys():
            whole.problems.append(f"{printable(self._path.name)} has other columns than the files before it")
        elif whole.file_count and list(whole.columns) != list(self._columns):
            whole.reordered.append(f"{printable(self._path.name)} has its columns in another order")
        whole.file_count += 1
        whole.row_count += self._rows
        for name, found in self._columns.items():
            known = whole.columns.setdefault(name, ColumnProfile("null"))
            known.kind = _common_kind(known.kind, found.kind)
            known.file_count += 1
            known.null_count += self._rows - self._valid[name]
            if found.shortest_bytes is not None:
                _lengthen(known, found.shortest_bytes, found.longest_bytes)
            _widen(known, found.low, found.high)
        self.forget_file()


def _add(column: ColumnProfile, kind: str, values: Any) -> int:
    """Take the range of some values; how many are there at all."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(values.type):
        values = without_nan(values)
    if kind in ("number", "integer", "timestamp") and len(values) > values.null_count:
        found = pc.min_max(values)
        _widen(column, _value(found["min"]), _value(found["max"]))
    elif kind in ("string", "binary") and len(values) > values.null_count:
        found = pc.min_max(pc.binary_length(values))
        _lengthen(column, found["min"].as_py(), found["max"].as_py())
    count: int = len(values) - values.null_count
    return count


def _value(scalar: Any) -> Any:
    """A scalar in Python; times without what is below a microsecond, for which pyarrow would import pandas."""
    from pyarrow import types

    if types.is_timestamp(scalar.type) and scalar.type.unit == "ns":
        import pyarrow as pa

        scalar = scalar.cast(pa.timestamp("us", scalar.type.tz), safe=False)
    return scalar.as_py()


def _lengthen(column: ColumnProfile, shortest_bytes: int, longest_bytes: int) -> None:
    known = column.shortest_bytes
    column.shortest_bytes = shortest_bytes if known is None else min(known, shortest_bytes)
    column.longest_bytes = max(column.longest_bytes, longest_bytes)


def without_nan(values: Any) -> Any:
    """The numbers among floats."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = values.cast(pa.float64())
    is_nan = pc.is_nan(values)
    if pc.any(is_nan, min_count=0).as_py():
        values = values.filter(pc.invert(is_nan))
    return values


def _widen(column: ColumnProfile, low: Any, high: Any) -> None:
    if low is None or column.kind == "mixed":
        return
    try:
        column.low = low if column.low is None else min(column.low, low)
        column.high = high if column.high is None else max(column.high, high)
    except TypeError:  # dates and times, or times with and without a zone
        column.kind = "mixed"


def _common_kind(one: str, other: str) -> str:
    if other in (one, "null"):
        return one
    if one == "null":
        return other
    return "number" if {one, other} == {"number", "integer"} else "mixed"


def kind_of(arrow_type: Any) -> str:
    """The kind of an Arrow type in the words of rules; its own name where there is none."""
    from pyarrow import types

    if types.is_dictionary(arrow_type):
        return kind_of(arrow_type.value_type)
    kinds = {
        "boolean": (types.is_boolean,),
        "integer": (types.is_integer,),
        "number": (types.is_floating, types.is_decimal),
        "timestamp": (types.is_temporal,),
        "string": (types.is_string, types.is_large_string, types.is_string_view),
        "null": (types.is_null,),
    }
    return next((kind for kind, tests in kinds.items() if any(test(arrow_type) for test in tests)), str(arrow_type))
