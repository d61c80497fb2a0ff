"""Lambda steps: a function of the scenario is called in the place of the one on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cursus_readiness.jobs.base import JobContext
from cursus_readiness.jobs.functions import function_job, function_properties
from cursus_readiness.model.job import Job

Json = Any
_TIME_LIMIT_S = 600.0  # of any Lambda step, says the SageMaker developer guide, *Lambda step*


class Lambda:
    """A Lambda step: the Arguments are the event, the keys of what is returned are the output parameters."""

    step_type = "Lambda"

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments."""
        arn = str(context.members.get("FunctionArn") or f"arn:aws:lambda:{context.region}:000000000000:function:{name}")
        function = arn.partition(":function:")[2].partition(":")[0] or name
        job = function_job(
            name,
            self.step_type,
            dict(arguments),
            context,
            stands_for="the Lambda function",
            told={"function_name": function, "invoked_function_arn": arn},
            max_runtime_s=_TIME_LIMIT_S,
        )
        names = {"AWS_LAMBDA_FUNCTION_NAME": function, "LAMBDA_TASK_ROOT": job.working_directory}
        return job.model_copy(update={"environment": {**job.environment, **names}})

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:  # noqa: ARG002 - the event is nothing that a step has
        """The output parameters."""
        return function_properties(context)
