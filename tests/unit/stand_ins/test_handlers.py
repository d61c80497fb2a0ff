"""Inference scripts are called as the containers call them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import pytest
from readiness_artifact import MistakeError
from readiness_defaults import BuiltInXGBoost, defaults_of
from readiness_handlers import Handlers, serving


class Sum:
    """A model that adds up rows."""

    def predict(self, rows: Any) -> Any:
        return rows.sum(axis=1)


def handlers(framework: str | None = "scikit-learn", **functions: Any) -> Handlers:
    module = ModuleType("inference")
    vars(module).update({"model_fn": lambda _: Sum(), **functions})
    found = Handlers(module, "inference.py", framework)
    found.load()
    return found


def test_the_containers_own_handlers_read_rows_and_write_predictions() -> None:
    served = handlers()
    assert served.answer(b"1,2\n3,4\n", "text/csv", "text/csv") == b"3.0\n7.0\n"
    assert served.answer(b"1,2", "text/csv", "application/json") == b"[3.0]"
    assert served.answer(b"[[1, 2], [3, 4]]", "application/json", None) == b"[3.0, 7.0]"
    array = io.BytesIO()
    numpy.save(array, numpy.array([[1.0, 2.0]]))
    answer = served.answer(array.getvalue(), "application/x-npy", "application/x-npy")
    assert numpy.load(io.BytesIO(answer)).tolist() == [3.0]


def test_text_reaches_a_script_as_text_and_the_rest_as_bytes() -> None:
    seen: list[tuple[type, str, str]] = []

    def transform_fn(model: Any, data: Any, content_type: str, accept: str) -> str:
        seen.append((type(data), content_type, accept))
        return "done"

    served = handlers(None, transform_fn=transform_fn)
    assert served.answer(b"1", "text/csv", "*/*") == b"done"
    served.answer(b"1", "image/png", "text/csv")
    assert seen == [(str, "text/csv", "application/json"), (bytes, "image/png", "text/csv")]


def test_the_default_answer_is_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")
    assert handlers().answer(b"1,2\n", "text/csv", None) == b"3.0\n"


def test_a_handler_that_takes_the_context_gets_it() -> None:
    def output_fn(prediction: Any, accept: str, context: Any) -> tuple[str, str]:
        return json.dumps([context.system_properties["model_dir"], len(prediction)]), accept

    assert handlers(output_fn=output_fn).answer(b"1,2\n", "text/csv", None) == b'["/opt/ml/model", 1]'


def test_a_response_of_a_web_framework_is_its_body() -> None:
    class Response:
        def get_data(self) -> bytes:
            return b"body"

    assert handlers(output_fn=lambda *_: Response()).answer(b"1,2\n", "text/csv", None) == b"body"


@pytest.mark.parametrize(
    ("framework", "functions", "message"),
    [
        (
            "scikit-learn",
            {"model_fn": None},
            "inference.py defines no model_fn, and the scikit-learn container has none",
        ),
        ("scikit-learn", {"model_fn": lambda _: 1 / 0}, "^model_fn raises ZeroDivisionError"),
        ("scikit-learn", {"predict_fn": lambda data, model: exit(3)}, "predict_fn raises SystemExit: 3"),
        ("scikit-learn", {"predict_fn": lambda data: data}, "predict_fn raises TypeError"),
        ("scikit-learn", {"model_fn": lambda _: "text"}, "predict_fn of the container raises AttributeError"),
        ("scikit-learn", {"output_fn": lambda *_: [1]}, "output_fn gives a list"),
        (
            "xgboost",
            {"input_fn": lambda *_: 1, "predict_fn": lambda *_: [1], "output_fn": None},
            "own output_fn does not write",
        ),
        (None, {}, "defines no input_fn, and the container has none that is known"),
        (None, {"transform_fn": len, "input_fn": len}, "the container refuses it"),
    ],
)
def test_a_handler_that_fails_is_named(framework: str | None, functions: dict[str, Any], message: str) -> None:
    with pytest.raises(MistakeError, match=message):
        handlers(framework, **functions).answer(b"1,2\n", "text/csv", "image/png" if framework == "xgboost" else None)


def test_the_containers_own_input_fn_reads_no_other_type() -> None:
    for framework in ("scikit-learn", "xgboost"):
        with pytest.raises(MistakeError, match="image/png"):
            defaults_of(framework)["input_fn"](b"", "image/png")


def test_a_script_is_found_where_it_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))
    told = {"code_dir": str(tmp_path), "program": None, "framework": None}
    assert serving(told) is None
    with pytest.raises(MistakeError, match=f"served_here.py is not in {tmp_path}, which holds nothing"):
        serving({**told, "program": "served_here.py"})
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/served_here.py").write_text("def model_fn(folder): return folder\n", encoding="utf-8")
    found = serving({**told, "program": "deep/served_here.py"})
    assert isinstance(found, Handlers)
    assert found.has_model_fn
    assert isinstance(serving({**told, "framework": "xgboost"}), BuiltInXGBoost)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def broken(:", r"broken_script.py line 1 is not Python 3"),
        ("import no_such_module", "needs the module 'no_such_module', which the step's Python does not have"),
        ("raise ValueError('no')", "cannot be imported: ValueError: no"),
        ("raise SystemExit", "cannot be imported: SystemExit"),
    ],
)
def test_a_script_that_cannot_be_imported_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "broken_script", raising=False)
    (tmp_path / "broken_script.py").write_text(text, encoding="utf-8")
    with pytest.raises(MistakeError, match=message):
        serving({"code_dir": str(tmp_path), "program": "broken_script", "framework": None})


@pytest.mark.parametrize("is_pickled", [True, False])
def test_a_model_of_the_built_in_algorithm_is_served(tmp_path: Path, is_pickled: bool) -> None:
    import pickle

    xgboost = pytest.importorskip("xgboost")
    rows = numpy.array([[0.0, 1.0], [1.0, 0.0]] * 8)
    booster = xgboost.train({"max_depth": 1}, xgboost.DMatrix(rows, rows[:, 0]), 3)
    path = tmp_path / "xgboost-model"
    path.write_bytes(pickle.dumps(booster) if is_pickled else booster.save_raw("ubj"))
    served = BuiltInXGBoost(str(tmp_path))
    served.load()
    low, high = map(float, served.answer(b"0,1\n1,\n", "text/csv", "text/csv").split())
    assert low < high
    with pytest.raises(MistakeError, match="rows of 3 features are sent to a model of 2"):
        served.answer(b"0,1,2\n", "text/csv", None)
    with pytest.raises(MistakeError, match="no table of numbers"):
        served.answer(b"0,x\n", "text/csv", None)
    with pytest.raises(MistakeError, match="not application/json"):
        served.answer(b"0,1\n", "text/csv", "application/json")


def test_what_is_no_model_of_the_built_in_algorithm_is_named(tmp_path: Path) -> None:
    pytest.importorskip("xgboost")
    with pytest.raises(MistakeError, match="holds no model"):
        BuiltInXGBoost(str(tmp_path)).load()
    (tmp_path / "xgboost-model").write_text("nothing", encoding="utf-8")
    with pytest.raises(MistakeError, match="xgboost-model is not a model of XGBoost"):
        BuiltInXGBoost(str(tmp_path)).load()
