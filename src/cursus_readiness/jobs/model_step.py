"""Model steps: the artifact is opened and loaded as the container would do it; nothing is created."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cursus_readiness.definitions.expressions import LATER
from cursus_readiness.jobs.base import JobContext, arn_of, optional_text
from cursus_readiness.jobs.containers import (
    DIRECTORIES,
    INSTRUCTIONS_FILE,
    ServedContainer,
    all_inputs,
    model_containers,
)
from cursus_readiness.jobs.programs import Program, program
from cursus_readiness.model.job import Job, JobInput

Json = Any
_STAND_IN = "the artifact is opened, its inference script imported and its model loaded; nothing is created"


class Model:
    """A model of one container, or of several that are called one after the other."""

    step_type = "Model"

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments."""
        return check_job(name, self.step_type, model_containers(arguments, context), checker(_STAND_IN))

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """As DescribeModel answers."""
        name = optional_text(arguments.get("ModelName"), ".ModelName") or context.job_name
        return {
            **arguments,
            "ModelName": name,
            "ModelArn": arn_of("model", name, context),
            "CreationTime": LATER,
        }


def checker(stand_in: str) -> Program:
    """The program that checks a model, with what it is called in results."""
    return program(
        "model_check.py", stand_in, "readiness_artifact.py", "readiness_handlers.py", "readiness_defaults.py"
    )


def check_job(
    name: str,
    step_type: str,
    containers: list[ServedContainer],
    check: Program,
    metrics: Sequence[JobInput] = (),
) -> Job:
    """The job that checks containers one after the other, and that each of ``metrics`` is a JSON file."""
    told = {
        "containers": [container.instructions for container in containers],
        "metrics": [{"name": wanted.name, "uri": wanted.uri, "folder": wanted.path} for wanted in metrics],
    }
    return Job(
        step_name=name,
        step_type=step_type,
        command=("python3", check.path),
        working_directory="/",
        environment={},
        files={**check.files, INSTRUCTIONS_FILE: json.dumps(told, indent=2)},
        directories=DIRECTORIES,
        inputs=(*all_inputs(containers), *metrics),
        message_files=("/opt/ml/output/failure",),
        stand_in=check.stand_in,
        image_uri=containers[0].image_uri,
    )
