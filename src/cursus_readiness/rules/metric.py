"""A number in a JSON file against a threshold."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from cursus_readiness.rules.base import (
    Bound,
    Judgement,
    NoReferenceError,
    RuleSyntaxError,
    all_held,
    fields,
    parse_bound,
)
from cursus_readiness.rules.metric_baseline import BASELINE, Baseline, parse_baseline
from cursus_readiness.rules.schemas import BOUND, NAME, NAME_OR_NAMES, closed
from cursus_readiness.rules.target import Target

_FORM = re.compile(r"\s*([A-Za-z_][\w.\[\]-]*?)\s*([<>=!]=?.*)")
_COMPARING = "{path: auc, baseline: {tolerance: 0.01, better: higher}}"
_ACCURACY = re.compile(r"(\w+_)?(accuracy|acc)(_score)?")
_TELLING = re.compile(
    r"auc|roc|precision|recall|f1|f_?beta|mcc|kappa|balanced|log_?loss|brier|gini|lift|average_precision"
)
_SHARES = ("positive_ratio", "positive_rate", "positive_share", "prevalence", "base_rate")


@dataclass(frozen=True, slots=True)
class MetricCheck:
    """Bounds on numbers of a JSON file; the one at ``path`` is compared with a ``baseline``, too."""

    bounds: tuple[tuple[str, Bound], ...]
    path: str | None = None
    baseline: Baseline | None = None

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
        return [re.findall(r"[^.\[\]]+", path)[-1].lower() for path in self._paths]

    @property
    def _paths(self) -> list[str]:
        return [path for path, _ in self.bounds] + ([self.path] if self.path else [])

    def judge(self, target: Target) -> Judgement:
        """Judge each file."""
        parts: list[tuple[bool, str] | None] = [
            self._metric(path, bound, document) for document in target.documents for path, bound in self.bounds
        ]
        if self.trusts_accuracy_alone:
            parts += [self._against_chance(document) for document in target.documents]
        measured = self._measured(target.documents)
        found = replace(all_held([part for part in parts if part is not None]), measured=measured)
        return self._against_baseline(found, target) if self.baseline and found.held else found

    def _measured(self, documents: Sequence[Any]) -> dict[str, float]:
        """The numbers by their path, where it is clear of which file they are."""
        found = {path: _finite(_find(documents[0], path)) for path in self._paths} if len(documents) == 1 else {}
        return {path: value for path, value in found.items() if value is not None}

    def _against_baseline(self, found: Judgement, target: Target) -> Judgement:
        """The judgement with that of the comparison; open where there is nothing to compare with."""
        if self.baseline is None or self.path is None:
            return found
        now = found.measured.get(self.path)
        if now is None:
            return replace(found, held=False, message=f"{self.path} is no number of one file")
        try:
            name, metrics = target.metrics(self.baseline.name)
        except NoReferenceError as error:
            return replace(Judgement.open(str(error)), measured=found.measured)
        if self.path not in metrics:
            return replace(Judgement.open(f"{name} has no {self.path}"), measured=found.measured)
        then = metrics[self.path]
        held = self.baseline.holds(now, then)
        message = f"{self.path} = {now:.6g}, {then:.6g} in {name}" + ("" if held else f", expected {self.baseline}")
        return replace(found, held=held, message=message)

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
        if not _is_number(value):
            return False, f"{path} is not there" if value is None else f"{path} is no number: {value!r}"
        held = bound.holds(value)
        shown = f"{value:.6g}" if isinstance(value, float) else str(value)
        return held, f"{path} = {shown}" + ("" if held else f", expected {bound}")


class Metric:
    """``metric: ["auc >= 0.8"]``: a path (``metrics.auc``, ``folds[0].auc``) and a bound; all files, all bounds.

    ``{path: auc, bound: ">= 0.8", baseline: {tolerance: 0.01, better: higher}}`` compares with an earlier run.
    """

    key = "metric"
    schema: ClassVar[dict[str, Any]] = {
        "anyOf": [NAME_OR_NAMES, closed({"path": NAME, "baseline": BASELINE}, {"bound": BOUND})]
    }

    def parse(self, written: Any) -> MetricCheck:
        """Read one text, a list of them, or a comparison with a baseline."""
        if isinstance(written, dict):
            found = fields(written, _COMPARING, required=("path", "baseline"), optional=("bound",))
            path = found["path"]
            if not isinstance(path, str) or not path.strip():
                raise RuleSyntaxError("path: a name such as 'metrics.auc' is expected")
            bounds = ((path, parse_bound(found["bound"], bare="==")),) if "bound" in found else ()
            return MetricCheck(bounds, path, parse_baseline(found["baseline"]))
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


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: Any) -> float | None:
    """What can be stored and compared: neither NaN nor a whole number that is too large."""
    try:
        return float(value) if _is_number(value) and math.isfinite(value) else None
    except OverflowError:
        return None


def _find(document: Any, path: str) -> Any:
    for key in re.findall(r"[^.\[\]]+", path):
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document
