"""Metrics of predictions in the shapes of Model Monitor, and which of them break a baseline's thresholds.

The shapes are those of the SageMaker developer guide, *Model Quality Metrics*. Curves, the metrics of the best constant
classifier and standard deviations are left out.
"""

from __future__ import annotations

import math

from check_ending import MistakeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

_PREFIXES = {
    "Regression": "regression",
    "BinaryClassification": "binary_classification",
    "MulticlassClassification": "multiclass_classification",
}
_HIGHER_IS_WORSE = ("mae", "mse", "rmse", "false_positive_rate", "false_negative_rate")
_TRUTHS = {"0": 0, "0.0": 0, "false": 0, "1": 1, "1.0": 1, "true": 1}


def prefix_of(problem_type: str | None) -> str:
    """What the names of a problem type's metrics and constraints start with.

    Raises MistakeError for an unknown one.
    """
    if problem_type not in _PREFIXES:
        raise MistakeError(f"problem type {problem_type!r} is none of {', '.join(_PREFIXES)}")
    return _PREFIXES[problem_type]


def metrics_of(table: pd.DataFrame, told: dict[str, str]) -> dict[str, Any]:
    """The metrics of a table of predictions, by the attributes of the job's environment.

    Raises MistakeError for columns that are not there or do not fit the problem type.
    """
    names = {key: told.get(f"{key}_attribute") for key in ("ground_truth", "inference", "probability")}
    columns = {key: _column(table, name) for key, name in names.items() if name}
    if "ground_truth" not in columns:
        raise MistakeError("no ground truth attribute is given")
    threshold = told.get("probability_threshold_attribute")
    if "inference" not in columns and not ("probability" in columns and threshold):
        raise MistakeError("neither an inference attribute nor a probability attribute with its threshold is given")
    rows = table[list(dict.fromkeys(columns.values()))].dropna()
    if len(rows) < len(table):
        print(f"{len(table) - len(rows)} rows without a label or a prediction are left out", flush=True)
    if rows.empty:
        raise MistakeError("no row has both a label and a prediction")
    label = rows[columns["ground_truth"]]
    scores = _numbers(rows[columns["probability"]]) if "probability" in columns else None
    guess = rows[columns["inference"]] if "inference" in columns else None
    if told["problem_type"] == "Regression" and guess is not None:
        return _values(_regression(_numbers(label), _numbers(guess)))
    if told["problem_type"] == "BinaryClassification":
        if guess is None and scores is not None:
            guess = (scores >= float(threshold or 0.5)).astype(int)
        return _binary(_zero_or_one(label), _zero_or_one(guess), scores)  # type: ignore[arg-type]
    if guess is None:
        raise MistakeError(f"{told['problem_type']} needs an inference attribute")
    return _multiclass(_categories(label), _categories(guess))


def _column(table: pd.DataFrame, name: str) -> str:
    """The column of that name, or of that number."""
    if name in table.columns:
        return name
    if name.isdigit() and int(name) < len(table.columns):
        return str(table.columns[int(name)])
    raise MistakeError(f"the dataset has no column {name!r}; there are {', '.join(table.columns[:20])}")


def _numbers(series: pd.Series[Any]) -> pd.Series[float]:
    import pandas as pd

    found = pd.to_numeric(series, errors="coerce")
    if found.isna().any():
        raise MistakeError(f"column {series.name!r} holds {series[found.isna()].iloc[0]!r}, which is not a number")
    return found.astype(float)


def _zero_or_one(series: pd.Series[Any]) -> pd.Series[int]:
    texts = series.astype(object).map(lambda value: str(value).strip().lower())
    found = texts.map(_TRUTHS.get)
    if found.isna().any():
        strange = series[found.isna()].iloc[0]
        raise MistakeError(
            f"column {series.name!r} holds {strange!r}; the classes of a binary classification are 0 and 1"
        )
    return found.astype(int)


def _categories(series: pd.Series[Any]) -> pd.Series[str]:
    """Classes as texts; 1 and 1.0 are the same class."""

    def name(value: object) -> str:
        text = str(value).strip()
        try:
            number = float(text)
        except ValueError:
            return text
        return str(int(number)) if math.isfinite(number) and number == int(number) else text

    return series.astype(object).map(name)


def _regression(label: pd.Series[float], guess: pd.Series[float]) -> dict[str, float | None]:
    error = guess - label
    mse = float((error**2).mean())
    spread = float(((label - label.mean()) ** 2).mean())
    return {
        "mae": float(error.abs().mean()),
        "mse": mse,
        "rmse": math.sqrt(mse),
        "r2": 1 - mse / spread if spread else None,
    }


def _binary(label: pd.Series[int], guess: pd.Series[int], scores: pd.Series[float] | None) -> dict[str, Any]:
    counts = {(truth, said): int(((label == truth) & (guess == said)).sum()) for truth in (0, 1) for said in (0, 1)}
    hits, misses, alarms, passes = counts[1, 1], counts[1, 0], counts[0, 1], counts[0, 0]
    precision, recall = _ratio(hits, hits + alarms), _ratio(hits, hits + misses)
    found: dict[str, float | None] = {
        "recall": recall,
        "precision": precision,
        "accuracy": (hits + passes) / len(label),
        "true_positive_rate": recall,
        "true_negative_rate": _ratio(passes, passes + alarms),
        "false_positive_rate": _ratio(alarms, passes + alarms),
        "false_negative_rate": _ratio(misses, hits + misses),
        **{name: _f_score(precision, recall, beta) for name, beta in (("f0_5", 0.5), ("f1", 1.0), ("f2", 2.0))},
    }
    if scores is not None:
        found["auc"] = _auc(label, scores)
    matrix = {str(truth): {str(said): counts[truth, said] for said in (0, 1)} for truth in (0, 1)}
    return {"confusion_matrix": matrix, **_values(found)}


def _multiclass(label: pd.Series[str], guess: pd.Series[str]) -> dict[str, Any]:
    classes = sorted({*label, *guess})
    matrix = {truth: {said: int(((label == truth) & (guess == said)).sum()) for said in classes} for truth in classes}
    found = dict.fromkeys(("weighted_recall", "weighted_precision", "weighted_f0_5", "weighted_f1", "weighted_f2"), 0.0)
    for name in classes:
        hits, actual = matrix[name][name], sum(matrix[name].values())
        precision = _ratio(hits, sum(row[name] for row in matrix.values()))
        recall, weight = _ratio(hits, actual), actual / len(label)
        found["weighted_recall"] += weight * recall
        found["weighted_precision"] += weight * precision
        for key, beta in (("weighted_f0_5", 0.5), ("weighted_f1", 1.0), ("weighted_f2", 2.0)):
            found[key] += weight * _f_score(precision, recall, beta)
    return {"confusion_matrix": matrix, **_values({"accuracy": float((label == guess).mean()), **found})}


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _f_score(precision: float, recall: float, beta: float) -> float:
    weighted = beta**2 * precision + recall
    return (1 + beta**2) * precision * recall / weighted if weighted else 0.0


def _auc(label: pd.Series[int], scores: pd.Series[float]) -> float | None:
    """How often a positive row scores above a negative one; ``None`` when one of the classes is not there."""
    positive_count = int(label.sum())
    negative_count = len(label) - positive_count
    if not positive_count or not negative_count:
        return None
    rank_sum = float(scores.rank()[label == 1].sum())
    return (rank_sum - positive_count * (positive_count + 1) / 2) / (positive_count * negative_count)


def _values(metrics: dict[str, Any]) -> dict[str, Any]:
    """Metrics as the statistics hold them; those that could not be computed are left out."""
    return {name: {"value": value, "standard_deviation": "NaN"} for name, value in metrics.items() if value is not None}


def suggested(metrics: dict[str, Any]) -> dict[str, Any]:
    """The constraints that metrics suggest: to become no worse."""
    return {
        name: {
            "threshold": metric["value"],
            "comparison_operator": "GreaterThanThreshold" if name in _HIGHER_IS_WORSE else "LessThanThreshold",
        }
        for name, metric in metrics.items()
        if "value" in metric
    }


def compare(metrics: dict[str, Any], supplied: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """The violations of a baseline's thresholds, and how many were compared."""
    violations, compared_count = [], 0
    for name, constraint in supplied.items():
        if name.endswith("_best_constant_classifier"):
            print(f"not compared, as it is not computed here: {name}", flush=True)
            continue
        compared_count += 1
        operator, threshold = constraint["comparison_operator"], float(constraint["threshold"])
        if operator not in ("LessThanThreshold", "GreaterThanThreshold"):
            raise MistakeError(f"the supplied baseline compares {name} by {operator!r}, which is not known")
        value = metrics[name]["value"] if name in metrics else None
        if value is None:
            description = f"Metric {name} cannot be computed from this dataset"
        elif (value < threshold) if operator == "LessThanThreshold" else (value > threshold):
            description = f"Metric {name} with {value} was {operator} '{threshold}'"
        else:
            continue
        violations.append({"constraint_check_type": operator, "description": description, "metric_name": name})
    return violations, compared_count
