"""What stands for steps that are not executed: the scenario's fixtures, and its data source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cursus_readiness.definitions.expressions import is_late
from cursus_readiness.definitions.graph import step_references
from cursus_readiness.definitions.model import Step, hint
from cursus_readiness.jobs.functions import declared_outputs
from cursus_readiness.model.binding import Fixture, InputBinding
from cursus_readiness.planning.serving import is_below

Json = Any
_KINDS: dict[str, type | tuple[type, ...]] = {"String": str, "Integer": int, "Float": (int, float), "Boolean": bool}


class FixtureError(Exception):
    """A fixture that does not fit its step; ``at`` is its place in the scenario."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


def fixture_properties(
    properties: Mapping[str, Json], fixture: Fixture, step: Step, members: Mapping[str, Json]
) -> dict[str, Json]:
    """The properties of a step as its fixture has them.

    Raises FixtureError for an output parameter that the step does not declare, or of another type.
    """
    if step.type in ("Lambda", "Callback"):
        _check_parameters(fixture, step, declared_outputs(members))
    parameters = {"OutputParameters": dict(fixture.output_parameters)} if fixture.output_parameters else {}
    return {**properties, **parameters, **fixture.properties}


def fixture_bindings(fixture: Fixture, properties: Mapping[str, Json], step: Step) -> dict[str, InputBinding]:
    """What serves the outputs of a fixture, by URI; a single file lies below its output by its own name.

    Raises FixtureError for an output that the step does not have, or whose place is not known before the run.
    """
    outputs = output_uris(properties)
    found = {}
    for name, binding in fixture.outputs.items():
        at = f"steps.{step.name}.fixture.outputs.{name}"
        if name.startswith("s3://"):
            found[name] = binding
            continue
        if name not in outputs:
            known = hint(name, outputs) or (f"; there are {', '.join(outputs)}" if outputs else "; name its s3:// URI")
            raise FixtureError(at, f"step {step.name!r} has no output {name!r}{known}")
        if is_late(outputs[name]):
            raise FixtureError(at, f"the place of output {name!r} is known only during the run: name its s3:// URI")
        found[_place(outputs[name], binding.source)] = binding
    return found


def is_served(step: Step, properties: Mapping[str, Json], inputs: Mapping[str, InputBinding]) -> bool:
    """Whether the outputs of a step that cannot be executed are there all the same.

    They are when the scenario's ``inputs`` cover each of them, and when the step brings data into the pipeline (it
    reads nothing of other steps): then they are data like any other that comes from outside. A check has a verdict
    beside its outputs, so nothing stands for it but a fixture.
    """
    uris = list(output_uris(properties).values())
    if not uris or step.type not in ("Processing", "Training", "Transform"):
        return False
    if all(any(is_below(uri, prefix) for prefix in inputs) for uri in uris):
        return True
    return step.type == "Processing" and not any(reference.root == "Steps" for reference in step_references(step))


def output_uris(properties: Mapping[str, Json]) -> dict[str, str]:
    """Name -> URI of each output of a Processing step; ``model`` of a Training step."""
    return dict(_outputs(properties))


def _check_parameters(fixture: Fixture, step: Step, declared: Mapping[str, str]) -> None:
    for name, value in fixture.output_parameters.items():
        at = f"steps.{step.name}.fixture.output_parameters.{name}"
        if name not in declared:
            raise FixtureError(at, f"step {step.name!r} declares no output parameter {name!r}{hint(name, declared)}")
        kind = declared[name]
        if not isinstance(value, _KINDS[kind]) or isinstance(value, bool) != (kind == "Boolean"):
            raise FixtureError(at, f"output parameter {name!r} is {value!r}, not {kind}")


def _place(uri: str, source: str) -> str:
    """An output is a prefix: a file that serves it, told by its suffix, keeps its name below it."""
    name = source.partition(":")[2].rpartition("/")[2]
    is_file = source.startswith(("local:", "s3://")) and "." in name.strip(".")
    return uri if not is_file or uri.endswith(".tar.gz") else f"{uri.rstrip('/')}/{name}"


def _outputs(properties: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Name and URI of each output of a Processing step; the model of a Training step."""
    config = properties.get("ProcessingOutputConfig")
    for item in (config.get("Outputs") or []) if isinstance(config, dict) else []:
        place = item.get("S3Output") if isinstance(item, dict) else None
        if isinstance(place, dict) and isinstance(place.get("S3Uri"), str):
            yield str(item.get("OutputName")), place["S3Uri"]
    artifacts = properties.get("ModelArtifacts")
    if isinstance(artifacts, dict) and isinstance(artifacts.get("S3ModelArtifacts"), str):
        yield "model", artifacts["S3ModelArtifacts"]
