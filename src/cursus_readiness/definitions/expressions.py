"""Expressions of a definition: ``Get`` and ``Std:Join``, resolved against parameters and earlier steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Any
_TOKEN = re.compile(r"\.?([A-Za-z0-9_-]+)|\['([^']*)'\]|\[\"([^\"]*)\"\]|\[(\d+)\]")
_NAME_KEYS = ("OutputName", "InputName", "ChannelName", "Name")
_LATER = ("Std:JsonGet",)


class ExpressionError(Exception):
    """An expression that cannot be resolved; ``at`` is its JSON path."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


class UnsupportedExpressionError(ExpressionError):
    """A legal expression that cannot be resolved here yet."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions may refer to. ``properties`` holds a Describe-like object per step."""

    parameters: Mapping[str, Json]
    execution: Mapping[str, str]
    properties: Mapping[str, Json]


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
    """``value`` with every expression replaced by what it stands for.

    Raises ExpressionError with the JSON path of the first expression that cannot be resolved.
    """
    if isinstance(value, list):
        return [resolve(item, scope, f"{at}[{index}]") for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (key, argument) = next(iter(value.items()))
        if key == "Get":
            return _get(parse_reference(argument, at), scope)
        if key == "Std:Join":
            return _join(argument, scope, at)
        if key.startswith("Std:"):
            known = key in _LATER
            kind = UnsupportedExpressionError if known else ExpressionError
            raise kind(at, f"{key} is not supported yet" if known else f"unknown function {key!r}")
    return {key: resolve(item, scope, f"{at}.{key}") for key, item in value.items()}


def _join(argument: Json, scope: Scope, at: str) -> str:
    """Join values as text; the SDK writes ``On: ""`` around a single number to make it a string."""
    values = argument.get("Values") if isinstance(argument, dict) else None
    if not isinstance(values, list):
        raise ExpressionError(at, "Std:Join needs 'On' and a list 'Values'")
    return str(argument.get("On", "")).join(text_of(resolve(item, scope, at)) for item in values)


def text_of(value: Json) -> str:
    """A resolved value as the text that SageMaker would put into an argument or an environment."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _get(reference: Reference, scope: Scope) -> Json:
    if reference.root == "Parameters":
        return _lookup(scope.parameters, reference, "parameter")
    if reference.root == "Execution":
        return _lookup(scope.execution, reference, "execution variable")
    if reference.root != "Steps":
        raise ExpressionError(reference.at, f"Get of {reference.root!r}; use Parameters, Execution or Steps")
    value = _lookup(scope.properties, reference, "step")
    position = 0
    while position < len(reference.rest):
        match = _TOKEN.match(reference.rest, position)
        if match is None:
            raise ExpressionError(reference.at, f"cannot read the path {reference.rest!r}")
        value = _descend(value, match, reference)
        position = match.end()
    return value


def _lookup(table: Mapping[str, Json], reference: Reference, kind: str) -> Json:
    if reference.name not in table:
        raise ExpressionError(reference.at, f"unknown {kind} {reference.name!r}")
    return table[reference.name]


def _descend(value: Json, token: re.Match[str], reference: Reference) -> Json:
    key = token[1] or token[2] or token[3]
    if isinstance(value, dict) and key is not None and key in value:
        return value[key]
    if isinstance(value, list):
        if token[4] is not None and int(token[4]) < len(value):
            return value[int(token[4])]
        for item in value:  # lists of inputs, outputs and channels are indexed by name
            if isinstance(item, dict) and key is not None and key in (item.get(name) for name in _NAME_KEYS):
                return item
    raise ExpressionError(reference.at, f"step {reference.name!r} has no property {reference.rest.lstrip('.')!r}")
