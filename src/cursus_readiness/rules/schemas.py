"""Parts of JSON Schema that rules share, and the schema of ``validation_rules`` as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAME: dict[str, Any] = {"type": "string", "minLength": 1}
NAMES: dict[str, Any] = {"type": "array", "items": NAME, "minItems": 1}
NAME_OR_NAMES: dict[str, Any] = {"anyOf": [NAME, NAMES]}
NUMBER: dict[str, Any] = {"type": "number"}
BOUND: dict[str, Any] = {
    "anyOf": [NUMBER, {"type": "string", "pattern": r"^\s*(>=|<=|==|!=|>|<)\s*[-+]?[\d.]+([eE][-+]?\d+)?\s*$"}]
}
RANGE: dict[str, Any] = {
    "type": "array",
    "items": {"type": ["number", "null"]},
    "minItems": 2,
    "maxItems": 2,
}
REFERENCE: dict[str, Any] = {
    "type": "string",
    "description": "input:NAME/files, OUTPUT/files of this step, STEP:OUTPUT/files of an earlier one, or file:path.",
}


def mapping_of(value: dict[str, Any]) -> dict[str, Any]:
    """Column -> value."""
    return {"type": "object", "additionalProperties": value, "minProperties": 1}


def closed(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def schema_of_rules(rules: Mapping[str, dict[str, Any]], settings: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """JSON Schema of a scenario's ``validation_rules``: step -> target -> rules, or a short form of them."""
    target = {
        "anyOf": [
            {"const": "exists"},
            {"const": True},
            {"$ref": "#/$defs/metric"},
            closed({}, {**settings, **{key: _one_or_several(key) for key in rules}}),
        ]
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "validation_rules",
        "description": "Step -> 'OutputName/files' -> rules.",
        "type": "object",
        "additionalProperties": {"type": "object", "minProperties": 1, "additionalProperties": target},
        "$defs": dict(rules),
    }


def _one_or_several(key: str) -> dict[str, Any]:
    """A rule as it is written, or a list of mappings, each a rule."""
    rule = {"$ref": f"#/$defs/{key}"}
    several = {"type": "array", "items": {"allOf": [{"type": "object"}, rule]}, "minItems": 1}
    return {"anyOf": [rule, several]}
