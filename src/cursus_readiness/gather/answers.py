"""What expressions of a plan stand for once the steps that they ask about have ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from cursus_readiness.definitions.expressions import ExpressionError, descend, parse_reference, property_file
from cursus_readiness.gather.metric_search import last_values
from cursus_readiness.model.job import Job
from cursus_readiness.model.plan import Plan, PlannedStep
from cursus_readiness.model.result import StepResult
from cursus_readiness.objectstore.store import ObjectStore

Json = Any
_LARGEST_BYTES = 10 << 20  # of a property file; SageMaker reads no larger ones


class Answers:
    """Answers one expression after the other as steps end."""

    def __init__(self, plan: Plan, store: ObjectStore) -> None:
        self._steps = {step.name: step for step in plan.steps}
        self._store = store
        self._properties: dict[str, Mapping[str, Json]] = {}

    def record(self, step: str, properties: Mapping[str, Json]) -> None:
        """Keep what is known of a step now that it has ended."""
        self._properties[step] = properties

    def __call__(self, expression: Json) -> Json:
        """The value of an expression.

        Raises ExpressionError when even now there is none.
        """
        if "Std:JsonGet" in expression:
            return self._json_get(expression["Std:JsonGet"])
        reference = parse_reference(expression["Get"], "")
        known = self._properties.get(reference.name)
        if known is None:
            raise ExpressionError("", f"{expression['Get']} is not known: step {reference.name!r} has not ended")
        return descend(known, reference.rest, "", f"step {reference.name!r}")

    def _json_get(self, argument: Mapping[str, Json]) -> Json:
        if "S3Uri" in argument:
            uri = str(argument["S3Uri"])
        else:
            step, file = property_file(argument, "")
            uri = self._steps[step].property_files.get(file, "")
            if not uri:
                raise ExpressionError("", f"property file {file!r} of step {step!r} is not there: it was not executed")
        found = descend(_read_json(self._store.path_of(uri), uri), argument["Path"], "", uri)
        if isinstance(found, dict | list):
            raise ExpressionError("", f"{argument['Path']!r} of {uri} is not a single value")
        return found


def _read_json(path: Path, uri: str) -> Json:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ExpressionError("", f"{uri} is larger than a property file may be")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ExpressionError("", f"{uri} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ExpressionError("", f"{uri} is not JSON: {error}") from error


def known_at_end(
    planned: PlannedStep,
    job: Job,
    result: StepResult,
    *,
    results: Mapping[str, Json],
    message: str | None,
    logs: Iterable[Path],
) -> dict[str, Json]:
    """The properties of a step that only its end tells: instants, metrics of its logs, what it says of itself."""
    known: dict[str, Json] = {**planned.properties, **results}
    if message:
        known["ExitMessage"] = message
    if result.started_at is not None:
        ended = result.started_at + timedelta(seconds=result.wall_s or 0.0)
        names = {"CreationTime": result.started_at, "LastModifiedTime": ended}
        names |= {f"{result.step_type}StartTime": result.started_at, f"{result.step_type}EndTime": ended}
        known |= {name: instant.isoformat() for name, instant in names.items()}
        known |= dict.fromkeys(("TrainingTimeInSeconds", "BillableTimeInSeconds"), round(result.wall_s or 0.0))
    if job.metric_patterns:
        values = last_values(job.metric_patterns, logs)
        if values is not None:
            known["FinalMetricDataList"] = [{"MetricName": name, "Value": value} for name, value in values.items()]
    return known
