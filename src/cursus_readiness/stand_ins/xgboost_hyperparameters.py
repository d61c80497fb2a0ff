"""The hyperparameters of the built-in XGBoost algorithm, checked as its container checks them.

Names, ranges and metrics are those of the AWS developer guide (*XGBoost hyperparameters*, *Tune an XGBoost model*) and
of the public container ``aws/sagemaker-xgboost-container``.
"""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

_ANY = math.inf
MAXIMIZED = (
    *("accuracy", "auc", "aucpr", "balanced_accuracy", "f1", "f1_binary", "f1_macro", "map", "ndcg", "precision"),
    *("precision_macro", "precision_micro", "r2", "recall", "recall_macro", "recall_micro"),
)
MINIMIZED = (
    *("aft-nloglik", "cox-nloglik", "error", "gamma-deviance", "gamma-nloglik", "interval-regression-accuracy"),
    *("logloss", "mae", "mape", "merror", "mlogloss", "mphe", "mse", "poisson-nloglik", "rmse", "rmsle"),
    "tweedie-nloglik",
)
OBJECTIVES = (
    *("binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson", "multi:softmax", "multi:softprob"),
    *("rank:pairwise", "rank:ndcg", "rank:map", "reg:linear", "reg:squarederror", "reg:logistic", "reg:gamma"),
    *("reg:pseudohubererror", "reg:squaredlogerror", "reg:absoluteerror", "reg:tweedie", "survival:aft"),
    "survival:cox",
)
# Whole numbers: the smallest and the largest.
INTEGERS = {
    "num_round": (1, _ANY),
    "csv_weights": (0, 1),
    "early_stopping_rounds": (1, _ANY),
    "verbosity": (0, 3),
    "silent": (0, 1),
    "nthread": (1, _ANY),
    "max_depth": (0, _ANY),
    "refresh_leaf": (0, 1),
    "max_leaves": (0, _ANY),
    "max_bin": (0, _ANY),
    "one_drop": (0, 1),
    "num_class": (2, _ANY),
    "seed": (-(2**31) + 1, 2**31 - 2),
    "num_parallel_tree": (1, _ANY),
    "prob_buffer_row": (2, _ANY),
}
# Numbers: an interval as it is written, where a round bracket leaves the end out.
NUMBERS = {
    "eta": "[0, 1]",
    "gamma": "[0, inf)",
    "min_child_weight": "[0, inf)",
    "max_delta_step": "[0, inf)",
    "subsample": "(0, 1]",
    "colsample_bytree": "(0, 1]",
    "colsample_bylevel": "(0, 1]",
    "colsample_bynode": "(0, 1]",
    "lambda": "[0, inf)",
    "alpha": "[0, inf)",
    "sketch_eps": "(0, 1)",
    "scale_pos_weight": "(0, inf)",
    "rate_drop": "[0, 1]",
    "skip_drop": "[0, 1]",
    "lambda_bias": "[0, 1]",
    "tweedie_variance_power": "(1, 2)",
    "base_score": "[0, inf)",
    "aft_loss_distribution_scale": "[0, inf)",
}
CHOICES = {
    "booster": ("gbtree", "gblinear", "dart"),
    "tree_method": ("auto", "exact", "approx", "hist", "gpu_hist"),
    "dsplit": ("row", "col"),
    "process_type": ("default", "update"),
    "grow_policy": ("depthwise", "lossguide"),
    "predictor": ("auto", "cpu_predictor", "gpu_predictor"),
    "sample_type": ("uniform", "weighted"),
    "normalize_type": ("tree", "forest"),
    "objective": OBJECTIVES,
    "save_model_on_termination": ("true", "false"),
    "aft_loss_distribution": ("normal", "logistic", "extreme"),
    "deterministic_histogram": ("true", "false"),
    "sampling_method": ("uniform", "gradient_based"),
    "use_dask_gpu_training": ("true", "false"),
    "_tuning_objective_metric": tuple("validation:" + name for name in (*MAXIMIZED, *MINIMIZED)),
}
TEXTS = ("updater", "monotone_constraints", "interaction_constraints", "eval_metric")
ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}
_OF_SOME_VERSIONS = ("silent",)
_WITH_THRESHOLD = ("error", "ndcg", "map")


class MistakeError(Exception):
    """Something that the user of the algorithm has to put right; the message is a sentence."""


def checked(given: Mapping[str, str], allowed: Sequence[str] = ()) -> dict[str, Any]:
    """Hyperparameters (all texts) with the types that the library wants.

    Of those that only some versions have, the ``allowed`` pass. Raises MistakeError for one that is missing, unknown,
    or out of its range.
    """
    found = {}
    for name, value in given.items():
        if name in _OF_SOME_VERSIONS and name not in allowed:
            raise MistakeError(f"extraneous hyperparameter: this version of the algorithm has no {name!r}")
        if not name.startswith("sagemaker_"):
            known = ALIASES.get(name, name)
            found[known] = _typed(known, value)
    if "num_round" not in found:
        raise MistakeError("the hyperparameter num_round is missing")
    _check_together(found)
    return found


def _typed(name: str, value: str) -> Any:
    if name in INTEGERS:
        low, high = INTEGERS[name]
        number = _number(int, name, value, "a whole number")
        if not low <= number <= high:
            raise MistakeError(f"hyperparameter {name}: {number} is not in [{low}, {high}]")
        return number
    if name in NUMBERS:
        number = _number(float, name, value, "a number")
        if not _is_within(number, NUMBERS[name]):
            raise MistakeError(f"hyperparameter {name}: {number} is not in {NUMBERS[name]}")
        return number
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise MistakeError(f"hyperparameter {name}: {value!r} is none of {', '.join(CHOICES[name])}")
        return value
    if name == "eval_metric":
        return [_metric(item.strip()) for item in value.split(",")]
    if name in TEXTS:
        return value
    raise MistakeError(f"extraneous hyperparameter: the algorithm has no {name!r}")


def _number(kind: Callable[[str], Any], name: str, value: str, what: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise MistakeError(f"hyperparameter {name}: {value!r} is not {what}") from None


def _is_within(number: float, interval: str) -> bool:
    low, high = (float(end) for end in interval[1:-1].split(","))
    above = number >= low if interval[0] == "[" else number > low
    below = number <= high if interval[-1] == "]" else number < high
    return above and below


def _metric(name: str) -> str:
    base, _, threshold = name.partition("@")
    if threshold and base in _WITH_THRESHOLD:
        _number(float, "eval_metric", threshold, "a threshold")
    elif name not in MAXIMIZED and name not in MINIMIZED:
        raise MistakeError(f"hyperparameter eval_metric: {name!r} is no metric of the algorithm")
    return name


def _check_together(found: Mapping[str, Any]) -> None:
    objective = found.get("objective", "reg:squarederror")
    metrics = found.get("eval_metric", [])
    if objective.startswith("multi:") and "num_class" not in found:
        raise MistakeError(f"objective {objective} needs the hyperparameter num_class")
    if "auc" in metrics and not objective.startswith(("binary:", "rank:")):
        raise MistakeError(f"the metric auc is for classification and ranking, not for objective {objective}")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise MistakeError(f"the metric aft-nloglik is for objective survival:aft, not for {objective}")
    methods = {"monotone_constraints": ("exact", "hist"), "interaction_constraints": ("exact", "hist", "approx")}
    for name, allowed in methods.items():
        if name in found and found.get("tree_method") not in allowed:
            raise MistakeError(f"{name} needs tree_method to be one of {', '.join(allowed)}")
