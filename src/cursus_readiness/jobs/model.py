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
from cursus_readiness.jobs.programs import program
from cursus_readiness.model.job import Job, JobInput

Json = Any
_BESIDE = ("readiness_artifact.py", "readiness_handlers.py", "readiness_defaults.py")


class Model:
    """A model of one container, or of several that are called one after the other."""

    step_type = "Model"

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments."""
        return check_job(name, self.step_type, model_containers(arguments, context), "nothing is created")

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """As DescribeModel answers."""
        name = optional_text(arguments.get("ModelName"), ".ModelName") or context.job_name
        return {
            **arguments,
            "ModelName": name,
            "ModelArn": arn_of("model", name, context),
            "CreationTime": LATER,
        }


def check_job(
    name: str,
    step_type: str,
    containers: list[ServedContainer],
    not_done: str,
    metrics: Sequence[JobInput] = (),
) -> Job:
    """The job that checks containers one after the other, and that each of ``metrics`` is a JSON file.

    ``not_done`` ends what it is called in results.
    """
    loads = any(container.told["program"] for container in containers)
    done = "the artifact is opened" + (", its inference script imported and its model loaded" if loads else "")
    check = program("model_check.py", f"{done}; {not_done}", *_BESIDE)
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
        files={**check.files, INSTRUCTIONS_FILE: json.dumps(told)},
        directories=DIRECTORIES,
        inputs=(*all_inputs(containers), *metrics),
        message_files=("/opt/ml/output/failure",),
        stand_in=check.stand_in,
        image_uri=containers[0].image_uri,
    )
