"""Algorithms that are built into an image, and the programs that stand in for them here."""

from __future__ import annotations

from cursus_readiness.jobs.programs import Program, program

_ALGORITHMS = {
    "xgboost": ("xgboost_algorithm.py", "the open-source xgboost library for the built-in XGBoost algorithm")
}


def algorithm_program(image_uri: str) -> Program | None:
    """What stands in for the algorithm of an image, by the last word of its repository's name."""
    repository = image_uri.rpartition("/")[2].partition(":")[0].partition("@")[0]
    found = _ALGORITHMS.get(repository.removeprefix("sagemaker-"))
    return program(*found) if found else None
