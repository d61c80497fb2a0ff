"""Expressions of a definition: ``Get``, ``Std:Join`` and ``Std:JsonGet``, resolved as far as they are known.

What is known only once a step has ended (a value in a property file, the best trial of a tuning job) becomes a marker
in the text, ``⟦Steps.Tune.BestTrainingJob.TrainingJobName⟧``, which ``settle`` replaces when the step's turn has come.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any
EXECUTION_VARIABLES = (
    *("PipelineName", "PipelineArn", "PipelineExecutionId", "PipelineExecutionArn"),
    *("StartDateTime", "CurrentDateTime", "TrainingJobName", "ProcessingJobName"),
)
_TOKEN = re.compile(r"\.?([A-Za-z0-9_:-]+)|\['([^']*)'\]|\[\"([^\"]*)\"\]|\[(\d+)\]")
_NAME_KEYS = ("OutputName", "InputName", "ChannelName", "MetricName", "Name")
_FUNCTIONS = ("Std:Join", "Std:JsonGet")
_MARKER = re.compile("⟦[^⟧]*⟧")


class ExpressionError(Exception):
    """An expression that cannot be resolved; ``at`` is its JSON path."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


class Later:
    """Stands in a step's properties for a value that is known only once the step has ended."""


LATER = Later()


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions may refer to. ``properties`` holds a Describe-like object per step.

    ``late`` collects the markers that were written, with the expression that each stands for.
    """

    parameters: Mapping[str, Json]
    execution: Mapping[str, str]
    properties: Mapping[str, Json]
    experiment: Mapping[str, Json] = field(default_factory=dict)
    late: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reference:
    """A ``Get`` met in a definition: ``root`` is ``Parameters``, ``Execution`` or ``Steps``."""

    root: str
    name: str
    rest: str
    at: str


def references(value: Json, at: str) -> Iterator[Reference]:
    """Every ``Get`` below ``value``, with its JSON path.

    Raises ExpressionError for a ``Get`` that is not a path.
    """
    if isinstance(value, dict):
        if set(value) == {"Get"}:
            yield parse_reference(value["Get"], at)
            return
        for key, item in value.items():
            yield from references(item, f"{at}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from references(item, f"{at}[{index}]")


def parse_reference(path: Json, at: str) -> Reference:
    """``Steps.NAME.rest`` (or ``Parameters.NAME``, ``Execution.NAME``) taken apart."""
    if not isinstance(path, str):
        raise ExpressionError(at, f"Get needs a path, not {type(path).__name__}")
    root, _, tail = path.partition(".")
    if not tail:
        raise ExpressionError(at, f"Get {path!r} is not a path such as 'Parameters.NAME'")
    if root != "Steps":
        return Reference(root, tail, "", at)
    name = re.split(r"[.\[]", tail, maxsplit=1)[0]
    return Reference(root, name, tail[len(name) :], at)


def resolve(value: Json, scope: Scope, at: str) -> Json:
    """``value`` with every expression replaced by what it stands for, or by a marker.

    Raises ExpressionError with the JSON path of the first expression that cannot be resolved.
    """
    if isinstance(value, list):
        return [resolve(item, scope, f"{at}[{index}]") for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return _plain(value, at)
    if len(value) == 1:
        (key, argument) = next(iter(value.items()))
        if key == "Get":
            return _get(parse_reference(argument, at), scope)
        if key == "Std:Join":
            return _join(argument, scope, at)
        if key == "Std:JsonGet":
            return _json_get(argument, scope, at)
        if key.startswith("Std:"):
            raise ExpressionError(at, f"unknown function {key!r}; known are {', '.join(_FUNCTIONS)}")
    return {key: resolve(item, scope, f"{at}.{key}") for key, item in value.items()}


def _plain(value: Json, at: str) -> Json:
    """Data of the definition's own, which must not pass for one of our markers."""
    if is_late(value):
        raise ExpressionError(at, "text between ⟦ and ⟧ cannot be planned here")
    return value


def is_late(value: Json) -> bool:
    """Whether a resolved text holds something that is known only during the run."""
    return isinstance(value, str) and _MARKER.search(value) is not None


def has_late(value: Json) -> bool:
    """Whether anything in nested data is known only during the run."""
    if isinstance(value, dict):
        return any(has_late(item) for item in value.values())
    return any(has_late(item) for item in value) if isinstance(value, list) else is_late(value)


def markers(value: Json) -> Iterator[str]:
    """Every marker in nested data."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from markers(item)
    elif isinstance(value, str):
        yield from _MARKER.findall(value)


def settle(value: Json, late: Mapping[str, Json], answer: Callable[[Json], Json]) -> Json:
    """``value`` with every marker of ``late`` replaced by what ``answer`` says to its expression.

    A text that is nothing but a marker takes the answer's type; inside a longer text it becomes text.
    """
    if isinstance(value, list):
        return [settle(item, late, answer) for item in value]
    if isinstance(value, dict):
        return {key: settle(item, late, answer) for key, item in value.items()}
    if not isinstance(value, str) or not is_late(value):
        return value
    if value in late:
        return answer(late[value])
    return _MARKER.sub(lambda found: text_of(answer(late[found[0]])) if found[0] in late else found[0], value)


def descend(value: Json, path: str, at: str, what: str) -> Json:
    """What stands below ``value`` at ``.a['b'][0]``.

    Raises ExpressionError when there is nothing; ``what`` names the whole for its message.
    """
    position = 0
    while position < len(path):
        match = _TOKEN.match(path, position)
        if match is None:
            raise ExpressionError(at, f"cannot read the path {path!r}")
        if value is LATER:
            return value
        value = _member(value, match, path, at, what)
        position = match.end()
    return value


def _join(argument: Json, scope: Scope, at: str) -> str:
    """Join values as text; the SDK writes ``On: ""`` around a single number to make it a string."""
    values = argument.get("Values") if isinstance(argument, dict) else None
    if not isinstance(values, list):
        raise ExpressionError(at, "Std:Join needs 'On' and a list 'Values'")
    return str(argument.get("On", "")).join(text_of(resolve(item, scope, at)) for item in values)


def _json_get(argument: Json, scope: Scope, at: str) -> str:
    """A marker: the file is there only when its step has ended."""
    path = argument.get("Path") if isinstance(argument, dict) else None
    if isinstance(path, dict):
        path = resolve(path, scope, f"{at}.Path")
    if not isinstance(path, str):
        raise ExpressionError(at, "Std:JsonGet needs 'PropertyFile' (or 'S3Uri') and a text 'Path'")
    if "S3Uri" in argument:
        uri = resolve(argument["S3Uri"], scope, f"{at}.S3Uri")
        return _mark(f"{uri} {path}", {"Std:JsonGet": {"S3Uri": uri, "Path": path}}, scope)
    step, name = property_file(argument, at)
    expression = {"Std:JsonGet": {"PropertyFile": {"Get": f"Steps.{step}.PropertyFiles.{name}"}, "Path": path}}
    return _mark(f"Steps.{step}.PropertyFiles.{name} {path}", expression, scope)


def property_file(argument: Json, at: str) -> tuple[str, str]:
    """Step and name of the property file of a ``Std:JsonGet``.

    Raises ExpressionError when there is none.
    """
    written = argument.get("PropertyFile") if isinstance(argument, dict) else None
    if not isinstance(written, dict) or set(written) != {"Get"}:
        raise ExpressionError(at, "Std:JsonGet needs a 'PropertyFile' that is a Get of Steps.NAME.PropertyFiles.FILE")
    reference = parse_reference(written["Get"], f"{at}.PropertyFile")
    kind, _, name = reference.rest.lstrip(".").partition(".")
    if reference.root != "Steps" or not name or kind != "PropertyFiles":
        raise ExpressionError(f"{at}.PropertyFile", f"{written['Get']!r} is not Steps.NAME.PropertyFiles.FILE")
    return reference.name, name


def _mark(text: str, expression: Json, scope: Scope) -> str:
    marker = f"⟦{text.translate(_NO_BRACKETS)}⟧"
    scope.late[marker] = expression
    return marker


_NO_BRACKETS = str.maketrans("⟦⟧", "[]")


def text_of(value: Json) -> str:
    """A resolved value as the text that SageMaker would put into an argument or an environment."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _get(reference: Reference, scope: Scope) -> Json:
    if reference.root == "Parameters":
        return _plain(_lookup(scope.parameters, reference, "parameter"), reference.at)
    if reference.root == "Execution":
        return _lookup(scope.execution, reference, "execution variable")
    if reference.root == "PipelineExperimentConfig":
        return resolve(_lookup(scope.experiment, reference, "experiment setting"), scope, reference.at)
    if reference.root != "Steps":
        raise ExpressionError(reference.at, f"Get of {reference.root!r}; use Parameters, Execution or Steps")
    if reference.rest.startswith(".PropertyFiles."):
        raise ExpressionError(reference.at, "a property file is read by Std:JsonGet, not by Get")
    properties = _lookup(scope.properties, reference, "step")
    value = descend(properties, reference.rest, reference.at, f"step {reference.name!r}")
    if value is LATER:
        path = f"Steps.{reference.name}{reference.rest}"
        return _mark(path, {"Get": path}, scope)
    if holds_later(value):
        raise ExpressionError(reference.at, "Get names a whole object; name one value of it")
    return value


def holds_later(value: Json) -> bool:
    """Whether anything in nested properties is known only once the step has ended."""
    if isinstance(value, dict):
        return any(holds_later(item) for item in value.values())
    return any(holds_later(item) for item in value) if isinstance(value, list) else value is LATER


def _lookup(table: Mapping[str, Json], reference: Reference, kind: str) -> Json:
    if reference.name not in table:
        raise ExpressionError(reference.at, f"unknown {kind} {reference.name!r}")
    return table[reference.name]


def _member(value: Json, token: re.Match[str], path: str, at: str, what: str) -> Json:
    key = token[1] or token[2] or token[3]
    if isinstance(value, dict) and key is not None and key in value:
        return value[key]
    if isinstance(value, list):
        if token[4] is not None and int(token[4]) < len(value):
            return value[int(token[4])]
        for item in value:  # lists of inputs, outputs and channels are indexed by name
            if isinstance(item, dict) and key is not None and key in (item.get(name) for name in _NAME_KEYS):
                return item
    known = ", ".join(map(str, value)) if isinstance(value, dict) and len(value) < 12 else ""
    near = f"; there are {known}" if known else ""
    raise ExpressionError(at, f"{what} has no property {path.lstrip('.')!r}{near}")
