"""No two rows with the same key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Judgement, texts
from cursus_readiness.rules.examples import rows_with
from cursus_readiness.rules.measures import Keys
from cursus_readiness.rules.schemas import NAME_OR_NAMES
from cursus_readiness.rules.streaming import Need
from cursus_readiness.rules.target import Target


@dataclass(frozen=True, slots=True)
class _UniqueCheck:
    columns: tuple[str, ...]

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Need(Keys(self.columns)),)

    def judge(self, target: Target) -> Judgement:
        import numpy as np

        missing = [name for name in self.columns if target.table.column(name) is None]
        if missing:
            return Judgement.broken(f"{missing[0]} is missing")
        keys = target.measured(Keys(self.columns))
        distinct, counts = np.unique(keys, return_counts=True)
        again = len(keys) - len(distinct)
        what = " and ".join(self.columns)
        if not again:
            return Judgement.kept(f"{len(keys):,} different {what}")
        return Judgement.broken(
            f"{again:,} of {len(keys):,} rows repeat a {what}",
            rows_with(target, self.columns, distinct[counts > 1], is_repeated=True),
        )


class Unique:
    """``unique: id`` or ``unique: [shop, day]`` (together one key); missing values count as equal."""

    key = "unique"
    schema: ClassVar[dict[str, Any]] = NAME_OR_NAMES

    def parse(self, written: Any) -> _UniqueCheck:
        """Read the columns of the key."""
        return _UniqueCheck(texts(written, "a column name"))
