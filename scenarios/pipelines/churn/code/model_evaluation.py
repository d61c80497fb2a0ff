"""Score a split with the trained model and measure how well it ranks.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/model      model.tar.gz of the training step
          /opt/ml/processing/input/eval_data  processed data: <job_type>/*.csv
  writes  /opt/ml/processing/output/eval      eval_predictions.csv: id, label, prob_class_0, prob_class_1
          /opt/ml/processing/output/metrics   metrics.json
  env     ID_FIELD, LABEL_FIELD, EVAL_METRIC_CHOICES (of auc, average_precision, f1_score, log_loss)
  args    --job_type calibration|...: the split that is scored
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from sklearn import metrics

MODEL_ARCHIVE = Path("/opt/ml/processing/input/model/model.tar.gz")
EVAL_DATA_DIR = Path("/opt/ml/processing/input/eval_data")
EVAL_DIR = Path("/opt/ml/processing/output/eval")
METRICS_DIR = Path("/opt/ml/processing/output/metrics")
METRICS: dict[str, Callable[[Any, Any], float]] = {
    "auc": metrics.roc_auc_score,
    "average_precision": metrics.average_precision_score,
    "f1_score": lambda labels, scores: metrics.f1_score(labels, scores >= 0.5),
    "log_loss": metrics.log_loss,
}

log = logging.getLogger("model_evaluation")


class EvaluationError(Exception):
    """The model or the data cannot be evaluated; the message says why."""


def load_model(archive: Path) -> tuple[Any, list[dict[str, Any]]]:
    """The fitted pipeline, and the features it takes in the order in which it takes them."""
    if not archive.is_file():
        raise EvaluationError(f"{archive} is missing")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        wanted = [Path(folder) / name for name in ("model.joblib", "features.json")]
        absent = [path.name for path in wanted if not path.is_file()]
        if absent:
            raise EvaluationError(f"{archive.name} lacks {', '.join(absent)}")
        return joblib.load(wanted[0]), json.loads(wanted[1].read_text(encoding="utf-8"))


def read_split(job_type: str) -> pd.DataFrame:
    """The split as one table, files in the order of their names."""
    paths = sorted((EVAL_DATA_DIR / job_type).glob("*.csv"))
    if not paths:
        raise EvaluationError(f"no CSV file in {EVAL_DATA_DIR / job_type}")
    frames = [pd.read_csv(path, keep_default_na=False, na_values=[""]) for path in paths]
    return pd.concat(frames, ignore_index=True)


def model_input(frame: pd.DataFrame, features: list[dict[str, Any]]) -> pd.DataFrame:
    """The columns the model takes: numbers as floats, categories as plain objects with None where missing."""
    absent = [feature["name"] for feature in features if feature["name"] not in frame.columns]
    if absent:
        raise EvaluationError(f"the data lacks the features: {', '.join(absent)}")
    columns = {}
    for feature in features:
        column = frame[feature["name"]]
        if feature["type"] == "number":
            columns[feature["name"]] = pd.to_numeric(column, errors="coerce").astype("float64")
        else:
            column = column.astype(object)
            columns[feature["name"]] = column.where(column.notna(), None)
    return pd.DataFrame(columns)


def required(name: str) -> str:
    """A variable of the environment that the step cannot do without."""
    value = os.environ.get(name, "")
    if not value:
        raise EvaluationError(f"environment variable {name} is not set")
    return value


def main() -> None:
    """Score, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--job_type", required=True)
    job_type = parser.parse_args().job_type
    id_field, label_field = required("ID_FIELD"), required("LABEL_FIELD")
    written = os.environ.get("EVAL_METRIC_CHOICES", "auc,average_precision")
    choices = [name.strip() for name in written.split(",")]
    unknown = [name for name in choices if name not in METRICS]
    if unknown:
        raise EvaluationError(f"unknown metric {unknown[0]!r}; EVAL_METRIC_CHOICES: {', '.join(METRICS)}")

    model, features = load_model(MODEL_ARCHIVE)
    frame = read_split(job_type)
    absent = [name for name in (id_field, label_field) if name not in frame.columns]
    if absent:
        raise EvaluationError(f"the data lacks the column {absent[0]!r}")
    labels = frame[label_field].astype(int)
    if labels.nunique() < 2:
        raise EvaluationError(f"{label_field!r} has a single value: ranking cannot be measured")
    scores = model.predict_proba(model_input(frame, features))[:, 1]

    predictions = pd.DataFrame(
        {id_field: frame[id_field], label_field: labels, "prob_class_0": 1 - scores, "prob_class_1": scores}
    )
    predictions.to_csv(EVAL_DIR / "eval_predictions.csv", index=False)
    found = {name: float(METRICS[name](labels, scores)) for name in choices}
    found = {**found, "rows": len(frame), "positive_ratio": float(labels.mean())}
    (METRICS_DIR / "metrics.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    log.info("%s", ", ".join(f"{name} {value:.4g}" for name, value in found.items()))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s: %(message)s")
    try:
        main()
    except EvaluationError as error:
        sys.exit(f"model_evaluation: {error}")
