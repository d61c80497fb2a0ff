"""Columns that only rise or only fall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Judgement, RuleSyntaxError
from cursus_readiness.rules.measures import OrderBreaks
from cursus_readiness.rules.schemas import mapping_of
from cursus_readiness.rules.streaming import Need
from cursus_readiness.rules.target import Target

_DIRECTIONS = {
    "increasing": (True, False),
    "strictly_increasing": (True, True),
    "decreasing": (False, False),
    "strictly_decreasing": (False, True),
}


@dataclass(frozen=True, slots=True)
class _MonotonicCheck:
    directions: dict[str, str]

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple(Need(self._measure(name)) for name in self.directions)

    def judge(self, target: Target) -> Judgement:
        broken, examples = [], []
        for name, direction in self.directions.items():
            column = target.table.column(name)
            if column is None:
                broken.append(f"{name} is missing")
            elif column.kind in ("mixed", "null"):
                broken.append(f"{name} holds no values that can be compared ({column.kind})")
            elif (misses := target.measured(self._measure(name))).count:
                broken.append(f"{name}: {misses.count:,} of {target.table.row_count:,} rows are not {direction}")
                examples += misses.examples(target.show, f"{name} ")
        message = "; ".join(broken) or "; ".join(f"{name} is {how}" for name, how in self.directions.items())
        return Judgement(held=not broken, message=message, examples=tuple(examples[:5]))

    def _measure(self, name: str) -> OrderBreaks:
        return OrderBreaks(name, *_DIRECTIONS[self.directions[name]])


class Monotonic:
    """``monotonic: {event_time: increasing}``: over all files, in the order of their names."""

    key = "monotonic"
    schema: ClassVar[dict[str, Any]] = mapping_of({"enum": list(_DIRECTIONS)})

    def parse(self, written: Any) -> _MonotonicCheck:
        """Read the directions."""
        is_mapping = isinstance(written, dict) and written
        if not is_mapping or not all(isinstance(item, str) and item in _DIRECTIONS for item in written.values()):
            raise RuleSyntaxError(f"a mapping of column to one of {', '.join(_DIRECTIONS)} is expected")
        return _MonotonicCheck({str(name): direction for name, direction in written.items()})
