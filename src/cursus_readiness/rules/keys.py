"""The keys of a table against those of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Judgement, RuleSyntaxError, fields, texts
from cursus_readiness.rules.examples import rows_with
from cursus_readiness.rules.measures import Keys as KeyMeasure
from cursus_readiness.rules.schemas import NAME_OR_NAMES, closed
from cursus_readiness.rules.streaming import Need
from cursus_readiness.rules.target import Target

_MATCHES = ("same", "subset", "superset")
_FORM = "{columns: [id], of: 'STEP:OUTPUT/files', match: same|subset|superset}"


@dataclass(frozen=True, slots=True)
class _KeysCheck:
    columns: tuple[str, ...]
    references: tuple[str, ...]
    match: str

    @property
    def needs(self) -> tuple[Need, ...]:
        measure = KeyMeasure(self.columns)
        return (Need(measure), *(Need(measure, of) for of in self.references))

    def judge(self, target: Target) -> Judgement:
        import numpy as np

        others = [target.refer(of) for of in self.references]
        for name in self.columns:
            for source, whose in ((target, ""), *zip(others, self.references, strict=True)):
                if source.table.column(name) is None:
                    return Judgement.broken(f"{name} is missing" + (f" in {whose}" if whose else ""))
        own = np.unique(target.measured(KeyMeasure(self.columns)))
        known = np.unique(np.concatenate([other.measured(KeyMeasure(self.columns)) for other in others]))
        strange, absent = np.setdiff1d(own, known, assume_unique=True), np.setdiff1d(known, own, assume_unique=True)
        what, whose = " with ".join(self.columns), " and ".join(self.references)
        parts: list[str] = []
        examples: tuple[str, ...] = ()
        if self.match != "superset" and len(strange):
            parts.append(f"{len(strange):,} of {len(own):,} {what} are not in {whose}")
            examples = rows_with(target, self.columns, strange)
        if self.match != "subset" and len(absent):
            parts.append(f"{len(absent):,} of {len(known):,} {what} of {whose} are missing")
            examples = examples or rows_with(others[0], self.columns, absent)
        if not len(own) and not len(known):
            return Judgement.broken("there are no rows")
        return Judgement(held=not parts, message="; ".join(parts) or f"{len(own):,} {what}", examples=examples)


class Keys:
    """``keys: {columns: [id], of: "STEP:OUTPUT/*.csv", match: same}``: the same keys, some of them, or more."""

    key = "keys"
    schema: ClassVar[dict[str, Any]] = closed(
        {"columns": NAME_OR_NAMES, "of": NAME_OR_NAMES}, {"match": {"enum": list(_MATCHES)}}
    )

    def parse(self, written: Any) -> _KeysCheck:
        """Read columns and reference."""
        found = fields(written, _FORM, required=("columns", "of"), optional=("match",))
        if found.get("match", "same") not in _MATCHES:
            raise RuleSyntaxError(f"match: one of {', '.join(_MATCHES)} is expected")
        return _KeysCheck(
            texts(found["columns"], "a column name"), texts(found["of"], "a reference"), found.get("match", "same")
        )
