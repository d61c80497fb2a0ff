"""Imports an inference script and calls its handlers as the containers of SageMaker do.

Source: the public packages ``sagemaker-inference``, ``sagemaker-scikit-learn-container`` and
``sagemaker-xgboost-container``.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import time
import traceback
from types import SimpleNamespace

from readiness_artifact import MODEL_DIR, MistakeError
from readiness_defaults import BuiltInXGBoost, defaults_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

DEFAULT_SCRIPT = "inference.py"
JSON = "application/json"
_TEXT_TYPES = (JSON, "text/csv")  # bodies of these reach a handler as text, all others as bytes
_NAMES = ("model_fn", "transform_fn", "input_fn", "predict_fn", "output_fn")


class Handlers:
    """The handlers of an inference script; those that it lacks are the container's own, where it has some."""

    def __init__(self, module: ModuleType, script: str, framework: str | None) -> None:
        self._script = script
        self._own = {name: getattr(module, name) for name in _NAMES if callable(getattr(module, name, None))}
        self._defaults = defaults_of(framework)
        self._framework = framework
        self._model: Any = None
        print(f"{script} defines {', '.join(self._own) or 'no handler'}", flush=True)
        if "transform_fn" in self._own and {"input_fn", "predict_fn", "output_fn"} & set(self._own):
            raise MistakeError(
                f"{script} defines transform_fn beside input_fn, predict_fn or output_fn: the container refuses it"
            )

    @property
    def has_model_fn(self) -> bool:
        """Whether the script itself says how the model is loaded."""
        return "model_fn" in self._own

    def load(self) -> None:
        """Load the model with ``model_fn``.

        Raises MistakeError when it fails, or when there is none.
        """
        began_s = time.perf_counter()
        self._model = self._call("model_fn", MODEL_DIR)
        kind = type(self._model)
        print(
            f"model_fn gives a {kind.__module__}.{kind.__qualname__} in {time.perf_counter() - began_s:.2f} s",
            flush=True,
        )

    def answer(self, body: bytes, content_type: str | None, accept: str | None) -> bytes:
        """What the model says to a request.

        Raises MistakeError when a handler fails, or gives what cannot be sent.
        """
        accept = accept if accept and accept != "*/*" else os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
        content_type = content_type or JSON
        data: Any = body.decode("utf-8") if content_type in _TEXT_TYPES else body
        if "transform_fn" in self._own:
            return self._sent("transform_fn", self._call("transform_fn", self._model, data, content_type, accept))
        data = self._call("input_fn", data, content_type)
        prediction = self._call("predict_fn", data, self._model)
        return self._sent("output_fn", self._call("output_fn", prediction, accept))

    def _call(self, name: str, *arguments: Any) -> Any:
        handler = self._own.get(name) or self._defaults.get(name)
        if handler is None:
            container = f"the {self._framework} container" if self._framework else "the container"
            raise MistakeError(f"{self._script} defines no {name}, and {container} has none that is known here")
        try:
            return handler(*arguments, *_context(handler, len(arguments)))
        except MistakeError:
            raise
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            whose = "" if name in self._own else " of the container"
            raise MistakeError(f"{name}{whose} raises {_spoken(error)}") from error

    def _sent(self, name: str, answer: Any) -> bytes:
        """The body of an answer: text, bytes, a pair of body and content type, or a response of a web framework."""
        if isinstance(answer, tuple) and len(answer) == 2:
            answer = answer[0]
        if callable(getattr(answer, "get_data", None)):
            answer = answer.get_data()
        if isinstance(answer, str):
            return answer.encode("utf-8")
        if isinstance(answer, (bytes, bytearray)):
            return bytes(answer)
        raise MistakeError(f"{name} gives a {type(answer).__name__}; text or bytes can be sent")


def serving(container: dict[str, Any]) -> Handlers | BuiltInXGBoost | None:
    """What serves an opened model; nothing when it has no inference script and the image is none that is known."""
    script = _script(container)
    if script is not None:
        return Handlers(_imported(script, container["code_dir"]), script, container["framework"])
    return BuiltInXGBoost(MODEL_DIR) if container["framework"] == "xgboost" else None


def _script(container: dict[str, Any]) -> str | None:
    """The inference script: the one that is named, which must be there, or the one that containers look for."""
    folder, named = container["code_dir"], container["program"]
    if named is None:
        is_there = container["framework"] != "xgboost" and os.path.isfile(os.path.join(folder, DEFAULT_SCRIPT))
        return DEFAULT_SCRIPT if is_there else None
    name = named if named.endswith(".py") else f"{named}.py"
    if not os.path.isfile(os.path.join(folder, name)):
        there = ", ".join(sorted(os.listdir(folder))[:10]) if os.path.isdir(folder) else ""
        raise MistakeError(f"the inference script {named} is not in {folder}, which holds {there or 'nothing'}")
    return str(name)


def _imported(script: str, folder: str) -> ModuleType:
    """The module of a script, whose folder comes first where modules are looked for, and ours no more."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder, *(path for path in sys.path if path not in (here, folder))]
    importlib.invalidate_caches()
    try:
        return importlib.import_module(script[: -len(".py")].replace("/", "."))
    except SyntaxError as error:
        where = f"{os.path.basename(error.filename or script)} line {error.lineno}"
        raise MistakeError(f"{where} is not Python {_version()}: {error.msg}") from error
    except ModuleNotFoundError as error:
        traceback.print_exc()
        raise MistakeError(
            f"{script} needs the module {error.name!r}, which the step's Python does not have"
        ) from error
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        raise MistakeError(f"{script} cannot be imported: {_spoken(error)}") from error


def _context(handler: Callable[..., Any], count: int) -> tuple[Any, ...]:
    """The context of the request, for a handler that takes one more argument than it must."""
    try:
        takes = len(inspect.signature(handler).parameters)
    except (TypeError, ValueError):
        return ()
    return (SimpleNamespace(system_properties={"model_dir": MODEL_DIR, "gpu_id": None}),) if takes == count + 1 else ()


def _version() -> str:
    return ".".join(map(str, sys.version_info[:2]))


def _spoken(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
