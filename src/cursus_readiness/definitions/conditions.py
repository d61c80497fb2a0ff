"""Conditions of a Condition step: checked for shape before the run, decided during it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cursus_readiness.definitions.expressions import is_late
from cursus_readiness.definitions.model import hint, invalid
from cursus_readiness.model.finding import Finding

Json = Any
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda left, right: bool(left == right),
    "GreaterThan": lambda left, right: bool(left > right),
    "GreaterThanOrEqualTo": lambda left, right: bool(left >= right),
    "LessThan": lambda left, right: bool(left < right),
    "LessThanOrEqualTo": lambda left, right: bool(left <= right),
}
_TYPES = (*_COMPARISONS, "In", "Not", "Or")


class ConditionError(Exception):
    """Values that cannot be compared."""


def check_conditions(conditions: Json, at: str, step: str) -> list[Finding]:
    """What is wrong with the shape of a (resolved) list of conditions, and with values that are known already."""
    return list(_check_list(conditions, at, step))


def _check_list(conditions: Json, at: str, step: str) -> Iterator[Finding]:
    if not isinstance(conditions, list) or not conditions:
        yield invalid(at, "a list of conditions is expected", step=step)
        return
    for index, condition in enumerate(conditions):
        yield from _check(condition, f"{at}[{index}]", step)


def _check(condition: Json, at: str, step: str) -> Iterator[Finding]:
    kind = condition.get("Type") if isinstance(condition, dict) else None
    if kind not in _TYPES:
        near = hint(str(kind), _TYPES) or f"; known are {', '.join(_TYPES)}"
        yield invalid(f"{at}.Type", f"unknown condition {kind!r}{near}", step=step)
    elif kind == "Not":
        key = "Expression" if "Expression" in condition else "Condition"
        yield from _check(condition.get(key), f"{at}.{key}", step)
    elif kind == "Or":
        yield from _check_list(condition.get("Conditions"), f"{at}.Conditions", step)
    elif kind == "In":
        values = condition.get("Values", condition.get("In"))
        if not ("QueryValue" in condition or "Value" in condition) or not isinstance(values, list):
            yield invalid(at, "In needs a 'QueryValue' and a list 'Values'", step=step)
    elif "LeftValue" not in condition or "RightValue" not in condition:
        yield invalid(at, f"{kind} needs a 'LeftValue' and a 'RightValue'", step=step)
    elif not any(is_late(condition[key]) for key in ("LeftValue", "RightValue")):
        try:
            _compare(kind, condition["LeftValue"], condition["RightValue"])
        except ConditionError as error:
            yield invalid(at, str(error), step=step)


def decide(conditions: list[Json]) -> bool:
    """Whether all conditions hold. They are resolved, and ``check_conditions`` has found nothing wrong with them.

    Raises ConditionError for values that cannot be compared.
    """
    return all(_holds(condition) for condition in conditions)


def _holds(condition: Json) -> bool:
    kind = condition["Type"]
    if kind == "Not":
        return not _holds(_negated(condition))
    if kind == "Or":
        return any(_holds(item) for item in condition["Conditions"])
    if kind == "In":
        value = condition.get("QueryValue", condition.get("Value"))
        values = condition.get("Values", condition.get("In"))
        return any(_sort(value) == _sort(item) and _compare("Equals", value, item) for item in values)
    return _compare(kind, condition["LeftValue"], condition["RightValue"])


def _negated(condition: Json) -> Json:
    """What a Not is about: the SDK writes ``Expression``, the published schema's examples ``Condition``."""
    return condition.get("Expression", condition.get("Condition"))


def _compare(kind: str, left: Json, right: Json) -> bool:
    """Numbers with numbers, texts with texts, true and false with each other."""
    if _sort(left) is None or _sort(left) != _sort(right):
        raise ConditionError(f"{kind} cannot compare {left!r} with {right!r}")
    if isinstance(left, bool) and kind != "Equals":
        raise ConditionError(f"{kind} cannot compare true and false")
    return _COMPARISONS[kind](left, right)


def _sort(value: Json) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else None


def describe(conditions: list[Json]) -> str:
    """The conditions in one line, as people would write them."""
    return " and ".join(_describe(condition) for condition in conditions)


_SIGNS = {
    "Equals": "==",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": ">=",
    "LessThan": "<",
    "LessThanOrEqualTo": "<=",
}


def _describe(condition: Json) -> str:
    kind = condition["Type"]
    if kind == "Not":
        return f"not ({_describe(_negated(condition))})"
    if kind == "Or":
        return "(" + " or ".join(_describe(item) for item in condition["Conditions"]) + ")"
    if kind == "In":
        values = condition.get("Values", condition.get("In"))
        return f"{_value(condition.get('QueryValue', condition.get('Value')))} in {', '.join(map(_value, values))}"
    return f"{_value(condition['LeftValue'])} {_SIGNS[kind]} {_value(condition['RightValue'])}"


def _value(value: Json) -> str:
    return value if is_late(value) else repr(value)
