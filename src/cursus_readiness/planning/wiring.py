"""What the wiring of a definition says against itself: outputs in each other's way, inputs that get something else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cursus_readiness.definitions.expressions import ExpressionError, Reference, references
from cursus_readiness.definitions.model import PipelineDefinition, Step
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.plan import PlannedStep

Json = Any
# Words that say what a thing is. An input and the output that it is wired to should have one in common, or one of them
# none at all.
_KINDS = {
    "model": ("model", "models", "artifact", "artifacts", "weights", "checkpoint"),
    "metadata": ("metadata", "schema"),
    "signature": ("signature",),
    "report": ("report", "reports", "metric", "metrics", "eval", "evaluation", "statistics", "constraints"),
    "payload": ("payload", "payloads"),
    "calibration": ("calibration", "calibrated", "calibrator"),
    "hyperparameters": ("hyperparameters", "hyperparams"),
    "code": ("code", "script", "scripts", "source"),
    "data": ("data", "dataset", "train", "training", "test", "validation", "val", "processed", "features"),
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words}
_REPACK = "_repack_model.py"  # the SDK's own step, which gets a model as its training channel
_OUTPUT = re.compile(r"\.ProcessingOutputConfig\.Outputs\[['\"]?([^'\"\]]+)['\"]?\]")
_TRAINING_OUTPUTS = {
    ".ModelArtifacts.S3ModelArtifacts": "model",
    ".OutputDataConfig.S3OutputPath": "folder of model and evaluation",
}


def check_wiring(definition: PipelineDefinition, steps: list[PlannedStep]) -> list[Finding]:
    """Warnings about outputs that share a prefix and inputs whose name speaks against what they get."""
    return [*_shared_outputs(steps), *_odd_inputs(definition, {step.name: step for step in steps})]


def _shared_outputs(steps: list[PlannedStep]) -> Iterator[Finding]:
    """Two outputs at the same place: the files of one would lie among, or in place of, those of the other."""
    writers: dict[str, tuple[PlannedStep, str]] = {}
    for step in steps:
        for output in step.job.outputs if step.job else ():
            key = output.uri.rstrip("/")
            first, name = writers.setdefault(key, (step, output.name))
            if (first.name, name) == (step.name, output.name) or _exclude_each_other(first, step):
                continue
            message = f"output {output.name!r} of step {step.name!r} goes to {output.uri}, where output {name!r} of "
            message += f"{first.name!r} goes, too"
            yield _warning("duplicate-output", message, output.at, step.name, "give each a prefix of its own")


def _exclude_each_other(one: PlannedStep, other: PlannedStep) -> bool:
    """Whether two steps stand on the two sides of a condition."""
    both = one.branch and other.branch
    return bool(both and one.branch != other.branch and one.branch.condition == other.branch.condition)  # type: ignore[union-attr]


def _odd_inputs(definition: PipelineDefinition, steps: Mapping[str, PlannedStep]) -> Iterator[Finding]:
    for step in definition.steps.values():
        if _REPACK in str(step.arguments.get("HyperParameters")):
            continue
        for name, reference in _wired_inputs(step):
            output = _output_name(reference)
            if output is None:
                continue
            upstream = steps[reference.name]
            siblings = [item.name for item in upstream.job.outputs] if upstream.job else []
            if name != output and name in siblings:
                why = f"{reference.name!r} has an output of that very name"
            elif _kinds(name) and _kinds(output) and not _kinds(name) & _kinds(output):
                why = f"by their names, one is {_spoken(name)}, the other {_spoken(output)}"
            else:
                continue
            message = f"input {name!r} of step {step.name!r} is wired to output {output!r} of {reference.name!r}: {why}"
            yield _warning("odd-wiring", message, reference.at, step.name, "check what this input should get")


def _wired_inputs(step: Step) -> Iterator[tuple[str, Reference]]:
    """Name of each input or channel, with each output of a step that it refers to."""
    tables = (("ProcessingInputs", "InputName"), ("InputDataConfig", "ChannelName"))
    for member, key in tables:
        items = step.arguments.get(member)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            name = item.get(key) if isinstance(item, dict) else None
            if isinstance(name, str):
                try:
                    for reference in references(item, f"{step.at}.Arguments.{member}[{index}]"):
                        if reference.root == "Steps":
                            yield name, reference
                except ExpressionError:
                    continue  # reported where the step is planned


def _output_name(reference: Reference) -> str | None:
    if reference.rest in _TRAINING_OUTPUTS:
        return _TRAINING_OUTPUTS[reference.rest]
    found = _OUTPUT.match(reference.rest)
    return found[1] if found else None


def _kinds(name: str) -> set[str]:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return {_KIND_OF[word] for word in re.split(r"[^a-z]+", words.lower()) if word in _KIND_OF}


def _spoken(name: str) -> str:
    return " and ".join(sorted(_kinds(name)))


def _warning(kind: str, message: str, at: str, step: str, remedy: str) -> Finding:
    return Finding(id=kind, severity=Severity.WARNING, message=message, place=at, step=step, remedy=remedy)
