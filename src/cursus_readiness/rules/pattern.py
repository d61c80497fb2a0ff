"""Texts that look the way they should."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Judgement, RuleSyntaxError
from cursus_readiness.rules.measures import PatternMisses
from cursus_readiness.rules.schemas import NAME, mapping_of
from cursus_readiness.rules.streaming import Need
from cursus_readiness.rules.target import Target


@dataclass(frozen=True, slots=True)
class _PatternCheck:
    expressions: dict[str, str]

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple(Need(PatternMisses(*item)) for item in self.expressions.items())

    def judge(self, target: Target) -> Judgement:
        broken, examples = [], []
        for name, expression in self.expressions.items():
            column = target.table.column(name)
            if column is None:
                broken.append(f"{name} is missing")
                continue
            if column.null_count == target.table.row_count:
                broken.append(f"{name} has no values")
                continue
            misses = target.measured(PatternMisses(name, expression))
            if misses.count:
                broken.append(f"{name}: {misses.count:,} of {target.table.row_count:,} rows do not match {expression}")
                examples += misses.examples(target.show, f"{name} ")
        message = "; ".join(broken) or f"all {target.table.row_count:,} rows match"
        return Judgement(held=not broken, message=message, examples=tuple(examples[:5]))


class Pattern:
    """``pattern: {customer_id: "C\\d{8}"}``: RE2 expressions that match from end to end."""

    key = "pattern"
    schema: ClassVar[dict[str, Any]] = mapping_of(NAME)

    def parse(self, written: Any) -> _PatternCheck:
        """Read the expressions."""
        if not isinstance(written, dict) or not written or not all(isinstance(item, str) for item in written.values()):
            raise RuleSyntaxError("a mapping of column to regular expression is expected")
        for expression in written.values():
            _try(expression)
        return _PatternCheck({str(name): expression for name, expression in written.items()})


def _try(expression: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array(["a"]), pattern=f"^(?:{expression})$")
    except (pa.ArrowException, UnicodeError) as error:
        raise RuleSyntaxError(f"{expression!r} is not a regular expression of RE2") from error
