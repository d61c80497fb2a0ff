"""Columns that are distributed as those of a reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Bound, Judgement, RuleSyntaxError, fields, parse_bound, texts
from cursus_readiness.rules.measures import Counts, NumberSample, ValueCounts
from cursus_readiness.rules.schemas import BOUND, NAME_OR_NAMES, REFERENCE, closed
from cursus_readiness.rules.statistics import (
    binned,
    chi_square_p,
    kolmogorov_smirnov,
    population_stability_index,
)
from cursus_readiness.rules.streaming import Need
from cursus_readiness.rules.target import Target

_FEWEST_ROWS = 500
_FORM = "{of: 'file:reference.csv', columns: [...], psi: 0.2, ks: 0.1, chi_square_p: 0.001}"
_BARE = {"psi": "<=", "ks": "<=", "chi_square_p": ">="}


@dataclass(frozen=True, slots=True)
class _DistributionCheck:
    reference: str
    columns: tuple[str, ...]
    bounds: dict[str, Bound]
    fewest_rows: int

    @property
    def references(self) -> tuple[str, ...]:
        return (self.reference,)

    @property
    def needs(self) -> tuple[Need, ...]:
        measures = [kind(name) for name in self.columns for kind in (NumberSample, ValueCounts)]
        return tuple(Need(measure, of) for measure in measures for of in (None, self.reference))

    def judge(self, target: Target) -> Judgement:
        other = target.refer(self.reference)
        for name in self.columns:
            for source, whose in ((target, ""), (other, f" in {self.reference}")):
                if source.table.column(name) is None:
                    return Judgement.broken(f"{name} is missing{whose}")
        rows = min(target.table.row_count, other.table.row_count)
        if rows < self.fewest_rows:
            return Judgement.open(
                f"{rows:,} rows are too few to compare distributions, {self.fewest_rows:,} are needed"
            )
        broken, worst = [], 0.0
        for name in self.columns:
            for measure, value in self._distances(name, target, other).items():
                bound = self.bounds.get(measure)
                if bound and not bound.holds(value):
                    broken.append(f"{name}: {measure} {value:.3g}, expected {bound}")
                if measure == "psi":
                    worst = max(worst, value)
        return Judgement(held=not broken, message="; ".join(broken) or f"largest psi {worst:.3g}")

    @staticmethod
    def _distances(name: str, target: Target, other: Target) -> dict[str, float]:
        """What can be measured of a column: numbers by samples and missing ones, everything else by value."""
        kinds = {source.table.columns[name].kind for source in (target, other)}
        nulls = [float(source.table.columns[name].null_count) for source in (other, target)]
        if kinds <= {"number", "integer"}:
            samples = [source.measured(NumberSample(name)) for source in (other, target)]
            if not all(len(sample) for sample in samples):
                return {"psi": float("inf"), "ks": 1.0}
            expected, found = binned(*samples)
            # A sample stands for all rows that are not missing.
            for counts, missing, source in ((expected, nulls[0], other), (found, nulls[1], target)):
                share = (source.table.row_count - missing) / sum(counts)
                counts[:] = [*(count * share for count in counts), missing]
            return {"psi": population_stability_index(expected, found), "ks": kolmogorov_smirnov(*samples)}
        by_value: list[Counts] = [source.measured(ValueCounts(name)) for source in (other, target)]
        if not all(item.is_complete for item in by_value):
            return {"psi": float("inf")}
        names = sorted({*by_value[0].by_value, *by_value[1].by_value})
        spread = [[*(float(item.by_value[value]) for value in names), nulls[i]] for i, item in enumerate(by_value)]
        psi = population_stability_index(*spread)
        return {"psi": psi, "chi_square_p": chi_square_p(by_value[0].by_value, by_value[1].by_value)}


class Distribution:
    """``distribution: {of: ..., columns: [...]}``: PSI at most 0.2, or what ``psi``, ``ks``, ``chi_square_p`` say."""

    key = "distribution"
    schema: ClassVar[dict[str, Any]] = closed(
        {"of": REFERENCE, "columns": NAME_OR_NAMES},
        {**dict.fromkeys(_BARE, BOUND), "min_rows": {"type": "integer", "minimum": 1}},
    )

    def parse(self, written: Any) -> _DistributionCheck:
        """Read reference, columns and bounds."""
        found = fields(written, _FORM, required=("of", "columns"), optional=(*_BARE, "min_rows"))
        if not isinstance(found["of"], str) or not found["of"]:
            raise RuleSyntaxError("of: one reference is expected")
        fewest = found.get("min_rows", _FEWEST_ROWS)
        if not isinstance(fewest, int) or isinstance(fewest, bool) or fewest < 1:
            raise RuleSyntaxError("min_rows: a whole number is expected")
        bounds = {name: parse_bound(found[name], bare=bare) for name, bare in _BARE.items() if name in found}
        return _DistributionCheck(
            found["of"], texts(found["columns"], "a column name"), bounds or {"psi": Bound("<=", 0.2)}, fewest
        )
