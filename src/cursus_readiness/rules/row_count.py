"""The number of rows over all matching files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cursus_readiness.rules.base import Bound, Judgement, parse_bound
from cursus_readiness.rules.target import Target


@dataclass(frozen=True, slots=True)
class _RowCountCheck:
    bound: Bound

    def judge(self, target: Target) -> Judgement:
        rows = target.table.row_count
        held = self.bound.holds(rows)
        return Judgement(held=held, message=f"{rows:,} rows" + ("" if held else f", expected {self.bound}"))


class RowCount:
    """``row_count: ">= 1000"``; a bare number means exactly that many."""

    key = "row_count"

    def parse(self, written: Any) -> _RowCountCheck:
        """Read the bound."""
        return _RowCountCheck(parse_bound(written, bare="=="))
