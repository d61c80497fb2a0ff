"""Train a gradient boosted classifier and publish it with everything that scoring needs.

Settings come from ``hyperparams/hyperparameters.json`` of the source folder; the hyperparameters of the job,
which SageMaker passes as ``--name value``, take precedence. Gaps are filled and categories encoded by steps that
are fitted to the training split and stored inside the model, so that no later step can do it differently.

Container contract (SageMaker Training, script mode):
  reads   SM_CHANNEL_TRAIN    *.csv: what the model is fitted to
          SM_CHANNEL_VAL      *.csv: decides how many trees are kept
          SM_CHANNEL_TEST     *.csv: measures the result, has no say in it
  writes  SM_MODEL_DIR        model.joblib, features.json, hyperparameters.json
          SM_OUTPUT_DATA_DIR  metrics.json, test_predictions.csv
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

HYPERPARAMETERS_FILE = Path(__file__).parent / "hyperparams" / "hyperparameters.json"
MISSING = "missing"

log = logging.getLogger("gradient_boosting_training")


class TrainingError(Exception):
    """No model can be trained; the message says why."""


def parse_arguments() -> argparse.Namespace:
    """The folders of the job, and hyperparameters that take precedence over the file's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option, variable in (
        ("--train", "SM_CHANNEL_TRAIN"),
        ("--val", "SM_CHANNEL_VAL"),
        ("--test", "SM_CHANNEL_TEST"),
        ("--model_dir", "SM_MODEL_DIR"),
        ("--output_data_dir", "SM_OUTPUT_DATA_DIR"),
    ):
        default = os.environ.get(variable)
        parser.add_argument(option, type=Path, default=default, required=default is None)
    for name in ("learning_rate", "l2_regularization"):
        parser.add_argument(f"--{name}", type=float)
    for name in ("max_iter", "max_leaf_nodes", "min_samples_leaf", "random_state"):
        parser.add_argument(f"--{name}", type=int)
    return parser.parse_args()


def read_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """The file's hyperparameters, overridden by those of the job."""
    settings = json.loads(HYPERPARAMETERS_FILE.read_text(encoding="utf-8"))
    given = {name: value for name, value in vars(arguments).items() if name in settings and value is not None}
    return {**settings, **given}


def read_split(folder: Path, settings: dict[str, Any]) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Features, labels and identifiers of a split: numbers as floats, categories as objects."""
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise TrainingError(f"no CSV file in {folder}")
    frames = [pd.read_csv(path, keep_default_na=False, na_values=[""]) for path in paths]
    frame = pd.concat(frames, ignore_index=True)
    numbers, categories = settings["tab_field_list"], settings["cat_field_list"]
    wanted = [*numbers, *categories, settings["label_name"], settings["id_name"]]
    absent = [name for name in wanted if name not in frame.columns]
    if absent:
        raise TrainingError(f"{folder.name} data lacks the columns: {', '.join(absent)}")
    columns = {name: frame[name].astype("float64") for name in numbers}
    for name in categories:
        column = frame[name].astype(object)
        columns[name] = column.where(column.notna(), None)
    labels = frame[settings["label_name"]].astype(int)
    if labels.nunique() < 2:
        raise TrainingError(f"the label has a single value in the {folder.name} data")
    return pd.DataFrame(columns), labels, frame[settings["id_name"]]


def build(settings: dict[str, Any], max_iter: int) -> Pipeline:
    """Filling, encoding and boosting as one object."""
    numbers, categories = settings["tab_field_list"], settings["cat_field_list"]
    encode = Pipeline(
        [
            ("fill", SimpleImputer(missing_values=None, strategy="constant", fill_value=MISSING)),
            # A category that training has not seen is treated like a gap that the trees know how to route.
            ("encode", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)),
        ]
    )
    columns = ColumnTransformer(
        [("numbers", SimpleImputer(strategy="median"), numbers), ("categories", encode, categories)]
    )
    boosting = HistGradientBoostingClassifier(
        learning_rate=settings["learning_rate"],
        max_iter=max_iter,
        max_leaf_nodes=settings["max_leaf_nodes"],
        min_samples_leaf=settings["min_samples_leaf"],
        l2_regularization=settings["l2_regularization"],
        random_state=settings["random_state"],
        categorical_features=list(range(len(numbers), len(numbers) + len(categories))),
        early_stopping=False,  # the val channel decides, see best_iteration
    )
    return Pipeline([("columns", columns), ("boosting", boosting)])


def best_iteration(model: Pipeline, features: pd.DataFrame, labels: pd.Series) -> int:
    """After how many trees the loss on the val split is lowest."""
    encoded = model.named_steps["columns"].transform(features)
    stages = model.named_steps["boosting"].staged_predict_proba(encoded)
    return int(np.argmin([log_loss(labels, stage) for stage in stages])) + 1


def describe(model: Pipeline, features: pd.DataFrame, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """What the model takes, in order, with a typical value: the median, or the most frequent category."""
    medians = model.named_steps["columns"].named_transformers_["numbers"].statistics_
    described: list[dict[str, Any]] = [
        {"name": name, "type": "number", "typical": round(float(medians[index]), 6)}
        for index, name in enumerate(settings["tab_field_list"])
    ]
    for name in settings["cat_field_list"]:
        counts = features[name].dropna().value_counts()
        values = sorted(counts.index)
        typical = min(counts[counts == counts.max()].index) if values else None
        described.append({"name": name, "type": "category", "typical": typical, "values": values})
    return described


def write_json(path: Path, content: Any) -> None:
    """Readable JSON with a newline at its end."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Fit, pick the number of trees, fit again, write."""
    arguments = parse_arguments()
    settings = read_settings(arguments)
    train, train_labels, _ = read_split(arguments.train, settings)
    val, val_labels, _ = read_split(arguments.val, settings)
    test, test_labels, test_ids = read_split(arguments.test, settings)

    model = build(settings, settings["max_iter"]).fit(train, train_labels)
    trees = best_iteration(model, val, val_labels)
    log.info("lowest loss on the val split after %d of %d trees", trees, settings["max_iter"])
    if trees < settings["max_iter"]:
        model = build(settings, trees).fit(train, train_labels)

    scores = model.predict_proba(test)[:, 1]
    metrics = {
        "auc": float(roc_auc_score(test_labels, scores)),
        "average_precision": float(average_precision_score(test_labels, scores)),
        "log_loss": float(log_loss(test_labels, scores)),
        "trees": trees,
        "train_rows": len(train),
        "val_rows": len(val),
        "test_rows": len(test),
    }
    log.info("%s", ", ".join(f"{name} {value:.4g}" for name, value in metrics.items()))

    joblib.dump(model, arguments.model_dir / "model.joblib", compress=3)
    write_json(arguments.model_dir / "features.json", describe(model, train, settings))
    write_json(arguments.model_dir / "hyperparameters.json", {**settings, "max_iter": trees})
    write_json(arguments.output_data_dir / "metrics.json", metrics)
    id_name, label_name = settings["id_name"], settings["label_name"]
    predictions = pd.DataFrame({id_name: test_ids, label_name: test_labels, "score": scores})
    predictions.to_csv(arguments.output_data_dir / "test_predictions.csv", index=False)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s: %(message)s")
    try:
        main()
    except TrainingError as error:
        sys.exit(f"gradient_boosting_training: {error}")
