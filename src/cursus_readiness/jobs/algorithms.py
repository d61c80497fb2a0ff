"""Algorithms that are built into an image, and the programs that stand in for them here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cursus_readiness.jobs.programs import Program, program

_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
_CROSS_VALIDATION = ("_kfold", "_num_cv_round")


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """An algorithm of an image: the program in its place, with its arguments."""

    program: Program
    arguments: tuple[str, ...]


def built_in(image_uri: str) -> BuiltIn | None:
    """What stands in for the algorithm of an image, by the last word of its repository's name.

    Containers before 1.3, and all of the first repository, pickle the model; those before 1.2 know ``silent``.
    """
    repository, tag = _repository_and_tag(image_uri)
    if repository.removeprefix("sagemaker-") != "xgboost":
        return None
    beside = ("xgboost_hyperparameters.py", "xgboost_data.py", "xgboost_metrics.py")
    stand_in = "the open-source xgboost library for the built-in XGBoost algorithm"
    is_first = repository == "xgboost"
    model_format = "pickle" if is_first or _is_before(tag, (1, 3)) else "booster"
    more = ("silent",) if is_first or _is_before(tag, (1, 2)) else ()
    return BuiltIn(program("xgboost_algorithm.py", stand_in, *beside), (model_format, *more))


def refusal(hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, str]]) -> str | None:
    """Why a legal job of a built-in algorithm cannot be executed here, if so."""
    for name in _CROSS_VALIDATION:
        if name in hyperparameters:
            return f"the built-in algorithm would cross-validate ({name}), which its stand-in does not"
    for name, settings in channels.items():
        if "recordio" in settings.get("ContentType", "").lower():
            return f"channel {name!r} is {settings['ContentType']}, which the stand-in for the algorithm does not read"
    return None


def implied_metric(image_uri: str, name: str) -> str | None:
    """The regular expression of a metric that an image's algorithm logs without being asked to.

    Source: the AWS developer guide, *Tune an XGBoost model*; in the service's log a tab is ``#011``.
    """
    data, _, metric = name.partition(":")
    if built_in(image_uri) is None or data not in ("train", "validation") or not metric:
        return None
    return rf".*\[[0-9]+\].*#011{data}-{re.escape(metric)}:{_NUMBER}"


def implied_metrics(image_uri: str, hyperparameters: Mapping[str, str]) -> dict[str, str]:
    """Name and regular expression of each metric that an image's algorithm was asked for, for every channel."""
    asked = [name.strip() for name in hyperparameters.get("eval_metric", "").split(",") if name.strip()]
    names = [f"{data}:{metric}" for metric in asked for data in ("train", "validation")]
    found = {name: implied_metric(image_uri, name) for name in names}
    return {name: pattern for name, pattern in found.items() if pattern}


def _repository_and_tag(image_uri: str) -> tuple[str, str]:
    name, _, tag = image_uri.rpartition("/")[2].partition("@")[0].partition(":")
    return name, tag


def _is_before(tag: str, version: tuple[int, int]) -> bool:
    """Whether an image's version, where its tag tells it, is older."""
    found = re.match(r"(\d+)\.(\d+)", tag)
    return found is not None and (int(found[1]), int(found[2])) < version
