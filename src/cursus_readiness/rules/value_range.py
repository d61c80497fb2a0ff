"""The range of values in columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Judgement, RuleSyntaxError, all_held
from cursus_readiness.rules.schemas import RANGE, mapping_of
from cursus_readiness.rules.target import Target


@dataclass(frozen=True, slots=True)
class _ValueRangeCheck:
    ranges: dict[str, tuple[float | None, float | None]]

    def judge(self, target: Target) -> Judgement:
        return all_held([self._column(name, *limits, target) for name, limits in self.ranges.items()])

    @staticmethod
    def _column(name: str, low: float | None, high: float | None, target: Target) -> tuple[bool, str]:
        column = target.table.column(name)
        if column is None:
            return False, f"{name} is missing"
        if column.kind not in ("number", "integer") or column.low is None:
            return False, f"{name} holds no numbers ({column.kind})"
        held = (low is None or column.low >= low) and (high is None or column.high <= high)
        expected = f", expected {'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}"
        return held, f"{name}: {column.low:g}..{column.high:g}" + ("" if held else expected)


class ValueRange:
    """``value_range: {age: [0, 120], amount: [0, null]}``: both ends allowed, ``null`` is open."""

    key = "value_range"
    schema: ClassVar[dict[str, Any]] = mapping_of(RANGE)

    def parse(self, written: Any) -> _ValueRangeCheck:
        """Read the mapping of column to [low, high]."""
        if not isinstance(written, dict) or not written or not all(map(is_range, written.values())):
            raise RuleSyntaxError("a mapping of column to [low, high] is expected")
        return _ValueRangeCheck({str(name): (low, high) for name, (low, high) in written.items()})


def is_range(value: Any) -> bool:
    """Whether something is [low, high], with ``None`` for an open end."""

    def is_end(item: Any) -> bool:
        return item is None or (isinstance(item, int | float) and not isinstance(item, bool))

    if not isinstance(value, list) or len(value) != 2 or not all(map(is_end, value)):
        return False
    return None in value or value[0] <= value[1]
