"""Metrics of bias before training, by the definitions of the SageMaker developer guide, *Pretraining Bias Metrics*.

*a* is the favoured group, *d* the disfavoured one: the rows of the facet. Labels count as positive or not.
"""

from __future__ import annotations

import math

from check_ending import MistakeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import pandas as pd

DESCRIPTIONS = {
    "CDDL": "Conditional Demographic Disparity in Labels (CDDL)",
    "CI": "Class Imbalance (CI)",
    "DPL": "Difference in Positive Proportions in Labels (DPL)",
    "JS": "Jensen-Shannon Divergence (JS)",
    "KL": "Kullback-Liebler Divergence (KL)",
    "KS": "Kolmogorov-Smirnov Distance (KS)",
    "LP": "L-p Norm (LP)",
    "TVD": "Total Variation Distance (TVD)",
}


def bias_metrics(
    names: list[str],
    is_positive: pd.Series[bool],
    is_disfavoured: pd.Series[bool],
    group: pd.Series[Any] | None,
) -> list[dict[str, Any]]:
    """Name, description and value of each metric; the value is ``None``, with its error, where there is none.

    Raises MistakeError for an unknown name.
    """
    unknown = [name for name in names if name not in DESCRIPTIONS]
    if unknown:
        raise MistakeError(f"{unknown[0]!r} is no metric of bias before training; there are {', '.join(DESCRIPTIONS)}")
    found = []
    for name in sorted(names):
        metric: dict[str, Any] = {"name": name, "description": DESCRIPTIONS[name], "value": None}
        if is_disfavoured.all() or not is_disfavoured.any():
            metric["error"] = "one of the two groups has no rows"
        elif name == "CI":
            metric["value"] = float((~is_disfavoured).mean() - is_disfavoured.mean())
        elif name == "DPL":
            metric["value"] = float(is_positive[~is_disfavoured].mean() - is_positive[is_disfavoured].mean())
        elif name == "CDDL":
            metric.update(_conditional_disparity(is_positive, is_disfavoured, group))
        else:
            metric.update(_distance(_DISTANCES[name], is_positive[~is_disfavoured], is_positive[is_disfavoured]))
        found.append(metric)
    return found


def _conditional_disparity(
    is_positive: pd.Series[bool], is_disfavoured: pd.Series[bool], group: pd.Series[Any] | None
) -> dict[str, Any]:
    """Disparity within each group (share of *d* among the rejected less that among the accepted), weighted by size."""
    if group is None:
        return {"error": "no group variable is given"}
    if is_positive.all() or not is_positive.any():
        return {"error": "the labels are all positive, or all negative"}
    total = 0.0
    for value in group.unique():
        within = group == value
        accepted, rejected = is_disfavoured[within & is_positive], is_disfavoured[within & ~is_positive]
        shares = [float(rows.mean()) if len(rows) else 0.0 for rows in (rejected, accepted)]
        total += int(within.sum()) * (shares[0] - shares[1])
    return {"value": total / int(group.notna().sum())}


def _distance(
    measure: Callable[[list[float], list[float]], float], favoured: pd.Series[bool], disfavoured: pd.Series[bool]
) -> dict[str, Any]:
    """A distance between the distributions of outcomes, over those outcomes that both groups have."""
    a, d = favoured.value_counts(normalize=True), disfavoured.value_counts(normalize=True)
    common = sorted(set(a.index) & set(d.index))
    if not common:
        return {"error": "the two groups have no outcome in common"}
    return {"value": measure([float(a[outcome]) for outcome in common], [float(d[outcome]) for outcome in common])}


def _divergence(one: list[float], other: list[float]) -> float:
    return sum(p * math.log(p / q) for p, q in zip(one, other))


def _jensen_shannon(one: list[float], other: list[float]) -> float:
    middle = [(p + q) / 2 for p, q in zip(one, other)]
    return (_divergence(one, middle) + _divergence(other, middle)) / 2


_DISTANCES: dict[str, Callable[[list[float], list[float]], float]] = {
    "JS": _jensen_shannon,
    "KL": _divergence,
    "KS": lambda one, other: max(abs(p - q) for p, q in zip(one, other)),
    "LP": lambda one, other: math.sqrt(sum((p - q) ** 2 for p, q in zip(one, other))),
    "TVD": lambda one, other: sum(abs(p - q) for p, q in zip(one, other)) / 2,
}
