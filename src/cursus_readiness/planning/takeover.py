"""A run that begins in the middle: what an execution gives for the steps that are not run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cursus_readiness.definitions.expressions import holds_later, is_late, property_file
from cursus_readiness.definitions.graph import downstream
from cursus_readiness.definitions.model import PipelineDefinition, Step, hint
from cursus_readiness.errors import UsageError
from cursus_readiness.jobs.functions import declared_outputs
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.planning.executions import Execution, output_places

Json = Any


@dataclass(frozen=True, slots=True)
class Start:
    """The step that a run begins with, and the execution that has what the steps before it would have written."""

    step: str
    execution: Execution


@dataclass(frozen=True, slots=True)
class Taken:
    """What stands for a step.

    ``properties`` are all that later steps may Get, ``told`` those that the execution alone knows. ``bindings`` serve
    its outputs; ``missing`` are outputs (by URI) that the execution does not have, and what is to be said of each.
    """

    properties: dict[str, Json]
    told: dict[str, Json]
    bindings: dict[str, InputBinding]
    missing: dict[str, Finding]


class Takeover:
    """Which steps are not run, and what stands for each of them."""

    def __init__(self, start: Start, definition: PipelineDefinition, graph: dict[str, tuple[str, ...]]) -> None:
        """Raises UsageError when the definition has no such step."""
        if start.step not in definition.steps:
            near = hint(start.step, definition.steps)
            fix = f"one of: {', '.join(definition.steps)}"
            raise UsageError(f"the definition has no step {start.step!r} to start from{near}", fix=fix)
        self._execution = start.execution
        self._runs = downstream(graph, start.step)
        self._asked = {
            asked
            for name in self._runs
            for asked in _property_files(definition.steps[name].arguments, definition.steps[name].at)
        }
        self.reason = f"not run: the run starts at {start.step}, on what {start.execution.reference} has left"

    @property
    def reference(self) -> str:
        """How the execution is called."""
        return self._execution.reference

    def stands_for(self, step: str) -> bool:
        """Whether a step is not run: it does not come after the first one."""
        return step not in self._runs

    def is_asked_for(self, step: str, file: str) -> bool:
        """Whether a step that is run reads a property file."""
        return (step, file) in self._asked

    def take(self, step: Step, own: Mapping[str, Json], members: Mapping[str, Json]) -> Taken:
        """What the execution gives for a step; ``own`` are its properties as they were planned, as far as known."""
        told = {
            name: value
            for name, value in self._execution.told(step.name).items()
            if name not in own or holds_later(own[name])
        }
        parameters = _typed(self._execution.output_parameters(step.name), declared_outputs(members))
        if parameters:
            told["OutputParameters"] = parameters
        properties = {**own, **told}
        bindings, missing = {}, {}
        for place in output_places(properties):
            if is_late(place.uri):
                continue
            found = self._execution.find(step.name, place)
            if found.uri is None:
                missing[place.uri] = self._missing(step, place.uri, found.why)
            else:
                bindings[place.uri] = InputBinding(source="s3:" if found.uri == place.uri else found.uri)
        return Taken(properties, told, bindings, missing)

    def _missing(self, step: Step, uri: str, why: str) -> Finding:
        return Finding(
            id="missing-output",
            severity=Severity.ERROR,
            message=f"{self.reference} has no output for {uri} of step {step.name!r}: {why}",
            place=step.at,
            step=step.name,
            remedy="name another execution, or start from an earlier step",
        )


def _property_files(value: Json, at: str) -> Iterator[tuple[str, str]]:
    """Step and name of every property file that an expression reads."""
    if isinstance(value, list):
        for item in value:
            yield from _property_files(item, at)
    elif isinstance(value, dict):
        argument = value.get("Std:JsonGet")
        if isinstance(argument, dict) and "PropertyFile" in argument:
            yield property_file(argument, at)
        for item in value.values():
            yield from _property_files(item, at)


def _typed(texts: Mapping[str, str], declared: Mapping[str, str]) -> dict[str, Json]:
    """Output parameters as their declared types have them; the service tells them as texts."""
    made: dict[str, Callable[[str], Json]] = {
        "Integer": int,
        "Float": float,
        "Boolean": lambda text: text.lower() == "true",
    }
    return {name: made.get(declared.get(name, ""), str)(text) for name, text in texts.items()}
