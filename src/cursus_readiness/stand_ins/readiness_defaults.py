"""The handlers that the scikit-learn and XGBoost containers have of their own.

Source: the public packages ``sagemaker-scikit-learn-container`` and ``sagemaker-xgboost-container``; neither has a
``model_fn`` for scripts. What is left out here is RecordIO-protobuf and sparse data.
"""

from __future__ import annotations

import io
import json
import os
import pickle

from readiness_artifact import MistakeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

CSV, JSON, NPY = "text/csv", "application/json", "application/x-npy"


def defaults_of(framework: str | None) -> dict[str, Callable[..., Any]]:
    """The container's handlers by name; nothing for a framework that is not known here."""
    if framework == "scikit-learn":
        return {"input_fn": _read_array, "predict_fn": _predict, "output_fn": written}
    if framework == "xgboost":
        return {"input_fn": _read_matrix, "predict_fn": _predict_matrix, "output_fn": written}
    return {}


class BuiltInXGBoost:
    """The built-in XGBoost algorithm serving the model that it has trained."""

    has_model_fn = True

    def __init__(self, model_dir: str) -> None:
        self._model_dir = model_dir
        self._booster: Any = None

    def load(self) -> None:
        """Load the model: a pickle of old versions of the container, a booster's own format of newer ones.

        Raises MistakeError when there is none that can be loaded.
        """
        xgboost = _xgboost()
        files = [name for name in sorted(os.listdir(self._model_dir)) if name == "xgboost-model"]
        files = files or [name for name in sorted(os.listdir(self._model_dir)) if name != "code"]
        if not files:
            raise MistakeError("the artifact holds no model of the built-in XGBoost algorithm")
        path = os.path.join(self._model_dir, files[0])
        with open(path, "rb") as file:
            content = file.read()
        try:
            self._booster = pickle.loads(content)  # noqa: S301
        except Exception:  # noqa: BLE001
            self._booster = xgboost.Booster()
            try:
                self._booster.load_model(bytearray(content))
            except Exception as error:
                raise MistakeError(f"{files[0]} is not a model of XGBoost {xgboost.__version__}: {error}") from error
        print(f"{files[0]}: a booster of {self._booster.num_features()} features", flush=True)

    def answer(self, body: bytes, content_type: str | None, accept: str | None) -> bytes:
        """One prediction a line, as the container answers a batch transform job.

        Raises MistakeError for data that it does not take.
        """
        if accept not in (None, CSV, "*/*"):
            raise MistakeError(f"the stand-in for the built-in XGBoost algorithm answers {CSV}, not {accept}")
        matrix = _read_matrix(body.decode("utf-8"), content_type or "text/libsvm")
        expected, given = self._booster.num_features(), matrix.num_col()
        if given != expected:
            raise MistakeError(f"rows of {given} features are sent to a model of {expected}")
        best = self._booster.attr("best_iteration")
        rounds = (0, int(best) + 1) if best is not None else (0, 0)  # (0, 0): all of them
        predictions = self._booster.predict(matrix, validate_features=False, iteration_range=rounds).tolist()
        return "".join(f"{value}\n" for value in predictions).encode("ascii")


def _read_array(body: Any, content_type: str) -> Any:
    import numpy as np

    if content_type == CSV:
        array = np.genfromtxt(io.StringIO(body), delimiter=",")
    elif content_type == JSON:
        array = np.array(json.loads(body))
    elif content_type == NPY:
        return np.load(io.BytesIO(body), allow_pickle=False)
    else:
        raise MistakeError(f"the scikit-learn container's own input_fn does not read {content_type}")
    array = array.reshape(1, -1) if array.ndim == 1 else array
    return array.astype(np.float32)


def _predict(data: Any, model: Any) -> Any:
    return model.predict(data)


def written(prediction: Any, accept: str) -> Any:
    """A prediction as JSON, CSV or NPY.

    Raises MistakeError for any other content type.
    """
    import numpy as np

    if accept == JSON:
        return json.dumps(prediction, default=lambda value: value.tolist())
    if accept == CSV:
        text = io.StringIO()
        np.savetxt(text, prediction, delimiter=",", fmt="%s")
        return text.getvalue()
    if accept == NPY:
        binary = io.BytesIO()
        np.save(binary, prediction)
        return binary.getvalue()
    raise MistakeError(f"the container's own output_fn does not write {accept}")


def _read_matrix(body: Any, content_type: str) -> Any:
    import numpy as np

    xgboost = _xgboost()
    if content_type.partition(";")[0].strip() != CSV:
        raise MistakeError(f"the stand-in for the XGBoost container's own input_fn reads {CSV}, not {content_type}")
    rows = [[field if field else "nan" for field in line.split(",")] for line in body.strip().splitlines()]
    try:
        return xgboost.DMatrix(np.array(rows, dtype=np.float32))
    except ValueError as error:
        raise MistakeError(f"the payload is no table of numbers: {error}") from error


def _predict_matrix(matrix: Any, model: Any) -> Any:
    return model.predict(matrix, validate_features=False)


def _xgboost() -> Any:
    try:
        import xgboost
    except ImportError:
        needed = "the package xgboost-cpu (or xgboost) in the step's environment"
        raise MistakeError(f"a model of XGBoost needs {needed}: it cannot be imported") from None
    return xgboost
