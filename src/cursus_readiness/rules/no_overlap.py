"""No key of a table is in another: what a model was trained on must not test it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Judgement, fields, texts
from cursus_readiness.rules.examples import rows_with
from cursus_readiness.rules.measures import Keys
from cursus_readiness.rules.schemas import NAME_OR_NAMES, closed
from cursus_readiness.rules.streaming import Need
from cursus_readiness.rules.target import Target


@dataclass(frozen=True, slots=True)
class _NoOverlapCheck:
    columns: tuple[str, ...]
    references: tuple[str, ...]

    @property
    def needs(self) -> tuple[Need, ...]:
        measure = Keys(self.columns)
        return (Need(measure), *(Need(measure, of) for of in self.references))

    def judge(self, target: Target) -> Judgement:
        import numpy as np

        keys, parts = target.measured(Keys(self.columns)), []
        for name in self.columns:
            if target.table.column(name) is None:
                return Judgement.broken(f"{name} is missing")
        shared = np.zeros(0, np.uint64)
        for of in self.references:
            other = target.refer(of)
            missing = [name for name in self.columns if other.table.column(name) is None]
            if missing:
                return Judgement.broken(f"{missing[0]} is missing in {of}")
            both = np.intersect1d(keys, other.measured(Keys(self.columns)))
            shared = np.union1d(shared, both)
            if len(both):
                parts.append(f"{len(both):,} {' with '.join(self.columns)} are in {of}, too")
        if parts:
            return Judgement.broken("; ".join(parts), rows_with(target, self.columns, shared))
        return Judgement.kept(f"none of {len(keys):,} rows is in {' or '.join(self.references)}")


class NoOverlap:
    """``no_overlap: {columns: [id], with: ["data/train/*.csv"]}``: no row's key is in any of the others."""

    key = "no_overlap"
    schema: ClassVar[dict[str, Any]] = closed({"columns": NAME_OR_NAMES, "with": NAME_OR_NAMES})

    def parse(self, written: Any) -> _NoOverlapCheck:
        """Read columns and references."""
        found = fields(written, "{columns: [id], with: ['OUTPUT/files']}", required=("columns", "with"))
        return _NoOverlapCheck(texts(found["columns"], "a column name"), texts(found["with"], "a reference"))
