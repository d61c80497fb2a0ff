"""Statistics and constraints of a dataset in the shapes of Model Monitor, and what violates a baseline.

The shapes are those of the SageMaker developer guide, *Schema for Statistics*, *Schema for Constraints* and *Schema for
Violations*. Quantile sketches are left out: distributions are ten buckets of equal width, or the counts of categories.
"""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import pandas as pd

    Found = tuple[str, str]  # check type, description

_BUCKET_COUNT = 10
_SMALL_DOMAIN_COUNT = 10
_MOST_CATEGORIES_COUNT = 100
_CONFIG: dict[str, Any] = {
    "evaluate_constraints": "Enabled",
    "emit_metrics": "Enabled",
    "datatype_check_threshold": 1.0,
    "domain_content_threshold": 1.0,
    "distribution_constraints": {
        "perform_comparison": "Enabled",
        "comparison_threshold": 0.1,
        "comparison_method": "Robust",
    },
}


class Column:
    """What one column holds. In a table of texts, a text that reads as a number is one; else types count."""

    def __init__(self, series: pd.Series[Any], *, is_text: bool) -> None:
        import pandas as pd

        self.name = str(series.name)
        self.row_count = len(series)
        present = series.dropna()
        self.present_count = len(present)
        if is_text:
            texts = present.astype(object).map(lambda value: str(value).strip())
            is_number = texts.str.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?").astype(bool)
            self._is_integral = texts.str.fullmatch(r"[+-]?\d+").astype(bool)
        else:
            texts = present.astype(object).map(str)
            is_number = present.astype(object).map(_is_number).astype(bool)
            self._is_integral = present.astype(object).map(_is_integral).astype(bool)
        self._is_number = is_number
        self.texts = texts
        self.numbers = pd.to_numeric(present[is_number]).astype(float)

    @property
    def inferred_type(self) -> str:
        """Integral, Fractional, String, or Unknown when nothing is there."""
        if not self.present_count:
            return "Unknown"
        if self._is_integral.all():
            return "Integral"
        return "Fractional" if self._is_number.all() else "String"

    @property
    def completeness_ratio(self) -> float:
        """The share of values that are there."""
        return self.present_count / self.row_count

    def share_of(self, inferred_type: str) -> float:
        """The share of the values that are of a type; integers are fractional numbers, anything is a text."""
        matching = {"Integral": self._is_integral, "Fractional": self._is_number}.get(inferred_type)
        return 1.0 if matching is None or not self.present_count else float(matching.mean())


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_integral(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def columns_of(table: pd.DataFrame, *, is_text: bool) -> list[Column]:
    """What every column of a table holds."""
    return [Column(table[name], is_text=is_text) for name in table.columns]


def statistics(columns: list[Column]) -> dict[str, Any]:
    """The content of ``statistics.json``."""
    return {
        "version": 0.0,
        "dataset": {"item_count": columns[0].row_count},
        "features": [_feature_statistics(column) for column in columns],
    }


def _feature_statistics(column: Column) -> dict[str, Any]:
    common = {"num_present": column.present_count, "num_missing": column.row_count - column.present_count}
    kind = column.inferred_type
    if kind in ("Integral", "Fractional"):
        numbers = column.numbers
        found = {
            "common": common,
            "mean": float(numbers.mean()),
            "sum": float(numbers.sum()),
            "std_dev": float(numbers.std(ddof=0)),
            "min": float(numbers.min()),
            "max": float(numbers.max()),
            "distribution": {"kll": {"buckets": _buckets(numbers)}},
        }
        return {"name": column.name, "inferred_type": kind, "numerical_statistics": found}
    counts = column.texts.value_counts()
    found = {"common": common, "distinct_count": float(len(counts))}
    if len(counts) <= _MOST_CATEGORIES_COUNT:
        buckets = [{"value": str(value), "count": int(count)} for value, count in sorted(counts.items())]
        found["distribution"] = {"categorical": {"buckets": buckets}}
    return {"name": column.name, "inferred_type": kind, "string_statistics": found}


def _buckets(numbers: pd.Series[float]) -> list[dict[str, float]]:
    """Buckets of equal width; the last holds its upper bound, too."""
    import numpy as np

    low, high = float(numbers.min()), float(numbers.max())
    edges = np.linspace(low, high, _BUCKET_COUNT + 1) if high > low else np.array([low, high])
    below = _counts_below(numbers, edges)
    return [
        {"lower_bound": float(edges[index]), "upper_bound": float(edges[index + 1]), "count": float(count)}
        for index, count in enumerate(np.diff(below))
    ]


def _counts_below(numbers: pd.Series[float], edges: Any) -> Any:
    """How many numbers lie below each edge, and up to the last one."""
    import numpy as np

    ordered = np.sort(numbers.to_numpy())
    below = np.searchsorted(ordered, edges, side="left")
    below[-1] = np.searchsorted(ordered, edges[-1], side="right")
    return below


def constraints(columns: list[Column]) -> dict[str, Any]:
    """The content of ``constraints.json``: what the dataset itself suggests."""
    return {
        "version": 0.0,
        "features": [_feature_constraints(column) for column in columns],
        "monitoring_config": _CONFIG,
    }


def _feature_constraints(column: Column) -> dict[str, Any]:
    kind = column.inferred_type
    found: dict[str, Any] = {"name": column.name, "inferred_type": kind, "completeness": column.completeness_ratio}
    if kind in ("Integral", "Fractional"):
        found["num_constraints"] = {"is_non_negative": bool((column.numbers >= 0).all())}
    elif kind == "String":
        domain = sorted(column.texts.unique())
        if len(domain) <= _SMALL_DOMAIN_COUNT:
            found["string_constraints"] = {"domains": domain}
    return found


def compare(
    columns: list[Column], supplied: dict[str, Any], supplied_statistics: dict[str, Any] | None
) -> tuple[list[dict[str, Any]], int]:
    """The violations of a baseline, and how many columns were compared with it."""
    there = {column.name: column for column in columns}
    distributions = {item["name"]: item for item in (supplied_statistics or {}).get("features", [])}
    config = {**_CONFIG, **supplied.get("monitoring_config", {})}
    violations = []
    for feature in supplied["features"]:
        name = feature["name"]
        settings = {**config, **feature.get("monitoring_config_overrides", {})}
        if settings["evaluate_constraints"] != "Enabled":
            continue
        if name not in there:
            found = iter([("missing_column_check", "the baseline has this column, the dataset does not")])
        else:
            found = _violations(there[name], feature, distributions.get(name, {}), settings)
        violations += [_violation(name, *item) for item in found]
    known = {feature["name"] for feature in supplied["features"]}
    violations += [
        _violation(name, "extra_column_check", "the dataset has this column, the baseline does not")
        for name in there
        if name not in known
    ]
    return violations, len(known)


def _violation(name: str, kind: str, description: str) -> dict[str, Any]:
    return {"feature_name": name, "constraint_check_type": kind, "description": description}


def _violations(
    column: Column, feature: dict[str, Any], distribution: dict[str, Any], settings: dict[str, Any]
) -> Iterator[Found]:
    expected, share = feature["inferred_type"], column.share_of(feature["inferred_type"])
    if share < settings["datatype_check_threshold"]:
        yield (
            "data_type_check",
            f"Data type match requirement is not met. Expected data type: {expected}, Expected match: "
            f"{settings['datatype_check_threshold']:.1%}. Observed: Only {share:.4%} of data is {expected}.",
        )
    wanted = feature.get("completeness")
    if wanted is not None and column.completeness_ratio < wanted:
        yield (
            "completeness_check",
            f"Data completeness requirement is not met. Expected completeness: {wanted:.4%}. Observed: Only "
            f"{column.completeness_ratio:.4%} complete.",
        )
    if feature.get("num_constraints", {}).get("is_non_negative") and (column.numbers < 0).any():
        yield "non_negative_check", f"No number below 0 is expected. Observed: {float(column.numbers.min())}."
    domain = feature.get("string_constraints", {}).get("domains")
    if domain is not None and column.present_count:
        known = column.texts.isin([str(value) for value in domain])
        if float(known.mean()) < settings["domain_content_threshold"]:
            strange = column.texts[~known].iloc[0]
            yield "categorical_values_check", f"Values unknown to the baseline are observed, the first: {strange!r}."
    rules = {**_CONFIG["distribution_constraints"], **settings["distribution_constraints"]}
    distance = _distance(column, distribution) if rules["perform_comparison"] == "Enabled" else None
    if "string_statistics" in distribution and "categorical_comparison_threshold" in rules:
        if rules.get("categorical_drift_method", "LInfinity") != "LInfinity":
            print(f"not compared by {rules['categorical_drift_method']}: the distribution of {column.name}", flush=True)
            return
        rules["comparison_threshold"] = rules["categorical_comparison_threshold"]
    if distance is not None and distance > rules["comparison_threshold"]:
        threshold = rules["comparison_threshold"]
        yield "baseline_drift_check", f"Baseline drift distance: {distance} exceeds threshold: {threshold}"


def _distance(column: Column, feature: dict[str, Any]) -> float | None:
    """How far apart two distributions are (the largest difference); ``None`` when the baseline has none."""
    import numpy as np

    numerical = feature.get("numerical_statistics", {}).get("distribution", {}).get("kll", {}).get("buckets")
    if numerical and len(column.numbers):
        edges = np.array([numerical[0]["lower_bound"], *(bucket["upper_bound"] for bucket in numerical)])
        before = np.cumsum([0.0, *(bucket["count"] for bucket in numerical)])
        now = _counts_below(column.numbers, edges) / len(column.numbers)
        return float(np.abs(before / before[-1] - now).max())
    categories = feature.get("string_statistics", {}).get("distribution", {}).get("categorical", {}).get("buckets")
    if categories and column.present_count:
        total = sum(bucket["count"] for bucket in categories)
        shares = {str(bucket["value"]): bucket["count"] / total for bucket in categories}
        current = column.texts.value_counts(normalize=True)
        names = {*shares, *(str(name) for name in current.index)}
        return float(max(abs(shares.get(name, 0.0) - float(current.get(name, 0.0))) for name in names))
    return None
