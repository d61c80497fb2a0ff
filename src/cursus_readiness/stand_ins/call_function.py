"""Calls a function of the scenario as Lambda calls a handler, and keeps the output parameters that it returns."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn


class WrongTypeError(Exception):
    """An output parameter that is not of its declared type."""


class Context:
    """What a handler can ask about its invocation, by the names of Lambda's Python runtime."""

    function_version = "$LATEST"
    memory_limit_in_mb = "128"
    aws_request_id = "00000000-0000-0000-0000-000000000000"
    identity = None
    client_context = None

    def __init__(self, told: dict[str, Any]) -> None:
        self.function_name: str = told["function_name"]
        self.invoked_function_arn: str = told["invoked_function_arn"]
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = "readiness"
        self._ends_s = time.monotonic() + told["time_limit_s"] if told["time_limit_s"] else None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function would be stopped; a day where nothing stops it."""
        left_s = 86_400.0 if self._ends_s is None else self._ends_s - time.monotonic()
        return max(int(left_s * 1000), 0)


def main() -> None:
    """Call the function; what it raises ends the program as it is."""
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "instructions.json"), encoding="utf-8") as file:
        told = json.load(file)
    handler = load(told["file"], told["handler"])
    try:
        returned = handler(told["event"], Context(told["context"]))
    except SystemExit as error:
        fail(f"{told['handler']} ended the process (exit code {error.code}) instead of returning")
    try:
        answer = json.loads(json.dumps(returned))
    except (TypeError, ValueError) as error:
        fail(f"what {told['handler']} returned is not JSON: {error}")
    outputs = output_parameters(answer, told["outputs"], told["handler"])
    with open(told["results"], "w", encoding="utf-8") as file:
        json.dump({"OutputParameters": outputs}, file)


def load(path: str, name: str) -> Callable[[Any, Context], Any]:
    """The function of that name; its module finds the files of its own folder, and none of ours."""
    sys.path[0] = os.path.dirname(path)
    module_name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        fail(f"{os.path.basename(path)} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    if not callable(getattr(module, name, None)):
        fail(f"{os.path.basename(path)} has no function {name!r}")
    function: Callable[[Any, Context], Any] = getattr(module, name)
    return function


def output_parameters(answer: Any, declared: dict[str, str], handler: str) -> dict[str, Any]:
    """The declared output parameters among what was returned, each of its declared type."""
    if not declared:
        return {}
    if not isinstance(answer, dict):
        fail(f"{handler} returned {answer!r:.80}, not an object with the output parameters {', '.join(declared)}")
    missing = [name for name in declared if name not in answer]
    if missing:
        there = f"; it returned {', '.join(map(str, answer))}" if answer else ""
        fail(f"{handler} did not return the output parameter {', '.join(missing)}{there}")
    extra = [str(name) for name in answer if name not in declared]
    if extra:
        print(f"not declared as output parameters, and left out: {', '.join(extra)}", flush=True)
    try:
        return {name: converted(name, answer[name], kind) for name, kind in declared.items()}
    except WrongTypeError as error:
        fail(str(error))


def converted(name: str, value: Any, kind: str) -> Any:
    """A value as its type; texts that read as the type will do, since a Callback can only send texts.

    Raises WrongTypeError for any other.
    """
    text = value if isinstance(value, str) else json.dumps(value)
    is_scalar = isinstance(value, (str, int, float))
    try:
        if kind == "String" and is_scalar:
            return text
        if kind == "Boolean" and is_scalar and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind == "Integer" and is_scalar and not isinstance(value, (bool, float)):
            return int(text)
        if kind == "Float" and is_scalar and not isinstance(value, bool) and math.isfinite(float(text)):
            return float(text)
    except ValueError:
        pass
    raise WrongTypeError(f"output parameter {name!r} is {value!r:.80}, not {kind}")


def fail(message: str) -> NoReturn:
    """End the program; the message becomes the step's reason."""
    print(message, file=sys.stderr, flush=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
