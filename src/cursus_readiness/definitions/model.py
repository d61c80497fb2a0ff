"""A pipeline definition as a graph of steps, parsed and checked for shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cursus_readiness.model.finding import Finding, Severity

Json = Any
PARAMETER_TYPES: dict[str, type | tuple[type, ...]] = {
    "String": str,
    "Integer": int,
    "Float": (int, float),
    "Boolean": bool,
}


class InvalidDefinitionError(Exception):
    """The definition breaks its own grammar; each finding holds a JSON path."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(finding.line() for finding in findings))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Parameter:
    """A pipeline parameter; ``default`` is ``None`` where the definition has none."""

    name: str
    type: str
    default: Json = None
    enum: tuple[Json, ...] = ()
    at: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the definition has it; ``at`` is its JSON path."""

    name: str
    type: str
    arguments: Mapping[str, Json]
    depends_on: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class PipelineDefinition:
    """The whole definition, in its own order."""

    parameters: dict[str, Parameter] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)


def invalid(at: str, message: str, *, step: str | None = None, remedy: str | None = None) -> Finding:
    """A finding that makes the definition unusable."""
    return Finding(
        id="invalid-definition", severity=Severity.ERROR, message=message, place=at, step=step, remedy=remedy
    )


def parse(text: str) -> PipelineDefinition:
    """Parse the JSON text of a definition.

    Raises InvalidDefinitionError with every mistake of shape that was found.
    """
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        where = f"line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else "$"
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise InvalidDefinitionError([invalid(where, f"not valid JSON: {reason}")]) from error
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InvalidDefinitionError(
            [invalid("$", "holds text that UTF-8 cannot: half of a surrogate pair")]
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("Steps"), list):
        message = "not a SageMaker pipeline definition: an object with a list 'Steps' is expected"
        remedy = "write it with `Pipeline.definition()` or `cursus compile`"
        raise InvalidDefinitionError([invalid("$", message, remedy=remedy)])
    findings: list[Finding] = []
    parameters = _parse_parameters(document.get("Parameters") or [], findings)
    steps = _parse_steps(document["Steps"], findings)
    if not steps and not findings:
        findings.append(invalid("$.Steps", "the pipeline has no steps"))
    if findings:
        raise InvalidDefinitionError(findings)
    return PipelineDefinition(parameters, steps)


def _parse_parameters(items: Json, findings: list[Finding]) -> dict[str, Parameter]:
    if not isinstance(items, list):
        findings.append(invalid("$.Parameters", "a list is expected"))
        return {}
    parameters: dict[str, Parameter] = {}
    for index, item in enumerate(items):
        at = f"$.Parameters[{index}]"
        if not isinstance(item, dict) or not isinstance(item.get("Name"), str):
            findings.append(invalid(at, "a parameter needs a 'Name'"))
            continue
        kind = item.get("Type", "String")
        if not isinstance(kind, str) or kind not in PARAMETER_TYPES:
            findings.append(invalid(f"{at}.Type", f"unknown parameter type {kind!r}"))
            continue
        if item["Name"] in parameters:
            findings.append(invalid(at, f"parameter {item['Name']!r} is declared twice"))
        enum = item.get("EnumValues") or []
        values = tuple(enum) if isinstance(enum, list) else ()
        parameters[item["Name"]] = Parameter(item["Name"], kind, item.get("DefaultValue"), values, at)
    return parameters


def _parse_steps(items: list[Json], findings: list[Finding]) -> dict[str, Step]:
    steps: dict[str, Step] = {}
    for index, item in enumerate(items):
        at = f"$.Steps[{index}]"
        if not isinstance(item, dict):
            findings.append(invalid(at, "a step must be an object"))
            continue
        name, kind = item.get("Name"), item.get("Type")
        if not isinstance(name, str) or not name or not isinstance(kind, str):
            findings.append(invalid(at, "a step needs a 'Name' and a 'Type'"))
            continue
        if name in steps:
            findings.append(invalid(f"{at}.Name", f"step {name!r} is there twice", step=name))
            continue
        arguments = item.get("Arguments") or {}
        if not isinstance(arguments, dict):
            findings.append(invalid(f"{at}.Arguments", "an object is expected", step=name))
            continue
        depends_on = _parse_depends_on(item.get("DependsOn") or [], f"{at}.DependsOn", name, findings)
        steps[name] = Step(name, kind, arguments, depends_on, at)
    return steps


def _parse_depends_on(items: Json, at: str, step: str, findings: list[Finding]) -> tuple[str, ...]:
    """Names; the SDK's version 3 may write ``{"Step": NAME, "Trigger": ...}``."""
    if not isinstance(items, list):
        findings.append(invalid(at, "a list of step names is expected", step=step))
        return ()
    names: list[str] = []
    for index, item in enumerate(items):
        name = item.get("Step") if isinstance(item, dict) else item
        if not isinstance(name, str):
            findings.append(invalid(f"{at}[{index}]", "a step name is expected", step=step))
        else:
            names.append(name)
    return tuple(names)
