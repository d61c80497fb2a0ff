"""A number in a JSON file against a threshold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from cursus_readiness.rules.base import Bound, Judgement, RuleSyntaxError, all_held, parse_bound
from cursus_readiness.rules.target import Target

_FORM = re.compile(r"\s*([A-Za-z_][\w.\[\]-]*?)\s*([<>=!]=?.*)")


@dataclass(frozen=True, slots=True)
class _MetricCheck:
    bounds: tuple[tuple[str, Bound], ...]

    def judge(self, target: Target) -> Judgement:
        return all_held(
            [self._metric(path, bound, document) for document in target.documents for path, bound in self.bounds]
        )

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

    def parse(self, written: Any) -> _MetricCheck:
        """Read one text or a list of them."""
        texts = [written] if isinstance(written, str) else written
        if not isinstance(texts, list) or not texts:
            raise RuleSyntaxError("a list of texts such as 'auc >= 0.8' is expected")
        return _MetricCheck(tuple(self._one(text) for text in texts))

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
