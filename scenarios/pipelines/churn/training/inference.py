"""Serve the packaged churn model: the four functions that SageMaker's scikit-learn serving container calls.

A request is ``text/csv`` (no header, features in the model's order) or ``application/json``
(``{"instances": [{feature: value, ...}, ...]}``). The answer has the raw and the calibrated probability of each
row.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd


def model_fn(model_dir: str) -> dict[str, Any]:
    """Load the model, the list of its features and, once it is calibrated, the calibration curve."""
    folder = Path(model_dir)
    calibration = folder / "calibration" / "calibration.json"
    return {
        "model": joblib.load(folder / "model.joblib"),
        "features": json.loads((folder / "features.json").read_text(encoding="utf-8")),
        "calibration": json.loads(calibration.read_text(encoding="utf-8")) if calibration.is_file() else None,
    }


def input_fn(request_body: str | bytes, content_type: str) -> pd.DataFrame:
    """Decode a request; the columns of CSV are named later, when the model is at hand."""
    text = request_body.decode("utf-8") if isinstance(request_body, bytes) else request_body
    media_type = content_type.partition(";")[0].strip()
    if media_type == "text/csv":
        return pd.read_csv(io.StringIO(text), header=None, keep_default_na=False, na_values=[""])
    if media_type == "application/json":
        return pd.DataFrame(json.loads(text)["instances"])
    raise ValueError(f"content type {content_type!r} is not supported; use text/csv or application/json")


def predict_fn(data: pd.DataFrame, model: dict[str, Any]) -> pd.DataFrame:
    """Score the rows of a request."""
    names = [feature["name"] for feature in model["features"]]
    if all(isinstance(name, int) for name in data.columns):
        if len(data.columns) != len(names):
            expected = f"{len(names)} values per row are expected: {', '.join(names)}"
            raise ValueError(f"{expected}; the request has {len(data.columns)}")
        data = data.set_axis(names, axis=1)
    columns = {}
    for feature in model["features"]:
        name = feature["name"]
        # A field that a JSON request leaves out is a missing value.
        column = data[name] if name in data.columns else pd.Series(None, data.index, dtype=object)
        if feature["type"] == "number":
            columns[name] = pd.to_numeric(column, errors="coerce").astype("float64")
        else:
            column = column.astype(object)
            columns[name] = column.where(column.notna(), None)
    scores = model["model"].predict_proba(pd.DataFrame(columns))[:, 1]
    curve = model["calibration"]
    calibrated = np.interp(scores, curve["x"], curve["y"]) if curve else scores
    return pd.DataFrame({"score": scores, "calibrated_score": calibrated})


def output_fn(prediction: pd.DataFrame, accept: str) -> str:
    """Encode the answer in the type that the caller accepts."""
    if accept.partition(";")[0].strip() == "text/csv":
        return prediction.to_csv(index=False, header=False)
    return json.dumps({"predictions": prediction.to_dict(orient="records")})
