"""Callback steps: a function of the scenario gets the message and answers in the place of whoever reads the queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cursus_readiness.jobs.base import JobContext
from cursus_readiness.jobs.functions import function_job, function_properties
from cursus_readiness.model.job import Job

Json = Any


class Callback:
    """A Callback step: the event is the message that the queue would hold, what is returned ends the step.

    The shape of the message is that of the SageMaker developer guide, *Callback step*.
    """

    step_type = "Callback"

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments."""
        message = {
            "token": f"token-{context.job_name}",
            "pipelineExecutionArn": context.execution_arn,
            "arguments": dict(arguments),
            "status": "Executing",
        }
        return function_job(
            name,
            self.step_type,
            message,
            context,
            stands_for="the reader of the queue",
            told={"function_name": name, "invoked_function_arn": ""},
            max_runtime_s=None,
        )

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:  # noqa: ARG002 - the message is nothing that a step has
        """The output parameters."""
        return function_properties(context)
