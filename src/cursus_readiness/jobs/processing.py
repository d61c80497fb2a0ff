"""Processing steps: any entry point, inputs at their LocalPath, outputs uploaded when the job has ended.

The contract is that of the SageMaker developer guide, *How Amazon SageMaker Processing runs your container*.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cursus_readiness.jobs.base import (
    ArgumentsError,
    JobContext,
    UnsupportedJobError,
    int_of,
    local_path,
    member,
    resource_config,
    s3_uri,
    text_map,
    text_member,
)
from cursus_readiness.model.job import Job, JobInput, JobOutput

Json = Any
_CODE_SUFFIXES = (".py", ".sh", ".tar.gz", ".tgz", ".zip", ".jar", ".whl")
_CODE_NAMES = ("code", "entrypoint")


class Processing:
    """A Processing job in File mode on one host."""

    step_type = "Processing"

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments."""
        app = member(arguments, "AppSpecification")
        cluster = member(arguments, "ProcessingResources", "ClusterConfig")
        entrypoint = _texts(app.get("ContainerEntrypoint"), ".AppSpecification.ContainerEntrypoint")
        if not entrypoint:
            raise UnsupportedJobError("the image decides what runs: no ContainerEntrypoint is given")
        command = entrypoint + _texts(app.get("ContainerArguments"), ".AppSpecification.ContainerArguments")
        instance_type = cluster.get("InstanceType")
        inputs = tuple(_inputs(arguments.get("ProcessingInputs") or []))
        outputs = tuple(_outputs((arguments.get("ProcessingOutputConfig") or {}).get("Outputs") or []))
        stopping = arguments.get("StoppingCondition") or {}
        return Job(
            step_name=name,
            step_type=self.step_type,
            command=command,
            working_directory="/",
            environment=text_map(arguments.get("Environment"), ".Environment"),
            files={
                "/opt/ml/config/processingjobconfig.json": json.dumps(
                    {"ProcessingJobName": context.job_name, **arguments}, indent=2
                ),
                "/opt/ml/config/resourceconfig.json": resource_config(instance_type),
            },
            directories=("/opt/ml/output", *(output.path for output in outputs)),
            inputs=inputs,
            outputs=outputs,
            message_files=("/opt/ml/output/message",),
            instance_type=instance_type,
            instance_count=int_of(cluster.get("InstanceCount", 1), ".ProcessingResources.ClusterConfig.InstanceCount"),
            image_uri=app.get("ImageUri"),
            max_runtime_s=stopping.get("MaxRuntimeInSeconds"),
        )

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """As DescribeProcessingJob answers."""
        return {
            **arguments,
            "ProcessingJobName": context.job_name,
            "ProcessingJobArn": f"arn:aws:sagemaker:{context.region}:000000000000:processing-job/{context.job_name}",
            "ProcessingJobStatus": "Completed",
        }


def _texts(value: Json, at: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str | int | float) for item in value):
        raise ArgumentsError(at, "a list of texts is expected")
    return tuple(str(item) for item in value)


def _inputs(items: Json) -> list[JobInput]:
    inputs = []
    for index, item in enumerate(items):
        at = f".ProcessingInputs[{index}]"
        name = text_member(item, "InputName", at=at)
        if "DatasetDefinition" in item:
            raise UnsupportedJobError(f"input {name!r} is a DatasetDefinition (Athena or Redshift)")
        s3 = member(item, "S3Input", at=at)
        _file_mode_only(name, s3.get("S3InputMode"), "File")
        uri = s3_uri(text_member(s3, "S3Uri", at=f"{at}.S3Input"), f"{at}.S3Input.S3Uri")
        path = local_path(text_member(s3, "LocalPath", at=f"{at}.S3Input"), f"{at}.S3Input.LocalPath")
        is_code = name in _CODE_NAMES or uri.endswith(_CODE_SUFFIXES)
        inputs.append(JobInput(name=name, uri=uri, path=path, is_code=is_code, at=at))
    return inputs


def _outputs(items: Json) -> list[JobOutput]:
    outputs = []
    for index, item in enumerate(items):
        at = f".ProcessingOutputConfig.Outputs[{index}]"
        name = text_member(item, "OutputName", at=at)
        if "FeatureStoreOutput" in item:
            raise UnsupportedJobError(f"output {name!r} goes to a Feature Store")
        s3 = member(item, "S3Output", at=at)
        uri = s3_uri(text_member(s3, "S3Uri", at=f"{at}.S3Output"), f"{at}.S3Output.S3Uri")
        path = local_path(text_member(s3, "LocalPath", at=f"{at}.S3Output"), f"{at}.S3Output.LocalPath")
        outputs.append(JobOutput(name=name, uri=uri, path=path))
    return outputs


def _file_mode_only(name: str, mode: Json, expected: str) -> None:
    if mode not in (None, expected):
        raise UnsupportedJobError(f"input {name!r} uses {mode} mode; only {expected} mode is executed here")
