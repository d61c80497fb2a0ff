"""Training steps: channels, hyperparameters, checkpoints and the model, whatever it is that trains.

The source of the contract is the SageMaker developer guide, *How Amazon SageMaker runs your training image*.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cursus_readiness.definitions.expressions import LATER
from cursus_readiness.jobs.algorithms import implied_metrics
from cursus_readiness.jobs.base import (
    ArgumentsError,
    JobContext,
    UnsupportedJobError,
    arn_of,
    channel_config,
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
    time_limit_of,
)
from cursus_readiness.jobs.launching import CODE_DIR, TrainingSetup, launch
from cursus_readiness.model.job import Job, JobInput, JobOutput, Packing

Json = Any
_CHANNEL = re.compile(r"[A-Za-z0-9._-]{1,64}")
CHECKPOINT_DIR = "/opt/ml/checkpoints"
_DRIVER_CHANNELS = ("code", "sm_drivers")  # what version 3 of the SDK brings its own programs in
_DIRECTORIES = (
    "/opt/ml/model",
    "/opt/ml/output/data",
    "/opt/ml/output/intermediate",
    CHECKPOINT_DIR,
    "/opt/ml/input/config",
    "/opt/ml/input/data",
    CODE_DIR,
)


class Training:
    """A Training job on one host with File mode channels.

    What runs is the program of script mode (``sagemaker_program``), the container's own entry point (as version 3 of
    the SDK gives it), or a stand-in for the algorithm that is built into the image.
    """

    step_type = "Training"

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments."""
        hyperparameters = text_map(arguments.get("HyperParameters"), ".HyperParameters")
        resources = mapping_of(member(arguments, "ResourceConfig"), ".ResourceConfig")
        algorithm = mapping_of(arguments.get("AlgorithmSpecification"), ".AlgorithmSpecification")
        mode = algorithm.get("TrainingInputMode")
        require_files(mode, "channels use")
        instance_type = optional_text(resources.get("InstanceType"), ".ResourceConfig.InstanceType")
        channels = _channels(arguments.get("InputDataConfig"))
        require_distinct((channel.name for channel in channels), ".InputDataConfig", "channel")
        input_config = channel_config(list_of(arguments.get("InputDataConfig"), ".InputDataConfig"))
        how = launch(TrainingSetup(hyperparameters, algorithm, channels, input_config, instance_type), context)
        checkpoints = _checkpoints(arguments)
        return Job(
            step_name=name,
            step_type=self.step_type,
            command=how.command,
            working_directory=how.working_directory,
            environment={**text_map(arguments.get("Environment"), ".Environment"), **how.environment},
            files={
                **how.files,
                "/opt/ml/input/config/hyperparameters.json": json.dumps(hyperparameters),
                "/opt/ml/input/config/inputdataconfig.json": json.dumps(input_config),
                "/opt/ml/input/config/resourceconfig.json": json.dumps(resource_config(instance_type)),
            },
            directories=_DIRECTORIES,
            inputs=(*how.inputs, *channels, *(_earlier(output) for output in checkpoints)),
            outputs=(*model_outputs(arguments, context), *checkpoints),
            metric_patterns=_all_metrics(algorithm, hyperparameters),
            stand_in=how.stand_in,
            message_files=("/opt/ml/output/failure",),
            instance_type=instance_type,
            instance_count=count_of(resources.get("InstanceCount"), ".ResourceConfig.InstanceCount"),
            image_uri=optional_text(algorithm.get("TrainingImage"), ".AlgorithmSpecification.TrainingImage"),
            max_runtime_s=time_limit_of(arguments),
        )

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """As DescribeTrainingJob answers."""
        algorithm = mapping_of(arguments.get("AlgorithmSpecification"), ".AlgorithmSpecification")
        hyperparameters = text_map(arguments.get("HyperParameters"), ".HyperParameters")
        return {
            **arguments,
            "TrainingJobName": context.job_name,
            "TrainingJobArn": arn_of("training-job", context.job_name, context),
            "TrainingJobStatus": "Completed",
            "SecondaryStatus": "Completed",
            "ModelArtifacts": {"S3ModelArtifacts": f"{_output_folder(arguments, context)}/model.tar.gz"},
            "FinalMetricDataList": [
                {"MetricName": name, "Value": LATER} for name in _all_metrics(algorithm, hyperparameters)
            ],
            "TrainingTimeInSeconds": LATER,
            "BillableTimeInSeconds": LATER,
            **later_times("Training"),
        }


def _output_folder(arguments: Mapping[str, Json], context: JobContext) -> str:
    path = text_member(arguments, "OutputDataConfig", "S3OutputPath")
    return f"{s3_uri(path, '.OutputDataConfig.S3OutputPath').rstrip('/')}/{context.job_name}/output"


def model_outputs(arguments: Mapping[str, Json], context: JobContext) -> tuple[JobOutput, ...]:
    """The two archives that every training job leaves."""
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
        if not _CHANNEL.fullmatch(name) or name in (".", ".."):
            raise ArgumentsError(f"{at}.ChannelName", f"{name!r} is not a channel name")
        require_files(item.get("InputMode"), f"channel {name!r} uses")
        source = mapping_of(member(item, "DataSource", at=at), f"{at}.DataSource")
        if "S3DataSource" not in source:
            raise UnsupportedJobError(f"channel {name!r} is not on S3")
        s3 = mapping_of(source["S3DataSource"], f"{at}.DataSource.S3DataSource")
        require_prefix(s3.get("S3DataType"), f"channel {name!r}")
        uri = s3_uri(
            text_member(s3, "S3Uri", at=f"{at}.DataSource.S3DataSource"), f"{at}.DataSource.S3DataSource.S3Uri"
        )
        is_code = name in _DRIVER_CHANNELS
        channels.append(JobInput(name=name, uri=uri, path=f"/opt/ml/input/data/{name}", is_code=is_code, at=at))
    return channels


def _checkpoints(arguments: Mapping[str, Json]) -> tuple[JobOutput, ...]:
    """Where checkpoints go, if anywhere."""
    config = mapping_of(arguments.get("CheckpointConfig"), ".CheckpointConfig")
    if not config:
        return ()
    uri = s3_uri(text_member(config, "S3Uri", at=".CheckpointConfig"), ".CheckpointConfig.S3Uri")
    path = optional_text(config.get("LocalPath"), ".CheckpointConfig.LocalPath") or CHECKPOINT_DIR
    return (JobOutput(name="checkpoints", uri=uri, path=local_path(path, ".CheckpointConfig.LocalPath")),)


def _earlier(checkpoints: JobOutput) -> JobInput:
    """A job goes on from the checkpoints that are there already; there need not be any."""
    return JobInput(name=checkpoints.name, uri=checkpoints.uri, path=checkpoints.path, is_optional=True)


def _all_metrics(algorithm: Mapping[str, Json], hyperparameters: Mapping[str, str]) -> dict[str, str]:
    """The metrics that are defined, and those that a built-in algorithm logs."""
    implied = implied_metrics(str(algorithm.get("TrainingImage", "")), hyperparameters)
    return {**implied, **dict(metric_patterns(algorithm.get("MetricDefinitions")))}


def metric_patterns(items: Json) -> Iterator[tuple[str, str]]:
    """Name and regular expression of each metric that the job's log tells.

    Raises ArgumentsError for one that is none.
    """
    at = ".AlgorithmSpecification.MetricDefinitions"
    for index, item in enumerate(list_of(items, at)):
        name, pattern = text_member(item, "Name", at=f"{at}[{index}]"), text_member(item, "Regex", at=f"{at}[{index}]")
        try:
            re.compile(pattern)
        except re.error as error:
            raise ArgumentsError(f"{at}[{index}].Regex", f"{pattern!r} is not a regular expression: {error}") from None
        yield name, pattern
