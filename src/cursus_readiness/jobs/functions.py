"""Functions of the scenario that are called in the place of what a Lambda or Callback step calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cursus_readiness.definitions.expressions import LATER
from cursus_readiness.jobs.base import (
    FUNCTION_DIR,
    JobContext,
    MembersError,
    UnsupportedJobError,
    s3_uri,
)
from cursus_readiness.jobs.programs import PROGRAM_DIR, program
from cursus_readiness.model.job import Job, JobInput

Json = Any
OUTPUT_TYPES = ("String", "Integer", "Float", "Boolean")
_BUCKET = "s3://cursus-readiness-functions"  # of this run's own store; no such bucket is asked for anywhere
_RESULTS_FILE = f"{PROGRAM_DIR}/results.json"


def declared_outputs(members: Mapping[str, Json]) -> dict[str, str]:
    """Name -> type of each of the OutputParameters that a step declares.

    Raises MembersError for what is not a declaration.
    """
    declared: dict[str, str] = {}
    items = members.get("OutputParameters") or []
    if not isinstance(items, list):
        raise MembersError(".OutputParameters", f"a list is expected, not {items!r}")
    for index, item in enumerate(items):
        at = f".OutputParameters[{index}]"
        name, kind = (item.get("OutputName"), item.get("OutputType")) if isinstance(item, dict) else (None, None)
        if not isinstance(name, str) or not name:
            raise MembersError(at, "an output parameter needs an 'OutputName'")
        if kind not in OUTPUT_TYPES:
            raise MembersError(f"{at}.OutputType", f"{kind!r} is none of {', '.join(OUTPUT_TYPES)}")
        if name in declared:
            raise MembersError(f"{at}.OutputName", f"output parameter {name!r} is declared twice")
        declared[name] = kind
    return declared


def function_properties(context: JobContext) -> dict[str, Json]:
    """What later steps may Get: the output parameters, which are known when the function has returned."""
    return {"OutputParameters": dict.fromkeys(declared_outputs(context.members), LATER)}


def function_job(
    name: str,
    step_type: str,
    event: Json,
    context: JobContext,
    *,
    stands_for: str,
    told: Mapping[str, Json],
    max_runtime_s: float | None,
) -> Job:
    """The job that calls the scenario's function with ``event``.

    ``told`` is what the function's second argument, its context, says of it. Raises UnsupportedJobError when the
    scenario gives no function.
    """
    outputs = declared_outputs(context.members)
    if context.function is None:
        raise UnsupportedJobError(
            f"no function stands for {stands_for}: give steps.{name}.function (FILE.py:NAME) or "
            f"steps.{name}.fixture with output_parameters"
        )
    file, _, handler = context.function.rpartition(":")
    caller = program("call_function.py", f"the scenario's function {context.function} for {stands_for}")
    instructions = {
        "file": f"{FUNCTION_DIR}/{file.rpartition('/')[2]}",
        "handler": handler,
        "event": event,
        "outputs": outputs,
        "results": _RESULTS_FILE,
        "context": {**told, "time_limit_s": max_runtime_s},
    }
    return Job(
        step_name=name,
        step_type=step_type,
        command=("python3", caller.path),
        working_directory=FUNCTION_DIR,
        environment={"AWS_REGION": context.region, "AWS_DEFAULT_REGION": context.region},
        files={**caller.files, f"{PROGRAM_DIR}/instructions.json": json.dumps(instructions)},
        directories=(PROGRAM_DIR, FUNCTION_DIR),
        inputs=tuple(_function_inputs(context, context.function)),
        results_file=_RESULTS_FILE,
        stand_in=caller.stand_in,
        max_runtime_s=max_runtime_s,
    )


def function_source(function: str, job_name: str) -> tuple[str, str]:
    """Where a function lies in the run's store, and the path that serves it.

    It is the folder of its file, with what it imports. A file that is given without a folder comes alone: beside the
    scenario lie its definition, its data and its reports, which are no part of a function.
    """
    folder, _, name = function.rpartition(":")[0].rpartition("/")
    base = f"{_BUCKET}/{job_name}/"
    return (base, f"{folder}/") if folder else (f"{base}{name}", name)


def _function_inputs(context: JobContext, function: str) -> Iterator[JobInput]:
    """The file, so that it is missed before the run, and its folder."""
    uri, _ = function_source(function, context.job_name)
    file = uri + function.rpartition(":")[0].rpartition("/")[2] if uri.endswith("/") else uri
    yield JobInput(name="function", uri=s3_uri(file, ""), path=FUNCTION_DIR, is_code=True)
    if uri.endswith("/"):
        yield JobInput(name="function_folder", uri=s3_uri(uri, ""), path=FUNCTION_DIR, is_code=True)
