"""What an execution of the pipeline on SageMaker has left: by what the service tells of it, or by where it wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cursus_readiness.definitions.model import hint
from cursus_readiness.planning.naming import EXECUTION_ID, job_name

Json = Any
_SHOWN_COUNT = 4
_MODEL: tuple[str, ...] = ("ModelArtifacts", "S3ModelArtifacts")
# Where Describe's answers have further URIs that a job writes to, beside the outputs of processing jobs
_PLACES: dict[str, tuple[str, ...]] = {
    "model": _MODEL,
    "transform": ("TransformOutput", "S3OutputPath"),
    "trials": ("TrainingJobDefinition", "OutputDataConfig", "S3OutputPath"),
    "statistics": ("CalculatedBaselineStatistics",),
    "constraints": ("CalculatedBaselineConstraints",),
}
_JOB = re.compile(r"pipelines-[a-z0-9]{12}-(.+)-[A-Za-z0-9]{10}")  # names that the service gives to jobs of pipelines
_SHORTENED = 20  # characters of a step's name that it keeps in them


@dataclass(frozen=True, slots=True)
class OutputPlace:
    """An output of a step: its name, its URI in the plan, and where Describe's answer has it."""

    name: str
    uri: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Where an execution has an output; if nowhere, why: what was looked for, and what there is."""

    uri: str | None = None
    why: str = ""


class Execution(Protocol):
    """An execution whose outputs stand for those of steps that are not run."""

    @property
    def reference(self) -> str:
        """How it is called: its ARN, or the prefix that it wrote to."""
        ...

    def told(self, step: str) -> Mapping[str, Json]:
        """What the service tells of the job of a step; nothing where only files are known."""
        ...

    def output_parameters(self, step: str) -> Mapping[str, str]:
        """What a Lambda or Callback step has answered, as texts."""
        ...

    def find(self, step: str, place: OutputPlace) -> Found:
        """Where it has what a step writes to a place of the plan."""
        ...


def output_places(properties: Mapping[str, Json]) -> Iterator[OutputPlace]:
    """Every place that a step writes to and later steps may read."""
    config = properties.get("ProcessingOutputConfig")
    for item in (config.get("Outputs") or []) if isinstance(config, dict) else []:
        name = str(item.get("OutputName")) if isinstance(item, dict) else ""
        path: tuple[str, ...] = ("ProcessingOutputConfig", "Outputs", name, "S3Output", "S3Uri")
        if isinstance(uri := _at(properties, path), str):
            yield OutputPlace(name, uri, path)
    for name, path in _PLACES.items():
        if isinstance(uri := _at(properties, path), str):
            yield OutputPlace(name, uri, path)


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """What the service tells of one step of an execution: how it ended, and its job."""

    status: str
    told: Mapping[str, Json] = field(default_factory=dict)
    output_parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordedExecution:
    """An execution as the SageMaker API tells it."""

    reference: str
    steps: Mapping[str, RecordedStep]

    def told(self, step: str) -> Mapping[str, Json]:
        """The answer of Describe for the job of a step that succeeded there."""
        return self.steps[step].told if step in self.steps else {}

    def output_parameters(self, step: str) -> Mapping[str, str]:
        """As it recorded them."""
        return self.steps[step].output_parameters if step in self.steps else {}

    def find(self, step: str, place: OutputPlace) -> Found:
        """The URI that the job of the step wrote to."""
        if step not in self.steps:
            near = hint(step, self.steps) or f"; it has {_some(list(self.steps))}"
            return Found(why=f"the execution has no step {step!r}{near}")
        recorded = self.steps[step]
        if recorded.status != "Succeeded":
            return Found(why=f"the step is {recorded.status} there")
        uri = _at(recorded.told, place.path)
        if isinstance(uri, str):
            return Found(uri)
        names = [other.name for other in output_places(recorded.told)]
        near = hint(place.name, names) or (f"; it has {_some(names)}" if names else "; it has none")
        return Found(why=f"the job of the step has no output {place.name!r} there{near}")


@dataclass(frozen=True, slots=True)
class StoredExecution:
    """An execution by the objects below a prefix: ``keys`` are theirs, relative to it.

    An output is looked for where the plan has it (when that is below the prefix, or the prefix holds a copy of the
    bucket), below the folder of its execution, and below a folder of the name of its step or job.
    """

    reference: str
    keys: frozenset[str]
    folders: frozenset[str]

    def told(self, step: str) -> Mapping[str, Json]:  # noqa: ARG002 - files alone tell nothing of jobs
        """Nothing."""
        return {}

    def output_parameters(self, step: str) -> Mapping[str, str]:  # noqa: ARG002 - same
        """Nothing."""
        return {}

    def find(self, step: str, place: OutputPlace) -> Found:
        """The first of the places where something lies."""
        looked = list(dict.fromkeys(self._candidates(step, place)))
        for path in looked:
            if path in self.keys:
                return Found(self.reference + path)
            if path in self.folders:
                return Found(f"{self.reference}{path}/")
        top = sorted({name.partition("/")[0] for name in self.folders} | {key for key in self.keys if "/" not in key})
        near = hint(step, top) or f"; there are {_some(top)}"
        return Found(why=f"looked below {self.reference} for {_some(looked, len(looked))}{near}")

    def _candidates(self, step: str, place: OutputPlace) -> Iterator[str]:
        if place.uri.startswith(self.reference):
            yield place.uri.removeprefix(self.reference).strip("/")
        key = place.uri.removeprefix("s3://").partition("/")[2].strip("/")
        yield key
        yield from (key.replace(job_name(step), job) for job in self._jobs(step) if job_name(step) in key)
        _, mark, after = f"/{key}".partition(f"/{EXECUTION_ID}/")
        if mark:
            yield after
        name = "model.tar.gz" if place.path == _MODEL else place.name
        for folder in (step, *self._jobs(step)):
            yield from (f"{folder}/{name}", f"{folder}/output/{name}")
            if place.path == _MODEL:
                yield f"{folder}/model/{name}"

    def _jobs(self, step: str) -> list[str]:
        """Folders that are named like the step's job; none when there are several: which is meant is not known."""
        names = {part for folder in self.folders for part in folder.split("/")}
        found = [name for name in names if (match := _JOB.fullmatch(name)) and _is_name_of(match[1], step)]
        return found if len(found) == 1 else []


def _is_name_of(shortened: str, step: str) -> bool:
    return shortened == step or (len(shortened) >= _SHORTENED and step.startswith(shortened))


def _at(value: Json, path: Sequence[str]) -> Json:
    """What stands at a path; items of a list go by their OutputName."""
    for key in path:
        if isinstance(value, list):
            value = next((item for item in value if isinstance(item, dict) and item.get("OutputName") == key), None)
        else:
            value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _some(names: Sequence[str], count: int = _SHOWN_COUNT) -> str:
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return (", ".join(names[:count]) + more) or "nothing"
