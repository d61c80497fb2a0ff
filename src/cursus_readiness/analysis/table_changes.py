"""What is different about the tables of an output since last time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cursus_readiness.analysis.flow_policy import MOST_NAMED, ROWS_CHANGED_RATIO
from cursus_readiness.model.lineage import ChangeKind, TableChange
from cursus_readiness.model.table import TableRecord
from cursus_readiness.units import format_ratio

_COMPRESSIONS = (".gz", ".bz2", ".zst")
_UNTYPED = "null"  # a column without a single value has no type that could have changed


def table_changes(before: Sequence[TableRecord], now: Sequence[TableRecord]) -> list[TableChange]:
    """Tables that went or came, formats, columns, and rows beyond the tolerance; only what was read is compared."""
    pairs, gone, new = _matched(before, now)
    changes = [_change(ChangeKind.MISSING_TABLE, table, f"table {table.path} is not there any more") for table in gone]
    for old, table in pairs:
        changes += _of_table(old, table)
    return changes + [_change(ChangeKind.NEW_TABLE, table, f"table {table.path} is new") for table in new]


def _matched(
    before: Sequence[TableRecord], now: Sequence[TableRecord]
) -> tuple[list[tuple[TableRecord, TableRecord]], list[TableRecord], list[TableRecord]]:
    """Tables of the same path, or of one that differs in nothing but the format; and those of each side alone."""
    old = {table.path: table for table in before}
    pairs = [(old.pop(table.path), table) for table in now if table.path in old]
    stems = {_stem(path): path for path in old}
    new = []
    for table in now:
        if any(table is other for _, other in pairs):
            continue
        path = stems.pop(_stem(table.path), None)
        if path is None:
            new.append(table)
        else:
            pairs.append((old.pop(path), table))
    return pairs, list(old.values()), new


def _stem(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    for suffix in _COMPRESSIONS:
        name = name.removesuffix(suffix)
    return folder + slash + name.rpartition(".")[0]


def _change(kind: ChangeKind, table: TableRecord, message: str, **fields: Any) -> TableChange:
    return TableChange(kind=kind, table=table.path, message=message, **fields)


def _of_table(before: TableRecord, now: TableRecord) -> Iterator[TableChange]:
    if before.format != now.format:
        message = f"{now.path} is written as {now.format}, was {before.format}"
        yield _change(ChangeKind.FORMAT, now, message, before=before.format, now=now.format)
    if before.has_all_columns and now.has_all_columns:
        yield from _columns(before, now)
    if before.row_count is not None and now.row_count is not None:
        yield from _rows(before.row_count, now.row_count, now)


def _columns(before: TableRecord, now: TableRecord) -> Iterator[TableChange]:
    old = {column.name: column.dtype for column in before.columns}
    new = {column.name: column.dtype for column in now.columns}
    dropped = tuple(name for name in old if name not in new)
    added = tuple(name for name in new if name not in old)
    if dropped:
        message = f"{now.path} has lost {_named(dropped)}"
        yield _change(ChangeKind.DROPPED_COLUMN, now, message, columns=dropped)
    if added:
        message = f"{now.path} has {_named(added)} in addition"
        yield _change(ChangeKind.ADDED_COLUMN, now, message, columns=added)
    for name, dtype in new.items():
        was = old.get(name, dtype)
        if was != dtype and _UNTYPED not in (was, dtype):
            message = f"{now.path}: {name} is {dtype}, was {was}"
            yield _change(ChangeKind.RETYPED_COLUMN, now, message, columns=(name,), before=was, now=dtype)
    if not dropped and not added and list(old) != list(new):
        message = f"{now.path} has its columns in another order"
        yield _change(ChangeKind.REORDERED_COLUMNS, now, message)


def _rows(before: int, now: int, table: TableRecord) -> Iterator[TableChange]:
    if before == now or (before and abs(now - before) / before <= ROWS_CHANGED_RATIO):
        return
    share = f" ({format_ratio(now / before)} of that)" if before else ""
    message = f"{table.path} has {now:,} rows, had {before:,}{share}"
    yield _change(ChangeKind.ROWS, table, message, before=str(before), now=str(now))


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return f"column{'s' if len(names) > 1 else ''} {shown}{more}"
