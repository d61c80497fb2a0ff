"""Files are whole and what their names say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import Judgement, RuleSyntaxError, UnreadableDataError, fields
from cursus_readiness.rules.reading import is_table
from cursus_readiness.rules.schemas import closed
from cursus_readiness.rules.soundness import flaw
from cursus_readiness.rules.target import Target
from cursus_readiness.rules.unpacking import is_archive, members, unpacked
from cursus_readiness.units import MIB, format_bytes


@dataclass(frozen=True, slots=True)
class _ReadableCheck:
    largest_cell_bytes: int = MIB

    def judge(self, target: Target) -> Judgement:
        if all(is_table(path) and path.suffix.lower() != ".json" for path in target.files):
            return self._table(target)
        broken = []
        for path in target.files:
            try:
                problem = self._archive(path) if is_archive(path) else flaw(path)
            except UnreadableDataError as error:
                broken.append(str(error))
                continue
            if problem:
                broken.append(f"{printable(path.name)} {problem}")
        if broken:
            return Judgement.broken(f"{len(broken)} of {len(target.files)} files are not sound", tuple(broken[:5]))
        return Judgement.kept(f"{len(target.files)} files")

    def _table(self, target: Target) -> Judgement:
        table, broken = target.table, []
        for name, column in table.columns.items():
            if column.kind == "binary":
                broken.append(f"{name} holds text that is not UTF-8")
            if column.longest_bytes > self.largest_cell_bytes:
                broken.append(f"{name} has a cell of {format_bytes(column.longest_bytes)}")
        message = "; ".join(broken) or f"{table.file_count} files, {table.row_count:,} rows"
        return Judgement(held=not broken, message=message)

    @staticmethod
    def _archive(path: Any) -> str | None:
        with unpacked(path) as folder:
            for name in members(folder):
                problem = flaw(folder / name)
                if problem:
                    return f"{printable(name)} {problem}"
        return None


class Readable:
    """``readable: true``: read to the end; ``{largest_cell_bytes: 10000000}`` instead of 1 MiB."""

    key = "readable"
    schema: ClassVar[dict[str, Any]] = {
        "anyOf": [{"const": True}, closed({"largest_cell_bytes": {"type": "integer", "minimum": 1}})]
    }

    def parse(self, written: Any) -> _ReadableCheck:
        """Read ``true`` or the limit."""
        if written is True:
            return _ReadableCheck()
        found = fields(written, "true or {largest_cell_bytes: ...}", required=("largest_cell_bytes",))
        limit = found["largest_cell_bytes"]
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
            raise RuleSyntaxError("largest_cell_bytes: a whole number is expected")
        return _ReadableCheck(limit)
