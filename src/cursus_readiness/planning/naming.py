"""Names that an execution of a pipeline has here, in the shapes of the service's own."""

from __future__ import annotations

import hashlib
import re

REGION = "us-east-1"
ACCOUNT = "000000000000"
EXECUTION_ID = "readiness"


def execution_variables(pipeline: str, started_at: str) -> dict[str, str]:
    """What ``Get: Execution...`` stands for."""
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/{pipeline}"
    return {
        "PipelineName": pipeline,
        "PipelineArn": arn,
        "PipelineExecutionId": EXECUTION_ID,
        "PipelineExecutionArn": f"{arn}/execution/{EXECUTION_ID}",
        "StartDateTime": started_at,
        "CurrentDateTime": started_at,
    }


def job_name(step: str) -> str:
    """The name of the job that executes a step: the same in every run, of the characters that the service allows."""
    safe = re.sub(r"[^A-Za-z0-9-]", "-", step)
    ending = "" if safe == step else f"-{hashlib.sha256(step.encode()).hexdigest()[:6]}"
    return f"pipelines-{EXECUTION_ID}-{safe}{ending}"
