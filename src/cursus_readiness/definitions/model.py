"""A pipeline definition as a graph of steps, parsed and checked for shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from cursus_readiness.model.finding import Finding, Severity

Json = Any
Trigger = Literal["Succeeded", "Failed", "Stopped", "Any"]
VERSION = "2020-12-01"
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
class Dependency:
    """A step that another waits for, and how that one must have ended for the other to run."""

    step: str
    trigger: Trigger = "Succeeded"


@dataclass(frozen=True, slots=True)
class PropertyFile:
    """A JSON file that a step writes below one of its outputs, for ``Std:JsonGet``."""

    output: str
    path: str


@dataclass(frozen=True, slots=True)
class Branch:
    """The side of a Condition step on which a step stands."""

    condition: str
    is_if: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the definition has it; ``at`` is its JSON path.

    ``members`` is what stands beside the Arguments and belongs to the step's type (``OutputParameters`` of a Lambda
    step, say). The steps in the branches of a Condition step are steps of their own, with ``branch``.
    """

    name: str
    type: str
    arguments: Mapping[str, Json]
    depends_on: tuple[Dependency, ...]
    at: str
    members: Mapping[str, Json] = field(default_factory=dict)
    property_files: Mapping[str, PropertyFile] = field(default_factory=dict)
    branch: Branch | None = None


@dataclass(frozen=True, slots=True)
class PipelineDefinition:
    """The whole definition, in its own order."""

    parameters: dict[str, Parameter] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    experiment: Mapping[str, Json] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()


def invalid(at: str, message: str, *, step: str | None = None, remedy: str | None = None) -> Finding:
    """A finding that makes the definition unusable."""
    return Finding(
        id="invalid-definition", severity=Severity.ERROR, message=message, place=at, step=step, remedy=remedy
    )


def hint(name: str, known: Iterable[str], *, similarity: float = 0.6) -> str:
    """`` (did you mean 'X'?)`` when one of the known names is near (1.0 is the same), else nothing."""
    close = get_close_matches(name, list(known), n=1, cutoff=similarity)
    return f" (did you mean {close[0]!r}?)" if close else ""
