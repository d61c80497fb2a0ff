"""Values of pipeline parameters: defaults and overrides, checked against type and enumeration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cursus_readiness.definitions.model import PARAMETER_TYPES, Parameter, PipelineDefinition, hint, invalid
from cursus_readiness.model.finding import Finding


def parameter_values(
    definition: PipelineDefinition, overrides: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Finding]]:
    """The value of every parameter that has one, and what is wrong with the overrides.

    A parameter without a default is only a mistake when a step that is executed needs it: it is left out here.
    """
    findings = [_unknown_override(name, definition) for name in overrides if name not in definition.parameters]
    values: dict[str, Any] = {}
    for parameter in definition.parameters.values():
        value = overrides.get(parameter.name, parameter.default)
        if value is None:
            continue
        problem = _problem(parameter, value)
        if problem:
            findings.append(invalid(parameter.at, problem, remedy=f"set parameters.{parameter.name} in the scenario"))
        values[parameter.name] = value
    return values, findings


def _problem(parameter: Parameter, value: Any) -> str | None:
    expected = PARAMETER_TYPES[parameter.type]
    is_bool_for_number = isinstance(value, bool) and parameter.type != "Boolean"
    if not isinstance(value, expected) or is_bool_for_number:
        return f"parameter {parameter.name!r} is of type {parameter.type}, but its value is {value!r}"
    if parameter.enum and value not in parameter.enum:
        allowed = ", ".join(map(repr, parameter.enum))
        return f"parameter {parameter.name!r} must be one of {allowed}, not {value!r}"
    return None


def _unknown_override(name: str, definition: PipelineDefinition) -> Finding:
    message = f"the definition has no parameter {name!r}{hint(name, definition.parameters)}"
    return invalid(f"parameters.{name}", message)
