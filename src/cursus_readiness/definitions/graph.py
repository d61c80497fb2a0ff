"""The order of steps: who needs whom, and whether that can be done at all."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator

from cursus_readiness.definitions.expressions import (
    EXECUTION_VARIABLES,
    ExpressionError,
    Reference,
    property_file,
    references,
)
from cursus_readiness.definitions.model import InvalidDefinitionError, PipelineDefinition, Step, hint, invalid
from cursus_readiness.model.finding import Finding


def dependencies(definition: PipelineDefinition) -> dict[str, tuple[str, ...]]:
    """The steps that each step waits for: ``DependsOn``, the condition it stands in, and all that it refers to.

    Raises InvalidDefinitionError for references to nothing.
    """
    findings: list[Finding] = []
    graph = {step.name: _direct(step, definition, findings) for step in definition.steps.values()}
    if findings:
        raise InvalidDefinitionError(findings)
    return graph


def step_references(step: Step) -> Iterator[Reference]:
    """Every ``Get`` of a step, in its Arguments and beside them."""
    yield from references(step.arguments, f"{step.at}.Arguments")
    yield from references(step.members, step.at)


def _direct(step: Step, definition: PipelineDefinition, findings: list[Finding]) -> tuple[str, ...]:
    """What a step waits for itself."""
    wanted: dict[str, None] = {}
    if step.branch:
        wanted[step.branch.condition] = None
    for index, dependency in enumerate(step.depends_on):
        if dependency.step not in definition.steps:
            message = f"step {step.name!r} depends on a missing step {dependency.step!r}"
            message += hint(dependency.step, definition.steps)
            findings.append(invalid(f"{step.at}.DependsOn[{index}]", message, step=step.name))
        else:
            wanted[dependency.step] = None
    try:
        for reference in step_references(step):
            problem = _problem(reference, definition)
            if problem:
                findings.append(invalid(reference.at, problem, step=step.name))
            elif reference.root == "Steps":
                wanted[reference.name] = None
        _check_property_files(step.arguments, f"{step.at}.Arguments", step, definition, findings)
    except ExpressionError as error:
        findings.append(invalid(error.at, error.message, step=step.name))
    return tuple(wanted)


def _problem(reference: Reference, definition: PipelineDefinition) -> str | None:
    """What is wrong with a reference, if it refers to nothing."""
    tables: dict[str, tuple[Collection[str], str]] = {
        "Steps": (definition.steps, "Get refers to a missing step"),
        "Parameters": (definition.parameters, "unknown parameter"),
        "Execution": (EXECUTION_VARIABLES, "unknown execution variable"),
        "PipelineExperimentConfig": (definition.experiment, "unknown experiment setting"),
    }
    if reference.root not in tables:
        return f"Get of {reference.root!r}; use {', '.join(tables)}"
    known, what = tables[reference.root]
    return None if reference.name in known else f"{what} {reference.name!r}{hint(reference.name, known)}"


def _check_property_files(
    value: object, at: str, step: Step, definition: PipelineDefinition, findings: list[Finding]
) -> None:
    """Every ``Std:JsonGet`` of a property file means one that its step declares."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            _check_property_files(item, f"{at}[{index}]", step, definition, findings)
    elif isinstance(value, dict):
        argument = value.get("Std:JsonGet")
        if isinstance(argument, dict) and "PropertyFile" in argument:
            name, file = property_file(argument, at)
            known = definition.steps[name].property_files if name in definition.steps else {}
            if name in definition.steps and file not in known:
                message = f"step {name!r} declares no property file {file!r}{hint(file, known)}"
                findings.append(invalid(at, message, step=step.name))
        for key, item in value.items():
            _check_property_files(item, f"{at}.{key}", step, definition, findings)


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


def downstream(graph: dict[str, tuple[str, ...]], first: str) -> frozenset[str]:
    """A step and all that wait for it, directly or not."""
    followers: dict[str, list[str]] = {name: [] for name in graph}
    for name, needs in graph.items():
        for needed in needs:
            followers[needed].append(name)
    found, new = {first}, [first]
    while new:
        new = [follower for name in new for follower in followers[name] if follower not in found]
        found.update(new)
    return frozenset(found)


def _find_cycle(graph: dict[str, tuple[str, ...]], stuck: set[str]) -> list[str]:
    """Walk along unmet needs until a step comes again."""
    trail = [min(stuck)]
    while True:
        needed = next(name for name in graph[trail[-1]] if name in stuck)
        if needed in trail:
            return [*trail[trail.index(needed) :], needed]
        trail.append(needed)
