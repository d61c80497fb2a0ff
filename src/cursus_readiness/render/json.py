"""``readiness.json``: what other programs may rely on."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from cursus_readiness.model.report import SCHEMA_VERSION, ReadinessReport
from cursus_readiness.model.result import StepResult

_ADDED = {  # to the fields of a step, here for programs that have no model of it
    "is_timing_comparable": {
        "anyOf": [{"type": "boolean"}, {"type": "null"}],
        "description": "Whether nothing else kept the machine busy; null when that is not known.",
    },
    "stand_in": {
        "type": "boolean",
        "description": "Whether a program of this tool ran in the place of the container's.",
    },
    "stand_in_program": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "Which one."},
}


def report_fields(report: ReadinessReport) -> dict[str, Any]:
    """The report as plain data; the usage of a step stands beside its other fields."""
    fields = report.model_dump(mode="json")
    for scenario, shown in zip(report.scenarios, fields["scenarios"], strict=True):
        shown["steps"] = [_step_fields(*pair) for pair in zip(scenario.steps, shown["steps"], strict=True)]
    return fields


def render_json(report: ReadinessReport) -> str:
    """The report as JSON text; ``null`` is *not measured*."""
    return to_json(report_fields(report), indent=2, inf_nan_mode="null").decode() + "\n"


def report_schema() -> dict[str, Any]:
    """JSON Schema of the text that ``render_json`` makes.

    A number may be null wherever it stands, and fields that it does not know are allowed: a newer tool may add some.
    """
    schema = ReadinessReport.model_json_schema(mode="serialization")
    step, usage = schema["$defs"]["StepResult"], schema["$defs"].pop("Usage")
    del step["properties"]["usage"]
    step["properties"] |= {**usage["properties"], **_ADDED}
    schema["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "readiness.json"}
    return {**_published(schema), **head}


def _published(schema: Any) -> Any:
    """A schema that is open to new fields, has all that are known, and in which null may stand for a number."""
    if isinstance(schema, list):
        return [_published(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _published(item) for key, item in schema.items() if not _is_left_out(key, item)}
    if schema.get("type") == "number":
        kept["type"] = ["number", "null"]
    if "properties" in schema:
        kept["required"] = sorted(schema["properties"])
    return kept


def _is_left_out(key: str, item: Any) -> bool:
    """That no other field may be there, and pydantic's own titles, which only repeat a name."""
    return (key == "additionalProperties" and item is False) or (key == "title" and isinstance(item, str))


def _step_fields(step: StepResult, fields: dict[str, Any]) -> dict[str, Any]:
    usage = fields.pop("usage")
    return {
        **fields,
        **usage,
        "is_timing_comparable": None if step.contention is None else not step.contention.disturbances,
        "stand_in": step.stand_in is not None,
        "stand_in_program": step.stand_in,
    }
