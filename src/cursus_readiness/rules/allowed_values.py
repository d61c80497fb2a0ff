"""The values that a column may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Judgement, RuleSyntaxError
from cursus_readiness.rules.measures import MOST_VALUES, ValueCounts
from cursus_readiness.rules.schemas import mapping_of
from cursus_readiness.rules.streaming import Need
from cursus_readiness.rules.target import Target


@dataclass(frozen=True, slots=True)
class _AllowedValuesCheck:
    values: dict[str, frozenset[str]]

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple(Need(ValueCounts(name)) for name in self.values)

    def judge(self, target: Target) -> Judgement:
        broken, kept, examples = [], [], []
        for name, allowed in self.values.items():
            if target.table.column(name) is None:
                broken.append(f"{name} is missing")
                continue
            counts = target.measured(ValueCounts(name))
            others = [(value, count) for value, count in counts.by_value.items() if value not in allowed]
            if not counts.is_complete:
                broken.append(f"{name} has more than {MOST_VALUES:,} different values")
            elif others:
                rows = sum(count for _, count in others)
                broken.append(f"{name}: {rows:,} rows have {len(others):,} values that are not allowed")
            elif not counts.total:
                broken.append(f"{name} has no values")
            else:
                kept.append(f"{name}: {len(counts.by_value)} of {len(allowed)} allowed values")
            worst = sorted(others, key=lambda item: (-item[1], item[0]))
            examples += [f"{name} {target.show(value)}: {count:,} rows" for value, count in worst[:5]]
        return Judgement(held=not broken, message="; ".join(broken or kept), examples=tuple(examples[:5]))


class AllowedValues:
    """``allowed_values: {plan: [basic, pro], flag: [0, 1]}``; missing values are a matter of ``nulls``."""

    key = "allowed_values"
    schema: ClassVar[dict[str, Any]] = mapping_of(
        {"type": "array", "items": {"type": ["string", "number", "boolean"]}, "minItems": 1}
    )

    def parse(self, written: Any) -> _AllowedValuesCheck:
        """Read the lists."""
        if not isinstance(written, dict) or not written or not all(map(_is_list, written.values())):
            raise RuleSyntaxError("a mapping of column to a list of values is expected")
        spelled = {str(name): frozenset(map(spelling, values)) for name, values in written.items()}
        return _AllowedValuesCheck(spelled)


def spelling(value: Any) -> str:
    """A value as it is spelled where values of all types are compared."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _is_list(values: Any) -> bool:
    return isinstance(values, list) and bool(values) and all(isinstance(item, str | int | float) for item in values)
