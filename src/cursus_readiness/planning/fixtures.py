"""What stands for steps that are not executed: the scenario's fixtures, and its data source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cursus_readiness.definitions.expressions import ExpressionError
from cursus_readiness.definitions.graph import step_references
from cursus_readiness.definitions.model import Step, hint
from cursus_readiness.model.scenario import Fixture, InputBinding
from cursus_readiness.planning.serving import is_below

Json = Any


def fixture_properties(properties: Mapping[str, Json], fixture: Fixture) -> dict[str, Json]:
    """The properties of a step as its fixture has them."""
    parameters = {"OutputParameters": dict(fixture.output_parameters)} if fixture.output_parameters else {}
    return {**properties, **parameters, **fixture.properties}


def fixture_bindings(fixture: Fixture, properties: Mapping[str, Json], step: Step) -> dict[str, InputBinding]:
    """What serves the outputs of a fixture, by URI.

    Raises ExpressionError for an output that the step does not have.
    """
    outputs = dict(_outputs(properties))
    found = {}
    for name, binding in fixture.outputs.items():
        if not name.startswith("s3://") and name not in outputs:
            message = f"the fixture of step {step.name!r} names an output {name!r} that it does not have"
            raise ExpressionError(step.at, f"{message}{hint(name, outputs)}")
        found[outputs.get(name, name)] = binding
    return found


def loads_data(step: Step, properties: Mapping[str, Json]) -> bool:
    """Whether a step without a script brings data into the pipeline: it has outputs, and nothing of other steps."""
    return any(True for _ in _outputs(properties)) and not any(
        reference.root == "Steps" for reference in step_references(step)
    )


def covers(bindings: Mapping[str, InputBinding], properties: Mapping[str, Json]) -> bool:
    """Whether the scenario's inputs serve every output of a step."""
    uris = [uri for _, uri in _outputs(properties)]
    return bool(uris) and all(any(is_below(uri, prefix) for prefix in bindings) for uri in uris)


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
