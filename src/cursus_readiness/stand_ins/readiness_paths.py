"""The JSONPath of batch transform's filters: names, lists of names, indexes, one slice, and ``*``.

Source: the SageMaker developer guide, *Associate prediction results with input records*. That a name may hold no
``_`` and that a slice stands alone is what the service's own error messages say. The end of a slice is left out, as in
JSONPath; the guide says both.
"""

from __future__ import annotations

import re

from readiness_artifact import MistakeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Step = str | list[str] | list[int] | slice

_ALLOWED = re.compile(r"[A-Za-z0-9$\[\]*. ,:'-]*")
_STEP = re.compile(r"\.?\[([^\]]*)\]|\.(\*|[A-Za-z0-9-]+)")
_NAMES = re.compile(r"\s*'[^']*'\s*(,\s*'[^']*'\s*)*")
_INDEXES = re.compile(r"\s*-?\d+\s*(,\s*-?\d+\s*)*")
_SLICE = re.compile(r"\s*(-?\d*)\s*:\s*(-?\d*)\s*")


def selector(path: str, *, is_row: bool) -> Callable[[Any], Any]:
    """What a filter takes of a record; ``is_row`` for a row of CSV, which has no names and gives a row.

    Raises MistakeError for a filter that the service would not take; so does the selector for a record that lacks what
    is asked for.
    """
    steps = _parsed(path)
    if is_row and any((isinstance(step, str) and step != "*") or _are_names(step) for step in steps):
        raise MistakeError(f"{path}: columns of CSV have no names; use indexes such as $[0]")

    def select(record: Any) -> Any:
        found = [record]
        is_many = False
        for step in steps:
            taken = [_take(value, step, path) for value in found]
            if (
                step == "*"
                or isinstance(step, slice)
                or (isinstance(step, list) and len(step) > 1 and not _are_names(step))
            ):
                found, is_many = [item for values in taken for item in values], True
            else:
                found = taken
        whole = found if is_many else found[0]
        return [whole] if is_row and not isinstance(whole, list) else whole

    return select


def _are_names(step: Step) -> bool:
    return isinstance(step, list) and isinstance(step[0], str)


def _parsed(path: str) -> list[Step]:
    allowed = _ALLOWED.match(path)
    if allowed is not None and allowed.end() < len(path):
        raise MistakeError(f"{path}: the service takes no {path[allowed.end()]!r} in a filter")
    if not path.startswith("$"):
        raise MistakeError(f"{path}: a filter begins with $")
    steps: list[Step] = []
    position = 1
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            raise MistakeError(f"{path}: cannot be read from {path[position:]!r} on")
        steps.append(found[2] or _bracket(found[1], path))
        position = found.end()
    return steps


def _bracket(inside: str, path: str) -> Step:
    if inside.strip() == "*":
        return "*"
    if _NAMES.fullmatch(inside):
        return [name.strip()[1:-1] for name in re.findall(r"'[^']*'", inside)]
    if _INDEXES.fullmatch(inside):
        return [int(index) for index in inside.split(",")]
    bounds = _SLICE.fullmatch(inside)
    if bounds:
        return slice(*(int(bound) if bound else None for bound in bounds.groups()))
    if ":" in inside:
        raise MistakeError(f"{path}: a range such as [1:5] stands alone in its brackets")
    raise MistakeError(f"{path}: [{inside}] is neither names in quotes nor indexes")


def _take(value: Any, step: Step, path: str) -> Any:
    """What one step takes of one value; several indexes, a slice and ``*`` give a list of values."""
    if step == "*":
        if not isinstance(value, (list, dict)):
            raise MistakeError(f"{path}: * is asked of a {_kind(value)}")
        return list(value.values()) if isinstance(value, dict) else value
    if isinstance(step, str):
        return _member(value, step, path)
    if isinstance(step, slice):
        return _array(value, path)[step]
    if _are_names(step):
        named = {name: _member(value, str(name), path) for name in step}
        return named if len(named) > 1 else next(iter(named.values()))
    array = _array(value, path)
    for index in step:
        if not -len(array) <= int(index) < len(array):
            raise MistakeError(f"{path}: index {index} is asked of {len(array)} values")
    items = [array[int(index)] for index in step]
    return items if len(items) > 1 else items[0]


def _member(value: Any, name: str, path: str) -> Any:
    if not isinstance(value, dict):
        raise MistakeError(f"{path}: {name!r} is asked of a {_kind(value)}")
    if name not in value:
        raise MistakeError(f"{path}: there is no {name!r} among {', '.join(map(str, value)) or 'no names'}")
    return value[name]


def _array(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise MistakeError(f"{path}: an index is asked of a {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    return {dict: "JSON object", list: "list", str: "text", type(None): "null"}.get(type(value), "number")
