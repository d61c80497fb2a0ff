"""The label: what of it can be learned, and what is chance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from cursus_readiness.sources.generation.schema import Drift, LabelColumn
from cursus_readiness.sources.generation.streams import Floats

_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}")
# A column as the label sees it: numbers, or for a category the codes and the values that they stand for.
Drawn = Floats | tuple[Any, list[str]]


class LabelModel:
    """Draws a label from what was drawn of the columns.

    It is fitted to a reference of undrifted rows that is the same for every seed and part: where columns drift, what
    they say of the label stays true, and the share of each class moves with them.
    """

    def __init__(self, label: LabelColumn, drift: Drift, reference: Mapping[str, Drawn]) -> None:
        self._label = label
        self._strength = label.strength if drift.strength is None else drift.strength
        self._scales = {
            name: _moments(reference[name]) for name in label.weights if not isinstance(reference[name], tuple)
        }
        raw = self._raw(reference)
        self._centre, self._spread = _moments(raw)
        signal = self._signal(reference)
        if label.task == "binary":
            self._intercept = _intercept(self._strength * signal, drift.positive_ratio or label.positive_ratio)
        elif label.task == "multiclass":
            shares = np.array(list((label.classes or {}).values()))
            self._intercepts = _intercepts(self._strength * signal, shares / shares.sum())

    def draw(self, drawn: Mapping[str, Drawn], random: np.random.Generator) -> pa.Array:
        """The label of some rows."""
        signal = self._strength * self._signal(drawn)
        chance = random.random(len(signal))
        if self._label.task == "binary":
            return pa.array((chance < _sigmoid(signal + self._intercept)).astype(np.int64))
        if self._label.task == "multiclass":
            bounds = np.cumsum(_shares(signal, self._intercepts), axis=1)[:, :-1]
            codes = (chance[:, None] >= bounds).sum(axis=1)
            return values_of(list(self._label.classes or ()), codes)
        noise = random.standard_normal(len(signal))
        values = (signal + noise) / np.sqrt(1 + self._strength**2)
        return pa.array(np.round(self._label.mean + self._label.std * values, 6) + 0.0)

    def _signal(self, drawn: Mapping[str, Drawn]) -> Floats:
        return (self._raw(drawn) - self._centre) / self._spread

    def _raw(self, drawn: Mapping[str, Drawn]) -> Floats:
        total: Floats | None = None
        for name, weight in self._label.weights.items():
            values = drawn[name]
            if isinstance(values, tuple):
                codes, known = values
                of_value = weight if isinstance(weight, dict) else {}
                part = np.array([of_value.get(value, 0.0) for value in known])[codes]
            else:
                centre, spread = self._scales[name]
                part = (weight if isinstance(weight, float) else 0.0) * (values - centre) / spread
            total = part if total is None else total + part
        return np.zeros(len(next(iter(drawn.values())))) if total is None else total


def values_of(values: list[str], codes: Any) -> pa.Array:
    """The values that codes stand for: whole numbers where all can be, else texts, each of them held once."""
    if all(_WHOLE.fullmatch(value) for value in values):
        return pa.array(np.array([int(value) for value in values])[codes])
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(values))


def _moments(values: Any) -> tuple[float, float]:
    spread = float(values.std())
    return float(values.mean()), spread if spread > 1e-12 else 1.0


def _sigmoid(values: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(values, -700, 700)))
    return result


def _intercept(logit: Floats, positive_ratio: float) -> float:
    """The shift at which the expected share of positives is the wanted one (bisection; the share is monotonic)."""
    bound = 60 + float(np.abs(logit).max(initial=0))
    low, high = -bound, bound
    for _ in range(80):
        middle = (low + high) / 2
        if float(_sigmoid(logit + middle).mean()) < positive_ratio:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _shares(signal: Floats, intercepts: Floats) -> Floats:
    """How likely each class is in each row: the logit between neighbouring classes grows with the signal."""
    logits = signal[:, None] * np.arange(len(intercepts)) + intercepts
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Floats = weights / weights.sum(axis=1, keepdims=True)
    return result


def _intercepts(signal: Floats, wanted: Floats) -> Floats:
    """The shifts at which every class has its share."""
    intercepts = np.log(wanted)
    for _ in range(100):
        intercepts = intercepts + np.log(wanted / np.maximum(_shares(signal, intercepts).mean(axis=0), 1e-12))
    return intercepts
