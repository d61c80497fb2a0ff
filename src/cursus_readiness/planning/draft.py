"""Draft a commented scenario for a pipeline: what can be read off the definition is filled in, the rest is marked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import yaml

from cursus_readiness.definitions.model import Parameter
from cursus_readiness.definitions.parsing import parse
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.job import Job, Packing
from cursus_readiness.model.plan import Plan, PlannedStep
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.planning.plan import build_plan

_TO_DO = "# <- set this"
_EVERYTHING = "s3://"  # a binding that covers every URI, so that the plan tells what comes from outside
_PLAIN = {"Integer": 1, "Float": 1.0, "Boolean": True}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What a scenario is drafted for.

    ``path`` is relative to the scenario file, and so are ``files``, the nearest first, among which the code of the
    pipeline is looked for. ``fields`` are further fields of the scenario that say where the pipeline is;
    ``uploads`` and ``parameters`` came with it when it was compiled, and need not be said.
    """

    name: str
    path: str
    files: Sequence[str]
    fields: Mapping[str, Any] = field(default_factory=dict)
    uploads: Mapping[str, InputBinding] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


def draft_uncompiled(pipeline: Pipeline, nodes: Iterable[str]) -> str:
    """The text of a scenario file for a graph of nodes whose steps are known only when it is compiled."""
    lines = [*_opening(pipeline), "# Every step, until `readiness plan` shows what they are called. The graph's nodes:"]
    lines += [f"#   {node}" for node in nodes]
    sections = ([*lines, "expected_steps: []"], list(_limits()))
    return "\n".join("\n".join(section) + "\n" for section in sections)


def draft_scenario(pipeline: Pipeline, definition_text: str) -> str:
    """The text of a scenario file in YAML.

    Raises InvalidDefinitionError and InvalidPlanError for a definition with mistakes.
    """
    parameters = [item for item in parse(definition_text).parameters.values() if item.name not in pipeline.parameters]
    missing = {item.name: _placeholder(item) for item in parameters if item.default in (None, "")}
    scenario = E2ETestScenario.model_validate(
        {
            "scenario_name": pipeline.name,
            "pipeline_config_path": pipeline.path,
            "expected_steps": [],
            "parameters": {**pipeline.parameters, **missing},
            "inputs": {_EVERYTHING: "local:."},
        }
    )
    plan = build_plan(scenario, definition_text, started_at="1970-01-01T00:00:00+00:00", uploads=pipeline.uploads)
    sections = (
        (*_opening(pipeline), *_expected(plan.steps)),
        _parameters(parameters, missing),
        _inputs(plan, pipeline.files),
        _steps(plan.steps),
        _rules(plan.steps),
        _limits(),
    )
    return "\n".join("\n".join(lines) + "\n" for section in sections if (lines := list(section)))


def _opening(pipeline: Pipeline) -> Iterator[str]:
    yield "# What `readiness run` needs to know about this pipeline. docs/scenarios.md explains every field."
    yield f"scenario_name: {_text(pipeline.name)}"
    yield f"pipeline_config_path: {_text(pipeline.path)}"
    if pipeline.fields:
        yield str(yaml.safe_dump(dict(pipeline.fields), sort_keys=False, allow_unicode=True)).rstrip()
        if "cursus" not in pipeline.fields:
            yield f"# cursus: {{python: .venv-cursus/bin/python}}  {_TO_DO}: docs/cursus.md"


def _expected(steps: Iterable[PlannedStep]) -> Iterator[str]:
    yield "# The steps that must be executed; what is not listed does not count for the verdict."
    listed = list(steps)
    can_run = [step for step in listed if not step.branch and (step.job or step.is_control)]
    yield "expected_steps:" if can_run else "expected_steps: []"
    for step in listed:
        if step.branch:
            side = "true" if step.branch.is_if else "false"
            yield f"  # - {_text(step.name)}  # only when {step.branch.condition} is {side}"
        elif step in can_run:
            yield f"  - {_text(step.name)}"
        else:
            yield f"  # - {_text(step.name)}  # {step.reason or 'it needs a step that cannot be executed here'}"


def _parameters(parameters: Iterable[Parameter], missing: Mapping[str, Any]) -> Iterator[str]:
    listed = list(parameters)
    if not listed:
        return
    yield "# Parameters of the pipeline: those without a default must be set, the others may be."
    yield "parameters:" if missing else "# parameters:"
    for item in listed:
        if item.name in missing:
            yield f"  {_text(item.name)}: {json.dumps(missing[item.name])}  {_TO_DO}"
        else:
            yield f"  # {_text(item.name)}: {json.dumps(item.default)}"


def _placeholder(parameter: Parameter) -> Any:
    """A value that the pipeline can be planned with."""
    if parameter.enum:
        return parameter.enum[0]
    if parameter.type in _PLAIN:
        return _PLAIN[parameter.type]
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", parameter.name.replace("S3", "Uri"))
    folded = {word.lower() for word in words}
    if "bucket" in folded:
        return "local-bucket"
    return f"s3://local-bucket/{parameter.name}" if folded & {"uri", "url", "prefix", "path", "data"} else "value"


def _inputs(plan: Plan, files: Sequence[str]) -> Iterator[str]:
    external = [item for item in plan.served if item.prefix == _EVERYTHING and not item.is_for_scripts]
    if not external:
        return
    code = {item.uri: step.job for step in plan.steps if step.job for item in step.job.inputs if item.is_code}
    yield "# What serves the S3 URIs that no step writes: a file or folder (local:PATH), or a table that is made up"
    yield "# (synthetic:SCHEMA, or synthetic: for a built-in one). A folder that serves a .tar.gz is packed."
    yield "inputs:"
    for served in external:
        source = _code_source(served.uri, code[served.uri], files) if served.uri in code else "synthetic:"
        is_found = source is not None and served.uri in code
        mark = "" if is_found else f"  {_TO_DO}"
        yield f"  {_text(served.uri)}: {_text(source or 'local:code/' + _base(served.uri))}{mark}"


def _code_source(uri: str, job: Job, files: Sequence[str]) -> str | None:
    """The file of that name; for an archive that is not there the folder of the program that runs from it."""
    found = _best_match(uri, files)
    if found is not None:
        return f"local:{found}"
    programs = [word for word in job.command if word.endswith(".py")] if uri.endswith(".tar.gz") else []
    program = next((match for word in programs if (match := _best_match(word, files))), None)
    return None if program is None else f"local:{program.rpartition('/')[0] or '.'}/"


def _best_match(key: str, files: Sequence[str]) -> str | None:
    """The file whose path has the longest ending in common with a key, at least its name; of equals the nearest."""
    wanted = key.rstrip("/").split("/")
    alike = [(_common_ending(wanted, file.split("/")), file) for file in files if file.endswith(wanted[-1])]
    longest = max((count for count, _ in alike), default=0)
    return next((file for count, file in alike if count == longest), None) if longest else None


def _common_ending(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _base(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2]


def _steps(steps: Iterable[PlannedStep]) -> Iterator[str]:
    """Settings that single steps need: a fixture, a function, how many trials."""
    wanted = [(step, lines) for step in steps if (lines := list(_settings(step)))]
    if not wanted:
        return
    has_live = any(not line.startswith("#") for _, lines in wanted for line in lines)
    yield "# Per step. A fixture stands for a step that cannot be executed here: docs/pipelines.md."
    yield "steps:" if has_live else "# steps:"
    for step, lines in wanted:
        is_live = any(not line.startswith("#") for line in lines)
        yield f"  {'' if is_live else '# '}{_text(step.name)}:"
        yield from (f"  {line}" if line.startswith("#") else f"    {line}" for line in lines)


def _settings(step: PlannedStep) -> Iterator[str]:
    if step.step_type in ("Lambda", "Callback"):
        yield "#   function: functions.py:handler   # called in its place; or a fixture:"
        yield "#   fixture: {output_parameters: {}}"
    elif step.step_type == "Tuning":
        yield "#   trials: 2   # how many training jobs are run here"
    elif step.job is None and not step.is_control and step.reason:
        yield "#   fixture: {outputs: {}, properties: {}}"


def _rules(steps: Iterable[PlannedStep]) -> Iterator[str]:
    yield "# What the steps must have written: docs/rules.md."
    yield "# validation_rules:"
    for step in steps:
        for output in step.job.outputs[:1] if step.job else ():
            yield f"#   {_text(step.name)}:"
            pattern = output.uri.rpartition("/")[2] if output.packing is Packing.TAR_GZ else "*"
            yield f'#     "{output.name}/{pattern}": exists'


def _limits() -> Iterator[str]:
    yield "memory_limit_gb: 4      # of each step, in GiB"
    yield "timeout_minutes: 30     # of the whole scenario"


def _text(value: str) -> str:
    """A text as YAML reads it back."""
    shown = yaml.safe_dump([value], default_flow_style=True, allow_unicode=value.isprintable(), width=float("inf"))
    return str(shown)[1:-2]
