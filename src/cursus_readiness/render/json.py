"""``readiness.json``: what other programs may rely on."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import StepResult


def report_fields(report: ReadinessReport) -> dict[str, Any]:
    """The report as plain data; the usage of a step stands beside its other fields."""
    fields = report.model_dump(mode="json")
    for scenario, shown in zip(report.scenarios, fields["scenarios"], strict=True):
        shown["steps"] = [_step_fields(step) for step in scenario.steps]
    return fields


def render_json(report: ReadinessReport) -> str:
    """The report as JSON text; ``null`` is *not measured*."""
    return to_json(report_fields(report), indent=2).decode() + "\n"


def _step_fields(step: StepResult) -> dict[str, Any]:
    fields = step.model_dump(mode="json")
    usage = fields.pop("usage")
    return {
        **fields,
        **usage,
        "is_timing_comparable": None if step.contention is None else not step.contention.disturbances,
        "stand_in": step.stand_in is not None,
        "stand_in_program": step.stand_in,
    }
