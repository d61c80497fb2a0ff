"""The columns of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cursus_readiness.rules.base import Judgement, RuleSyntaxError
from cursus_readiness.rules.target import Target


@dataclass(frozen=True, slots=True)
class _ColumnsCheck:
    names: tuple[str, ...]
    is_exact: bool

    def judge(self, target: Target) -> Judgement:
        table = target.table
        found = list(table.columns)
        missing = [name for name in self.names if name not in table.columns]
        if missing:
            return Judgement.broken(f"missing: {', '.join(missing)}")
        if table.problems:
            return Judgement.broken("; ".join(table.problems))
        if self.is_exact and tuple(found) != self.names:
            extra = [name for name in found if name not in self.names]
            return Judgement.broken(f"unexpected: {', '.join(extra)}" if extra else "the order differs")
        return Judgement.kept(f"{len(found)} columns")


class Columns:
    """``columns: [a, b]`` or ``{exact: [a, b]}`` for exactly these in this order, ``{include: [a]}`` for at least."""

    key = "columns"

    def parse(self, written: Any) -> _ColumnsCheck:
        """Read the list."""
        form, names = "exact", written
        if isinstance(written, dict) and len(written) == 1:
            form, names = next(iter(written.items()))
        is_list = isinstance(names, list) and names and all(isinstance(name, str) for name in names)
        if form not in ("exact", "include") or not is_list:
            raise RuleSyntaxError("a list of column names, or {include: [...]}, or {exact: [...]} is expected")
        return _ColumnsCheck(tuple(names), form == "exact")
