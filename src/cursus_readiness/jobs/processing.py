"""Processing steps: any entry point, inputs at their LocalPath, outputs uploaded when the job has ended.

The contract is that of the SageMaker developer guide, *How Amazon SageMaker Processing runs your container*.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cursus_readiness.definitions.expressions import LATER
from cursus_readiness.jobs.base import (
    JobContext,
    UnsupportedJobError,
    arn_of,
    count_of,
    later_times,
    list_of,
    local_path,
    mapping_of,
    member,
    optional_text,
    require_distinct,
    require_files,
    require_prefix,
    resource_config,
    s3_uri,
    text_map,
    text_member,
    texts_of,
    time_limit_of,
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
        app = mapping_of(member(arguments, "AppSpecification"), ".AppSpecification")
        entrypoint = texts_of(app.get("ContainerEntrypoint"), ".AppSpecification.ContainerEntrypoint")
        if not entrypoint:
            raise UnsupportedJobError("the image decides what runs: no ContainerEntrypoint is given")
        command = entrypoint + texts_of(app.get("ContainerArguments"), ".AppSpecification.ContainerArguments")
        return processing_job(name, self.step_type, command, arguments, context)

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """As DescribeProcessingJob answers."""
        return {
            **arguments,
            "ProcessingJobName": context.job_name,
            "ProcessingJobArn": arn_of("processing-job", context.job_name, context),
            "ProcessingJobStatus": "Completed",
            "ExitMessage": LATER,
            **later_times("Processing"),
        }


def processing_job(
    name: str, step_type: str, command: tuple[str, ...], arguments: Mapping[str, Json], context: JobContext
) -> Job:
    """The job of a Processing job's Arguments, whatever it is that runs; raises as ``JobType.build`` does."""
    app = mapping_of(member(arguments, "AppSpecification"), ".AppSpecification")
    at = ".ProcessingResources.ClusterConfig"
    cluster = mapping_of(member(arguments, "ProcessingResources", "ClusterConfig"), at)
    instance_type = optional_text(cluster.get("InstanceType"), f"{at}.InstanceType")
    inputs = tuple(_inputs(arguments.get("ProcessingInputs")))
    require_distinct((item.name for item in inputs), ".ProcessingInputs", "input")
    require_distinct((item.path for item in inputs), ".ProcessingInputs", "LocalPath")
    outputs = tuple(_outputs(arguments.get("ProcessingOutputConfig")))
    require_distinct((item.name for item in outputs), ".ProcessingOutputConfig.Outputs", "output")
    return Job(
        step_name=name,
        step_type=step_type,
        command=command,
        working_directory="/",
        environment=text_map(arguments.get("Environment"), ".Environment"),
        files={
            "/opt/ml/config/processingjobconfig.json": json.dumps({"ProcessingJobName": context.job_name, **arguments}),
            "/opt/ml/config/resourceconfig.json": json.dumps(resource_config(instance_type)),
        },
        directories=("/opt/ml/output", *(output.path for output in outputs)),
        inputs=inputs,
        outputs=outputs,
        message_files=("/opt/ml/output/message",),
        instance_type=instance_type,
        instance_count=count_of(cluster.get("InstanceCount"), f"{at}.InstanceCount"),
        image_uri=optional_text(app.get("ImageUri"), ".AppSpecification.ImageUri"),
        max_runtime_s=time_limit_of(arguments),
    )


def _inputs(items: Json) -> Iterator[JobInput]:
    for index, item in enumerate(list_of(items, ".ProcessingInputs")):
        at = f".ProcessingInputs[{index}]"
        name = text_member(item, "InputName", at=at)
        if "DatasetDefinition" in item:
            raise UnsupportedJobError(f"input {name!r} is a DatasetDefinition (Athena or Redshift)")
        s3 = mapping_of(member(item, "S3Input", at=at), f"{at}.S3Input")
        require_files(s3.get("S3InputMode"), f"input {name!r} uses")
        require_prefix(s3.get("S3DataType"), f"input {name!r}")
        uri, path = _place(s3, f"{at}.S3Input")
        is_code = name in _CODE_NAMES or uri.endswith(_CODE_SUFFIXES)
        yield JobInput(name=name, uri=uri, path=path, is_code=is_code, at=at)


def _outputs(config: Json) -> Iterator[JobOutput]:
    items = mapping_of(config, ".ProcessingOutputConfig").get("Outputs")
    for index, item in enumerate(list_of(items, ".ProcessingOutputConfig.Outputs")):
        at = f".ProcessingOutputConfig.Outputs[{index}]"
        name = text_member(item, "OutputName", at=at)
        if "FeatureStoreOutput" in item:
            raise UnsupportedJobError(f"output {name!r} goes to a Feature Store")
        uri, path = _place(member(item, "S3Output", at=at), f"{at}.S3Output")
        yield JobOutput(name=name, uri=uri, path=path, at=at)


def _place(s3: Json, at: str) -> tuple[str, str]:
    """The S3 URI and the path of the container that belong together."""
    uri = s3_uri(text_member(s3, "S3Uri", at=at), f"{at}.S3Uri")
    return uri, local_path(text_member(s3, "LocalPath", at=at), f"{at}.LocalPath")
