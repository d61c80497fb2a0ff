"""Training steps in script mode: channels, hyperparameters and ``SM_*`` as the training toolkit gives them.

The source of the contract is the public package ``sagemaker-training`` (5.1), modules ``environment``, ``mapping``
and ``entry_point``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cursus_readiness.jobs.base import (
    ArgumentsError,
    JobContext,
    UnsupportedJobError,
    channel_config,
    count_of,
    list_of,
    mapping_of,
    member,
    optional_text,
    resource_config,
    s3_uri,
    text_map,
    text_member,
    time_limit_of,
)
from cursus_readiness.jobs.toolkit import command_arguments, decode, toolkit_environment
from cursus_readiness.model.job import Job, JobInput, JobOutput, Packing

Json = Any
CODE_DIR = "/opt/ml/code"
_DIRECTORIES = (
    "/opt/ml/model",
    "/opt/ml/output/data",
    "/opt/ml/output/intermediate",
    "/opt/ml/checkpoints",
    "/opt/ml/input/config",
    "/opt/ml/input/data",
    CODE_DIR,
)


class Training:
    """A Training job in script mode (``sagemaker_program``), File mode channels, one host."""

    step_type = "Training"

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments."""
        hyperparameters = text_map(arguments.get("HyperParameters"), ".HyperParameters")
        if "sagemaker_program" not in hyperparameters:
            raise UnsupportedJobError("the training image decides what runs: no sagemaker_program is given")
        resources = mapping_of(member(arguments, "ResourceConfig"), ".ResourceConfig")
        algorithm = mapping_of(arguments.get("AlgorithmSpecification"), ".AlgorithmSpecification")
        mode = algorithm.get("TrainingInputMode")
        if mode not in (None, "File"):
            raise UnsupportedJobError(f"channels use {mode} mode; only File mode is executed")
        instance_type = optional_text(resources.get("InstanceType"), ".ResourceConfig.InstanceType")
        channels = _channels(arguments.get("InputDataConfig"))
        program = str(decode(hyperparameters["sagemaker_program"]))
        source = str(decode(hyperparameters.get("sagemaker_submit_directory", '""')))
        at = ".HyperParameters.sagemaker_submit_directory"
        code = JobInput(
            name="source", uri=s3_uri(source, at), path=CODE_DIR, packing=Packing.TAR_GZ, is_code=True, at=at
        )
        return Job(
            step_name=name,
            step_type=self.step_type,
            command=(*_launch(program), *command_arguments(hyperparameters)),
            working_directory=CODE_DIR,
            environment={
                **text_map(arguments.get("Environment"), ".Environment"),
                **toolkit_environment(
                    context=context,
                    program=program,
                    source=source,
                    hyperparameters=hyperparameters,
                    channels={channel.name: channel for channel in channels},
                    instance_type=instance_type,
                ),
            },
            files={
                "/opt/ml/input/config/hyperparameters.json": json.dumps(hyperparameters, indent=2),
                "/opt/ml/input/config/inputdataconfig.json": json.dumps(
                    channel_config(channel.name for channel in channels), indent=2
                ),
                "/opt/ml/input/config/resourceconfig.json": json.dumps(resource_config(instance_type), indent=2),
            },
            directories=_DIRECTORIES,
            inputs=(code, *channels),
            outputs=_outputs(arguments, context),
            message_files=("/opt/ml/output/failure",),
            instance_type=instance_type,
            instance_count=count_of(resources.get("InstanceCount"), ".ResourceConfig.InstanceCount"),
            image_uri=optional_text(algorithm.get("TrainingImage"), ".AlgorithmSpecification.TrainingImage"),
            max_runtime_s=time_limit_of(arguments),
        )

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """As DescribeTrainingJob answers."""
        return {
            **arguments,
            "TrainingJobName": context.job_name,
            "TrainingJobArn": f"arn:aws:sagemaker:{context.region}:000000000000:training-job/{context.job_name}",
            "TrainingJobStatus": "Completed",
            "ModelArtifacts": {"S3ModelArtifacts": f"{_output_folder(arguments, context)}/model.tar.gz"},
        }


def _launch(program: str) -> tuple[str, ...]:
    """The toolkit runs Python programs with the interpreter and shell scripts with sh."""
    return ("/bin/sh", "-c", f'./{program} "$@"', program) if program.endswith(".sh") else ("python3", program)


def _output_folder(arguments: Mapping[str, Json], context: JobContext) -> str:
    path = text_member(arguments, "OutputDataConfig", "S3OutputPath")
    return f"{s3_uri(path, '.OutputDataConfig.S3OutputPath').rstrip('/')}/{context.job_name}/output"


def _outputs(arguments: Mapping[str, Json], context: JobContext) -> tuple[JobOutput, ...]:
    folder = _output_folder(arguments, context)
    pairs = (("model", "model.tar.gz", "/opt/ml/model"), ("output", "output.tar.gz", "/opt/ml/output/data"))
    return tuple(
        JobOutput(name=name, uri=f"{folder}/{archive}", path=path, packing=Packing.TAR_GZ)
        for name, archive, path in pairs
    )


def _channels(items: Json) -> list[JobInput]:
    channels = []
    for index, item in enumerate(list_of(items, ".InputDataConfig")):
        at = f".InputDataConfig[{index}]"
        name = text_member(item, "ChannelName", at=at)
        if "/" in name or name in (".", ".."):
            raise ArgumentsError(f"{at}.ChannelName", f"{name!r} is not a channel name")
        if item.get("InputMode") not in (None, "File"):
            raise UnsupportedJobError(f"channel {name!r} uses {item['InputMode']} mode; only File mode is executed")
        source = mapping_of(member(item, "DataSource", at=at), f"{at}.DataSource")
        if "S3DataSource" not in source:
            raise UnsupportedJobError(f"channel {name!r} is not on S3")
        uri = text_member(source, "S3DataSource", "S3Uri", at=f"{at}.DataSource")
        uri = s3_uri(uri, f"{at}.DataSource.S3DataSource.S3Uri")
        channels.append(JobInput(name=name, uri=uri, path=f"/opt/ml/input/data/{name}", at=at))
    return channels
