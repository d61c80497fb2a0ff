"""A number in a JSON file against a threshold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Bound, Judgement, RuleSyntaxError, all_held, parse_bound
from cursus_readiness.rules.schemas import NAME_OR_NAMES
from cursus_readiness.rules.target import Target

_FORM = re.compile(r"\s*([A-Za-z_][\w.\[\]-]*?)\s*([<>=!]=?.*)")
_ACCURACY = re.compile(r"(\w+_)?(accuracy|acc)(_score)?")
_TELLING = re.compile(
    r"auc|roc|precision|recall|f1|f_?beta|mcc|kappa|balanced|log_?loss|brier|gini|lift|average_precision"
)
_SHARES = ("positive_ratio", "positive_rate", "positive_share", "prevalence", "base_rate")


@dataclass(frozen=True, slots=True)
class MetricCheck:
    """Bounds on numbers of a JSON file."""

    bounds: tuple[tuple[str, Bound], ...]

    @property
    def trusts_accuracy_alone(self) -> bool:
        """Whether a model that always gives the commoner class can keep every bound."""
        return any(_ACCURACY.fullmatch(name) for name in self._names) and not self.is_telling

    @property
    def is_telling(self) -> bool:
        """Whether a bound is on something that a useless model does not have."""
        return any(_TELLING.search(name) for name in self._names)

    @property
    def _names(self) -> list[str]:
        return [re.findall(r"[^.\[\]]+", path)[-1].lower() for path, _ in self.bounds]

    def judge(self, target: Target) -> Judgement:
        """Judge each file."""
        parts: list[tuple[bool, str] | None] = [
            self._metric(path, bound, document) for document in target.documents for path, bound in self.bounds
        ]
        if self.trusts_accuracy_alone:
            parts += [self._against_chance(document) for document in target.documents]
        return all_held([part for part in parts if part is not None])

    def _against_chance(self, document: Any) -> tuple[bool, str] | None:
        """An accuracy that the commoner class has by itself proves nothing."""
        shares = [value for name in _SHARES if (value := _find(document, name)) is not None]
        if not shares or not isinstance(shares[0], int | float) or not 0 < shares[0] < 1:
            return None
        commoner = max(shares[0], 1 - shares[0])
        for path, _ in self.bounds:
            value = _find(document, path)
            if isinstance(value, int | float) and _ACCURACY.search(path.lower()) and value <= commoner:
                return (
                    False,
                    f"{path} = {value:.6g} is no better than always giving the commoner class ({commoner:.6g})",
                )
        return None

    @staticmethod
    def _metric(path: str, bound: Bound, document: Any) -> tuple[bool, str]:
        value = _find(document, path)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False, f"{path} is not there" if value is None else f"{path} is no number: {value!r}"
        held = bound.holds(value)
        shown = f"{value:.6g}" if isinstance(value, float) else str(value)
        return held, f"{path} = {shown}" + ("" if held else f", expected {bound}")


class Metric:
    """``metric: ["auc >= 0.8"]``: a path (``metrics.auc``, ``folds[0].auc``) and a bound; all files, all bounds."""

    key = "metric"
    schema: ClassVar[dict[str, Any]] = NAME_OR_NAMES

    def parse(self, written: Any) -> MetricCheck:
        """Read one text or a list of them."""
        texts = [written] if isinstance(written, str) else written
        if not isinstance(texts, list) or not texts:
            raise RuleSyntaxError("a list of texts such as 'auc >= 0.8' is expected")
        return MetricCheck(tuple(self._one(text) for text in texts))

    @staticmethod
    def _one(text: Any) -> tuple[str, Bound]:
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise RuleSyntaxError(f"{text!r} is not of the form 'auc >= 0.8'")
        return match[1], parse_bound(match[2], bare="==")


def _find(document: Any, path: str) -> Any:
    for key in re.findall(r"[^.\[\]]+", path):
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document
