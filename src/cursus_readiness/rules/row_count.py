"""The number of rows over all matching files, alone and against other files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Bound, Judgement, RuleSyntaxError, all_held, fields, parse_bound, texts
from cursus_readiness.rules.schemas import BOUND, NAME_OR_NAMES, closed
from cursus_readiness.rules.streaming import Need
from cursus_readiness.rules.table import Profile
from cursus_readiness.rules.target import Target

_FORM = "a bound such as '>= 1000', or {count: ..., of: 'input:NAME/files', ratio: '>= 0.99'}"

_ALL = Bound("==", 1.0)


@dataclass(frozen=True, slots=True)
class _RowCountCheck:
    count: Bound | None
    references: tuple[str, ...] = ()
    ratio: Bound = _ALL

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple(Need(Profile(), of) for of in self.references)

    def judge(self, target: Target) -> Judgement:
        rows = target.table.row_count
        parts = []
        if self.count:
            held = self.count.holds(rows)
            parts.append((held, f"{rows:,} rows" + ("" if held else f", expected {self.count}")))
        if self.references:
            before = sum(target.refer(of).table.row_count for of in self.references)
            held = self.ratio.holds(rows / before) if before else rows == 0 and self.ratio.holds(1)
            shown = f"{rows:,} rows of {before:,} in {' and '.join(self.references)}"
            parts.append((held, shown + ("" if held else f", expected {self.ratio} of them")))
        return all_held(parts)


class RowCount:
    """``row_count: ">= 1000"``, ``{of: "input:DATA/*.csv", ratio: ">= 0.99"}``; bare numbers mean exactly that."""

    key = "row_count"
    schema: ClassVar[dict[str, Any]] = {
        "anyOf": [BOUND, closed({}, {"count": BOUND, "of": NAME_OR_NAMES, "ratio": BOUND})]
    }

    def parse(self, written: Any) -> _RowCountCheck:
        """Read the bounds."""
        if not isinstance(written, dict):
            return _RowCountCheck(parse_bound(written, bare="=="))
        found = fields(written, _FORM, optional=("count", "of", "ratio"))
        if not ("count" in found or "of" in found) or ("ratio" in found and "of" not in found):
            raise RuleSyntaxError(f"{_FORM} is expected")
        return _RowCountCheck(
            parse_bound(found["count"], bare="==") if "count" in found else None,
            texts(found["of"], "a reference") if "of" in found else (),
            parse_bound(found.get("ratio", 1), bare="=="),
        )
