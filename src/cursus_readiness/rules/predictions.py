"""Predictions that are worth something: in range, not all the same, calibrated, better than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Bound, Judgement, RuleSyntaxError, fields, parse_bound, texts
from cursus_readiness.rules.schemas import BOUND, NAME, NAMES, RANGE, closed
from cursus_readiness.rules.scores import ScoreProfile, Scores
from cursus_readiness.rules.streaming import Need
from cursus_readiness.rules.target import Target
from cursus_readiness.rules.value_range import is_range
from cursus_readiness.units import format_ratio

_FORM = "{score: prob_1, label: churned, auc: '>= 0.7', calibration_error: '<= 0.1'}"
_BOUNDS = {"most_common": "<=", "auc": ">=", "calibration_error": "<="}


@dataclass(frozen=True, slots=True)
class PredictionsCheck:
    """What scores and labels have to be like."""

    scores: Scores
    bounds: dict[str, Bound]

    @property
    def measures_ranking(self) -> bool:
        """Whether a model that gives no information breaks the rule for certain."""
        return "auc" in self.bounds

    @property
    def needs(self) -> tuple[Need, ...]:
        """One pass over scores and labels."""
        return (Need(self.scores),)

    def judge(self, target: Target) -> Judgement:
        """Judge all rows together."""
        columns = [self.scores.score, *([self.scores.label] if self.scores.label else []), *self.scores.classes]
        for name in columns:
            if target.table.column(name) is None:
                return Judgement.broken(f"{name} is missing")
        found: ScoreProfile = target.measured(self.scores)
        if not found.row_count:
            return Judgement.broken("there are no rows")
        parts = [*self._rows(found), *self._values(found)]
        broken = [text for held, text in parts if not held]
        examples = [
            *found.outside.examples(target.show),
            *found.unequal.examples(target.show, "the classes of "),
        ]
        return Judgement(
            held=not broken,
            message="; ".join(broken or [text for _, text in parts if text]),
            examples=tuple(examples[:5]),
        )

    def _rows(self, found: ScoreProfile) -> list[tuple[bool, str]]:
        wanted = self.scores
        parts = [
            (not found.missing_count, f"{found.missing_count:,} rows have no score"),
            (not found.outside.count, f"{found.outside.count:,} scores are not in {wanted.low:g}..{wanted.high:g}"),
            (not found.unlabelled_count, f"{found.unlabelled_count:,} rows have no label of 0 or 1"),
            (not found.unequal.count, f"{' + '.join(wanted.classes)} is not 1 in {found.unequal.count:,} rows"),
        ]
        return [(held, "" if held else text) for held, text in parts]

    def _values(self, found: ScoreProfile) -> list[tuple[bool, str]]:
        parts = []
        share, limit = found.commonest_share, self.bounds["most_common"]
        held = limit.holds(share)
        parts.append(
            (held, f"{format_ratio(share)} of the scores are the same" + ("" if held else f", expected {limit}"))
        )
        for name, bound in self.bounds.items():
            if name == "most_common":
                continue
            value = found.auc() if name == "auc" else found.calibration_error()
            if value is None:
                parts.append((False, f"{name} cannot be measured: all labels are the same"))
                continue
            held = bound.holds(value)
            parts.append((held, f"{name} {value:.3g}" + ("" if held else f", expected {bound}")))
        return parts


class Predictions:
    """``predictions: {score: prob_1, label: churned, auc: ">= 0.8"}``: in range, and at most 90 % are the same."""

    key = "predictions"
    schema: ClassVar[dict[str, Any]] = closed(
        {"score": NAME}, {"label": NAME, "range": RANGE, "sums_to_one": NAMES, **dict.fromkeys(_BOUNDS, BOUND)}
    )

    def parse(self, written: Any) -> PredictionsCheck:
        """Read columns and bounds."""
        found = fields(written, _FORM, required=("score",), optional=("label", "range", "sums_to_one", *_BOUNDS))
        for name in ("score", "label"):
            if not isinstance(found.get(name, "a"), str) or not found.get(name, "a"):
                raise RuleSyntaxError(f"{name}: a column name is expected")
        ends = found.get("range", [0, 1])
        if not is_range(ends) or None in ends or ends[0] == ends[1]:
            raise RuleSyntaxError("range: [low, high] is expected")
        bounds = {name: parse_bound(found[name], bare=bare) for name, bare in _BOUNDS.items() if name in found}
        if len(bounds.keys() - {"most_common"}) and "label" not in found:
            raise RuleSyntaxError("auc and calibration_error need a label")
        if "calibration_error" in bounds and ends != [0, 1]:
            raise RuleSyntaxError("calibration_error needs scores in the range [0, 1]")
        classes = texts(found["sums_to_one"], "a column name") if "sums_to_one" in found else ()
        scores = Scores(found["score"], found.get("label"), float(ends[0]), float(ends[1]), classes)
        return PredictionsCheck(scores, {"most_common": Bound("<=", 0.9), **bounds})
