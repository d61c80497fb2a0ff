"""The order of steps: who needs whom, and whether that can be done at all."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from cursus_readiness.definitions.expressions import ExpressionError, references
from cursus_readiness.definitions.model import InvalidDefinitionError, PipelineDefinition, Step, invalid
from cursus_readiness.model.finding import Finding


def dependencies(definition: PipelineDefinition) -> dict[str, tuple[str, ...]]:
    """The steps that each step waits for: ``DependsOn`` and every step that its arguments refer to.

    Raises InvalidDefinitionError for references to nothing, and for cycles.
    """
    findings: list[Finding] = []
    homes = {inner: step.name for step in definition.steps.values() for inner in _inner_steps(step.arguments)}
    graph = {step.name: _direct(step, definition, homes, findings) for step in definition.steps.values()}
    if findings:
        raise InvalidDefinitionError(findings)
    return graph


def _inner_steps(value: Any) -> Iterator[str]:
    """Names of the steps inside a condition's branches, which stand in its Arguments."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("IfSteps", "ElseSteps") and isinstance(item, list):
                yield from (inner["Name"] for inner in item if isinstance(inner, dict) and "Name" in inner)
            yield from _inner_steps(item)
    elif isinstance(value, list):
        for item in value:
            yield from _inner_steps(item)


def _direct(
    step: Step, definition: PipelineDefinition, homes: Mapping[str, str], findings: list[Finding]
) -> tuple[str, ...]:
    """What a step waits for itself; for a step inside a condition that is the condition."""
    wanted: dict[str, None] = {}
    for index, written in enumerate(step.depends_on):
        name = homes.get(written, written)
        if name not in definition.steps:
            at = f"{step.at}.DependsOn[{index}]"
            findings.append(_unknown(at, f"step {step.name!r} depends on", name, definition, step.name))
        else:
            wanted[name] = None
    try:
        for reference in references(step.arguments, f"{step.at}.Arguments"):
            if reference.root == "Parameters" and reference.name not in definition.parameters:
                message = f"unknown parameter {reference.name!r}{_hint(reference.name, definition.parameters)}"
                findings.append(invalid(reference.at, message, step=step.name))
            elif reference.root == "Steps":
                name = homes.get(reference.name, reference.name)
                if name not in definition.steps:
                    findings.append(_unknown(reference.at, "Get refers to", name, definition, step.name))
                elif name != step.name or reference.name == name:
                    wanted[name] = None
    except ExpressionError as error:
        findings.append(invalid(error.at, error.message, step=step.name))
    return tuple(wanted)


def _unknown(at: str, who: str, name: str, definition: PipelineDefinition, step: str) -> Finding:
    return invalid(at, f"{who} a missing step {name!r}{_hint(name, definition.steps)}", step=step)


def _hint(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def execution_order(definition: PipelineDefinition, graph: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Steps such that each comes after all it waits for; ties keep the definition's order.

    Raises InvalidDefinitionError naming a cycle.
    """
    rank = {name: index for index, name in enumerate(definition.steps)}
    missing = {name: len(needs) for name, needs in graph.items()}
    followers: dict[str, list[str]] = {name: [] for name in graph}
    for name, needs in graph.items():
        for needed in needs:
            followers[needed].append(name)
    ready = [(rank[name], name) for name, count in missing.items() if count == 0]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        _, name = heapq.heappop(ready)
        order.append(name)
        for follower in followers[name]:
            missing[follower] -= 1
            if missing[follower] == 0:
                heapq.heappush(ready, (rank[follower], follower))
    if len(order) < len(graph):
        cycle = _find_cycle(graph, set(graph) - set(order))
        at = definition.steps[cycle[0]].at
        raise InvalidDefinitionError([invalid(at, f"the steps form a cycle: {' -> '.join(cycle)}", step=cycle[0])])
    return tuple(order)


def _find_cycle(graph: dict[str, tuple[str, ...]], stuck: set[str]) -> list[str]:
    """Walk along unmet needs until a step comes again."""
    trail = [min(stuck)]
    while True:
        needed = next(name for name in graph[trail[-1]] if name in stuck)
        if needed in trail:
            return [*trail[trail.index(needed) :], needed]
        trail.append(needed)
