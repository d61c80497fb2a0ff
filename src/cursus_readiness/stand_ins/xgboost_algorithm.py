"""Trains as the built-in XGBoost algorithm does, with the open-source library.

The first argument says how the container's version writes the model: ``pickle`` (before 1.3) or ``booster``; others
name hyperparameters that only some versions have. Facts are those of the AWS developer guide and of the public
container ``aws/sagemaker-xgboost-container``.
"""

from __future__ import annotations

import json
import os
import pickle
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

CONFIG_DIR, DATA_DIR, MODEL_DIR = "/opt/ml/input/config", "/opt/ml/input/data", "/opt/ml/model"
FAILURE_FILE = "/opt/ml/output/failure"
CHANNELS = ("train", "validation", "code")
_NOT_OF_THE_LIBRARY = (
    "csv_weights",
    "silent",
    "save_model_on_termination",
    "use_dask_gpu_training",
    "dsplit",
    "predictor",
)


def main(model_format: str, *allowed: str) -> int:
    """Train and leave the model; the exit code."""
    try:
        import xgboost
    except ImportError:
        package = "the package xgboost-cpu (or xgboost) in the step's environment"
        return fail(f"the stand-in for the built-in XGBoost algorithm needs {package}: it cannot be imported")
    from xgboost_hyperparameters import MistakeError, checked

    try:
        hyperparameters = checked(_config("hyperparameters.json"), allowed)
        channels = _channels(_config("inputdataconfig.json"))
        matrices = _matrices(xgboost, hyperparameters, channels)
        booster = train(xgboost, hyperparameters, matrices)
    except MistakeError as error:
        return fail(str(error))
    except xgboost.core.XGBoostError as error:
        return fail(f"XGBoost: {_first_line(str(error))}")
    path = os.path.join(MODEL_DIR, "xgboost-model")
    if model_format == "pickle":
        with open(path, "wb") as file:
            pickle.dump(booster, file, protocol=4)
    else:
        booster.save_model(path)
    return 0


def fail(message: str) -> int:
    """Say why, where the service and where people look; the exit code."""
    with open(FAILURE_FILE, "w", encoding="utf-8") as file:
        file.write(message)
    print(message, file=sys.stderr, flush=True)
    return 1


def train(xgboost: Any, hyperparameters: Mapping[str, Any], matrices: Mapping[str, Any]) -> Any:
    """The booster after all rounds, or the best when it stops early."""
    from xgboost_hyperparameters import MAXIMIZED, MistakeError
    from xgboost_metrics import OWN, metric_function

    parameters = {name: value for name, value in hyperparameters.items() if name not in _NOT_OF_THE_LIBRARY}
    rounds, patience = parameters.pop("num_round"), parameters.pop("early_stopping_rounds", None)
    asked, objective_metric = parameters.pop("eval_metric", []), parameters.pop("_tuning_objective_metric", None)
    tuned = [objective_metric.partition(":")[2]] if objective_metric else []
    metrics = sorted({*asked, *tuned}) if tuned else asked
    of_library = [name for name in metrics if name not in OWN]
    if of_library:
        parameters["eval_metric"] = of_library
    if parameters.get("tree_method") == "gpu_hist":
        print("there is no GPU here: tree_method is hist in the place of gpu_hist", flush=True)
        parameters["tree_method"] = "hist"
    own = [name for name in metrics if name in OWN]
    if not hasattr(xgboost.callback, "TrainingCallback"):
        if own:
            raise MistakeError(f"the metric {own[0]} needs xgboost 1.6 or later, this is {xgboost.__version__}")
        return _train_before_1_3(xgboost, parameters, matrices, rounds=rounds, patience=patience)
    callbacks = [_evaluation_log(xgboost)]
    watched = (tuned or asked)[-1:]
    if patience and watched and "validation" in matrices:
        callbacks.append(
            xgboost.callback.EarlyStopping(
                rounds=patience,
                data_name="validation",
                metric_name=watched[0],
                maximize=watched[0] in MAXIMIZED,
                save_best=True,
            )
        )
    scores = {"custom_metric": metric_function(own, parameters.get("objective"))} if own else {}  # since 1.6
    return xgboost.train(
        parameters,
        matrices["train"],
        num_boost_round=rounds,
        evals=[(matrix, name) for name, matrix in matrices.items()],
        callbacks=callbacks,
        verbose_eval=False,
        **scores,
    )


def _train_before_1_3(
    xgboost: Any, parameters: Mapping[str, Any], matrices: Mapping[str, Any], *, rounds: int, patience: int | None
) -> Any:
    """The same with the library's older callbacks, which are functions."""

    def log(state: Any) -> None:
        parts = [f"{name}:{value:.5f}" for name, value in (item[:2] for item in state.evaluation_result_list)]
        print("#011".join([f"[{state.iteration}]", *parts]), flush=True)

    return xgboost.train(
        parameters,
        matrices["train"],
        num_boost_round=rounds,
        evals=[(matrix, name) for name, matrix in matrices.items()],
        callbacks=[log],
        early_stopping_rounds=patience if patience and "validation" in matrices else None,
        verbose_eval=False,
    )


def _config(name: str) -> dict[str, Any]:
    with open(os.path.join(CONFIG_DIR, name), encoding="utf-8") as file:
        config: dict[str, Any] = json.load(file)
    return config


def _channels(config: Mapping[str, Any]) -> dict[str, Any]:
    """The channels that hold data, with their settings."""
    from xgboost_hyperparameters import MistakeError

    for name in config:
        if name not in CHANNELS:
            raise MistakeError(f"extraneous channel: the algorithm has no {name!r}, only {', '.join(CHANNELS)}")
    if "train" not in config:
        raise MistakeError("the channel train is missing")
    return {name: config[name] for name in ("train", "validation") if name in config}


def _matrices(xgboost: Any, hyperparameters: Mapping[str, Any], channels: Mapping[str, Any]) -> dict[str, Any]:
    from xgboost_data import kind_of, read

    kind = kind_of(channels["train"].get("ContentType"))  # the container, too, takes it for both channels
    matrices = {}
    for name in channels:
        folder = os.path.join(DATA_DIR, name)
        labels, weights, features = read(folder, kind, has_weights=hyperparameters.get("csv_weights") == 1)
        _check_labels(labels, hyperparameters, name)
        matrices[name] = xgboost.DMatrix(features, label=labels, weight=weights)
        print(f"channel {name}: {matrices[name].num_row()} rows, {matrices[name].num_col()} features", flush=True)
    return matrices


def _check_labels(labels: Any, hyperparameters: Mapping[str, Any], channel: str) -> None:
    """What an objective asks of labels; the library's own words for it changed from version to version."""
    from xgboost_hyperparameters import MistakeError

    objective = hyperparameters.get("objective", "reg:squarederror")
    if objective in ("binary:logistic", "binary:logitraw", "binary:hinge", "reg:logistic"):
        wrong, asked = labels[(labels < 0) | (labels > 1)], "in [0, 1]"
    elif objective.startswith("multi:"):
        count = hyperparameters["num_class"]
        wrong = labels[(labels < 0) | (labels >= count) | (labels % 1 != 0)]
        asked = f"a whole number in [0, num_class), which is {count}"
    elif objective in ("count:poisson", "reg:gamma", "reg:tweedie"):
        wrong, asked = labels[labels < 0], "0 or more"
    else:
        return
    if len(wrong):
        raise MistakeError(
            f"label {wrong[0]:g} in channel {channel!r} is not {asked}, as objective {objective} needs it"
        )


def _evaluation_log(xgboost: Any) -> Any:
    """Prints each round as it stands in the service's log, where a tab is ``#011``: metric definitions rely on it."""

    class EvaluationLog(xgboost.callback.TrainingCallback):  # type: ignore[misc]
        def after_iteration(self, _model: Any, epoch: int, evals_log: Any) -> bool:
            parts = [
                f"{data}-{name}:{values[-1]:.5f}"
                for data, metrics in evals_log.items()
                for name, values in metrics.items()
            ]
            print("#011".join([f"[{epoch}]", *parts]), flush=True)
            return False

    return EvaluationLog()


def _first_line(text: str) -> str:
    """The library's message without the place in its source and the stack trace."""
    line = text.strip().splitlines()[0]
    return line.split("Check failed: ")[-1] if "Check failed: " in line else line.split(": ", 2)[-1]


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
