"""The share of each class of a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.allowed_values import spelling
from cursus_readiness.rules.base import Bound, Judgement, RuleSyntaxError, all_held, parse_bound
from cursus_readiness.rules.measures import ValueCounts
from cursus_readiness.rules.schemas import BOUND, RANGE, mapping_of
from cursus_readiness.rules.streaming import Need
from cursus_readiness.rules.target import Target
from cursus_readiness.rules.value_range import is_range
from cursus_readiness.units import format_ratio


@dataclass(frozen=True, slots=True)
class _ClassBalanceCheck:
    shares: dict[str, dict[str, tuple[Bound, ...]]]

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple(Need(ValueCounts(name)) for name in self.shares)

    def judge(self, target: Target) -> Judgement:
        parts: list[tuple[bool, str]] = []
        for name, classes in self.shares.items():
            if target.table.column(name) is None:
                parts.append((False, f"{name} is missing"))
                continue
            counts = target.measured(ValueCounts(name))
            if not counts.is_complete or not counts.total:
                parts.append((False, f"{name} {'has no values' if counts.is_complete else 'is no label'}"))
                continue
            for label, bounds in classes.items():
                share = counts.by_value[label] / counts.total
                held = all(bound.holds(share) for bound in bounds)
                wanted = "" if held else f", expected {' and '.join(map(str, bounds))}"
                parts.append((held, f"{name} {label}: {format_ratio(share)}{wanted}"))
        return all_held(parts)


class ClassBalance:
    """``class_balance: {churned: {1: [0.25, 0.35]}}``: shares among the rows that have a label."""

    key = "class_balance"
    schema: ClassVar[dict[str, Any]] = mapping_of(mapping_of({"anyOf": [BOUND, RANGE]}))

    def parse(self, written: Any) -> _ClassBalanceCheck:
        """Read the shares."""
        is_mapping = isinstance(written, dict) and written
        if not is_mapping or not all(isinstance(item, dict) and item for item in written.values()):
            raise RuleSyntaxError("a mapping such as {label: {1: [0.25, 0.35]}} is expected")
        return _ClassBalanceCheck(
            {
                str(name): {spelling(label): _bounds(share) for label, share in classes.items()}
                for name, classes in written.items()
            }
        )


def _bounds(written: Any) -> tuple[Bound, ...]:
    if isinstance(written, list):
        if not is_range(written):
            raise RuleSyntaxError(f"{written!r} is not a range such as [0.25, 0.35]")
        low, high = written
        ends = ((">=", low), ("<=", high))
        return tuple(Bound(symbol, float(end)) for symbol, end in ends if end is not None)
    return (parse_bound(written, bare="=="),)
