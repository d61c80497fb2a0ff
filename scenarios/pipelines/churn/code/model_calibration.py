"""Fit a calibration curve to model scores, so that a score of 0.3 means three in ten.

The curve is stored as plain points, not as a pickled object: serving only has to interpolate. How well it works
is measured on a half of the rows that the measured curve has not seen; the published curve is fitted to all rows.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/eval_data         *.csv with id, label and score
  writes  /opt/ml/processing/output/calibration      calibration.json: the points of the curve
          /opt/ml/processing/output/metrics          metrics.json: error before and after, on unseen rows
          /opt/ml/processing/output/calibrated_data  calibrated_predictions.csv
  env     ID_FIELD, LABEL_FIELD, SCORE_FIELD, CALIBRATION_METHOD (isotonic or platt), CALIBRATION_BINS,
          ERROR_THRESHOLD (expected calibration error above which the step fails), RANDOM_SEED
  args    --job_type
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss
from sklearn.model_selection import train_test_split

EVAL_DATA_DIR = Path("/opt/ml/processing/input/eval_data")
CALIBRATION_DIR = Path("/opt/ml/processing/output/calibration")
METRICS_DIR = Path("/opt/ml/processing/output/metrics")
CALIBRATED_DIR = Path("/opt/ml/processing/output/calibrated_data")
PLATT_POINTS = 201

log = logging.getLogger("model_calibration")


class CalibrationError(Exception):
    """The scores cannot be calibrated; the message says why."""


class Curve(NamedTuple):
    """Calibrated probability ``y`` at score ``x``, straight lines in between."""

    x: np.ndarray
    y: np.ndarray

    def apply(self, scores: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of scores."""
        return np.interp(scores, self.x, self.y)


def fit(method: str, scores: np.ndarray, labels: np.ndarray) -> Curve:
    """A monotonic curve from scores to probabilities."""
    if method == "isotonic":
        model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(scores, labels)
        return Curve(model.X_thresholds_, model.y_thresholds_)
    if method == "platt":
        model = LogisticRegression().fit(scores.reshape(-1, 1), labels)
        points = np.linspace(0.0, 1.0, PLATT_POINTS)
        return Curve(points, model.predict_proba(points.reshape(-1, 1))[:, 1])
    raise CalibrationError(f"CALIBRATION_METHOD must be isotonic or platt, not {method!r}")


def expected_calibration_error(scores: np.ndarray, labels: np.ndarray, bins: int) -> float:
    """Mean distance between score and observed share over equally wide bins, weighted by their rows."""
    index = np.minimum((scores * bins).astype(int), bins - 1)
    rows = np.bincount(index, minlength=bins)
    gaps = np.abs(np.bincount(index, scores, bins) - np.bincount(index, labels, bins))
    return float(gaps.sum() / rows.sum())


def read_scores(fields: list[str]) -> pd.DataFrame:
    """The scored rows as one table, files in the order of their names."""
    paths = sorted(EVAL_DATA_DIR.glob("*.csv"))
    if not paths:
        raise CalibrationError(f"no CSV file in {EVAL_DATA_DIR}")
    frame = pd.concat([pd.read_csv(path) for path in paths], ignore_index=True)
    absent = [field for field in fields if field not in frame.columns]
    if absent:
        raise CalibrationError(f"the scored rows lack the column {absent[0]!r}")
    if frame[fields].isna().any(axis=None):
        raise CalibrationError(f"there are missing values in {', '.join(fields)}")
    return frame[fields]


def measure(method: str, scores: np.ndarray, labels: np.ndarray, bins: int, seed: int) -> dict[str, float]:
    """Errors before and after calibration on a half that the curve has not seen."""
    seen, unseen = train_test_split(np.arange(len(scores)), test_size=0.5, random_state=seed, stratify=labels)
    before = scores[unseen]
    after = fit(method, scores[seen], labels[seen]).apply(before)
    truth = labels[unseen]
    return {
        "expected_calibration_error_before": expected_calibration_error(before, truth, bins),
        "expected_calibration_error": expected_calibration_error(after, truth, bins),
        "brier_score_before": float(brier_score_loss(truth, before)),
        "brier_score": float(brier_score_loss(truth, after)),
    }


def required(name: str) -> str:
    """A variable of the environment that the step cannot do without."""
    value = os.environ.get(name, "")
    if not value:
        raise CalibrationError(f"environment variable {name} is not set")
    return value


def main() -> None:
    """Measure, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--job_type", required=True)
    job_type = parser.parse_args().job_type
    label_field, score_field = required("LABEL_FIELD"), required("SCORE_FIELD")
    method = os.environ.get("CALIBRATION_METHOD", "isotonic")
    threshold = float(os.environ.get("ERROR_THRESHOLD", "0.05"))

    frame = read_scores([required("ID_FIELD"), label_field, score_field])
    scores, labels = frame[score_field].to_numpy(dtype=float), frame[label_field].to_numpy(dtype=int)
    if len(np.unique(labels)) < 2:
        raise CalibrationError(f"{label_field!r} has a single value: there is nothing to calibrate against")
    bins, seed = int(os.environ.get("CALIBRATION_BINS", "10")), int(os.environ.get("RANDOM_SEED", "42"))
    metrics = {**measure(method, scores, labels, bins, seed), "rows": len(frame)}
    (METRICS_DIR / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    log.info("%s", ", ".join(f"{name} {value:.4g}" for name, value in metrics.items()))
    if metrics["expected_calibration_error"] > threshold:
        found = metrics["expected_calibration_error"]
        raise CalibrationError(f"calibration error {found:.3f} is above ERROR_THRESHOLD {threshold:g}")

    curve = fit(method, scores, labels)
    calibration = {
        "method": method,
        "job_type": job_type,
        "score_field": score_field,
        "x": [float(value) for value in curve.x],
        "y": [float(value) for value in curve.y],
    }
    (CALIBRATION_DIR / "calibration.json").write_text(json.dumps(calibration) + "\n", encoding="utf-8")
    frame = frame.assign(**{f"calibrated_{score_field}": curve.apply(scores)})
    frame.to_csv(CALIBRATED_DIR / "calibrated_predictions.csv", index=False)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s: %(message)s")
    try:
        main()
    except CalibrationError as error:
        sys.exit(f"model_calibration: {error}")
