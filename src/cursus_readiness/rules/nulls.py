"""The share of missing values in columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Bound, Judgement, all_held, named_bounds
from cursus_readiness.rules.schemas import BOUND, mapping_of
from cursus_readiness.rules.target import Target
from cursus_readiness.units import format_ratio

_ALL_OTHERS = "*"


@dataclass(frozen=True, slots=True)
class _NullsCheck:
    bounds: dict[str, Bound]

    def judge(self, target: Target) -> Judgement:
        bounds = {name: bound for name, bound in self.bounds.items() if name != _ALL_OTHERS}
        if _ALL_OTHERS in self.bounds:
            bounds |= {name: self.bounds[_ALL_OTHERS] for name in target.table.columns if name not in bounds}
        return all_held([self._column(name, bound, target) for name, bound in bounds.items()])

    @staticmethod
    def _column(name: str, bound: Bound, target: Target) -> tuple[bool, str]:
        column = target.table.column(name)
        if column is None:
            return False, f"{name} is missing"
        if target.table.row_count == 0:
            return False, "there are no rows"
        ratio = column.null_count / target.table.row_count
        held = bound.holds(ratio)
        return held, f"{name}: {format_ratio(ratio)} null" + ("" if held else f", expected {bound}")


class Nulls:
    """``nulls: {age: 0, "*": "<= 0.05"}``: shares; a bare number is the most that is allowed, ``*`` all others."""

    key = "nulls"
    schema: ClassVar[dict[str, Any]] = mapping_of(BOUND)

    def parse(self, written: Any) -> _NullsCheck:
        """Read the mapping of column to bound."""
        return _NullsCheck(named_bounds(written, bare="<="))
