"""Transform steps: the model is served by its own handlers, input files are split and sent, answers assembled.

How files are split, batched, filtered, joined and assembled is that of the SageMaker developer guide (*Use batch
transform*, *Associate prediction results with input records*) and of the CreateTransformJob API.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cursus_readiness.jobs.base import (
    ArgumentsError,
    JobContext,
    UnsupportedJobError,
    arn_of,
    choice_of,
    count_of,
    int_of,
    later_times,
    mapping_of,
    member,
    optional_text,
    require_prefix,
    s3_uri,
    text_map,
    text_member,
)
from cursus_readiness.jobs.containers import DIRECTORIES, INSTRUCTIONS_FILE, ServedContainer, model_containers
from cursus_readiness.jobs.programs import program
from cursus_readiness.model.job import Job, JobInput, JobOutput

Json = Any
INPUT_DIR = "/opt/ml/transform/input"
OUTPUT_DIR = "/opt/ml/transform/output"
_STAND_IN = "the handlers of the inference script are called in one process, without the container's web server"
_BUILT_IN = "the open-source xgboost library serves the model of the built-in XGBoost algorithm"
_BESIDE = (
    *("readiness_artifact.py", "readiness_handlers.py", "readiness_defaults.py"),
    *("readiness_records.py", "readiness_joins.py", "readiness_paths.py"),
)
_STRATEGIES = {"MultiRecord": "MULTI_RECORD", "SingleRecord": "SINGLE_RECORD"}
_DEFAULT_PAYLOAD_MB = 6
_LARGEST_PAYLOADS_MB = 100
_LONGEST_FILTER = 63


class Transform:
    """A batch transform job on one host, for a model that a step of the same pipeline creates."""

    step_type = "Transform"

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments."""
        container = _container(text_member(arguments, "ModelName"), context)
        at = ".TransformResources"
        resources = mapping_of(member(arguments, "TransformResources"), at)
        told = _settings(arguments)
        is_built_in = _is_built_in(container)
        runs = program("batch_transform.py", _BUILT_IN if is_built_in else _STAND_IN, *_BESIDE)
        source = _source(arguments)
        at_output = ".TransformOutput"
        output = mapping_of(member(arguments, "TransformOutput"), at_output)
        uri = s3_uri(text_member(output, "S3OutputPath", at=at_output), f"{at_output}.S3OutputPath")
        instructions = {"container": container.instructions, "input_uri": source.uri, **told}
        return Job(
            step_name=name,
            step_type=self.step_type,
            command=("python3", runs.path),
            working_directory="/",
            environment={
                **container.environment,
                **text_map(arguments.get("Environment"), ".Environment"),
                "SAGEMAKER_BATCH": "True",
                "SAGEMAKER_BATCH_STRATEGY": _STRATEGIES[told["strategy"]],
                "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(told["max_payload_mb"]),
                "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(_concurrent(arguments)),
            },
            files={**runs.files, INSTRUCTIONS_FILE: json.dumps(instructions)},
            directories=(*DIRECTORIES, INPUT_DIR, OUTPUT_DIR),
            inputs=(*container.inputs, source),
            outputs=(JobOutput(name="transform", uri=uri, path=OUTPUT_DIR, at=f"{at_output}.S3OutputPath"),),
            message_files=("/opt/ml/output/failure",),
            stand_in=runs.stand_in,
            instance_type=optional_text(resources.get("InstanceType"), f"{at}.InstanceType"),
            instance_count=count_of(resources.get("InstanceCount"), f"{at}.InstanceCount"),
            image_uri=container.image_uri,
        )

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """As DescribeTransformJob answers."""
        return {
            **arguments,
            "TransformJobName": context.job_name,
            "TransformJobArn": arn_of("transform-job", context.job_name, context),
            "TransformJobStatus": "Completed",
            **later_times("Transform"),
        }


def _container(name: str, context: JobContext) -> ServedContainer:
    """The container of the model of that name.

    Raises UnsupportedJobError for models that cannot be served here.
    """
    if name not in context.models:
        raise UnsupportedJobError(f"the model {name!r} is not created by this pipeline")
    containers = model_containers(context.models[name], context)
    if len(containers) > 1:
        raise UnsupportedJobError(f"the model {name!r} has {len(containers)} containers; only one is served here")
    container = containers[0]
    if container.told["framework"] is None and container.told["program"] is None:
        raise UnsupportedJobError("the image decides how the model is served: no inference script is given")
    return container


def _is_built_in(container: ServedContainer) -> bool:
    return container.told["framework"] == "xgboost" and container.told["program"] is None


def _source(arguments: Mapping[str, Json]) -> JobInput:
    at = ".TransformInput.DataSource.S3DataSource"
    s3 = mapping_of(member(arguments, "TransformInput", "DataSource", "S3DataSource"), at)
    require_prefix(s3.get("S3DataType"), "the input")
    return JobInput(name="input", uri=s3_uri(text_member(s3, "S3Uri", at=at), f"{at}.S3Uri"), path=INPUT_DIR, at=at)


def _settings(arguments: Mapping[str, Json]) -> dict[str, Json]:
    """How records are split, sent, filtered, joined and assembled."""
    source = mapping_of(member(arguments, "TransformInput"), ".TransformInput")
    output = mapping_of(member(arguments, "TransformOutput"), ".TransformOutput")
    at = ".TransformInput"
    return {
        "content_type": optional_text(source.get("ContentType"), f"{at}.ContentType"),
        "compression": choice_of(source.get("CompressionType"), ("None", "Gzip"), f"{at}.CompressionType"),
        "split": choice_of(source.get("SplitType"), ("None", "Line", "RecordIO", "TFRecord"), f"{at}.SplitType"),
        "accept": optional_text(output.get("Accept"), ".TransformOutput.Accept"),
        "assemble": choice_of(output.get("AssembleWith"), ("None", "Line"), ".TransformOutput.AssembleWith"),
        "strategy": choice_of(arguments.get("BatchStrategy"), tuple(_STRATEGIES), ".BatchStrategy"),
        "max_payload_mb": _max_payload_mb(arguments),
        **_processing(arguments, source, output),
    }


def _concurrent(arguments: Mapping[str, Json]) -> int:
    """How many requests at a time are asked for; 0 leaves it to the service, which takes 1."""
    value = arguments.get("MaxConcurrentTransforms")
    return max(1, int_of(value, ".MaxConcurrentTransforms")) if value is not None else 1


def _max_payload_mb(arguments: Mapping[str, Json]) -> int:
    """The largest payload; 0 means no limit."""
    at = ".MaxPayloadInMB"
    value = arguments.get("MaxPayloadInMB")
    largest = _DEFAULT_PAYLOAD_MB if value is None else int_of(value, at)
    if not 0 <= largest * _concurrent(arguments) <= _LARGEST_PAYLOADS_MB:
        raise ArgumentsError(at, "MaxPayloadInMB times MaxConcurrentTransforms must be between 0 and 100")
    return largest


def _processing(
    arguments: Mapping[str, Json], source: Mapping[str, Json], output: Mapping[str, Json]
) -> dict[str, Json]:
    """Filters and joins, which need text of a known format."""
    at = ".DataProcessing"
    processing = mapping_of(arguments.get("DataProcessing"), at)
    filters = {key: optional_text(processing.get(key), f"{at}.{key}") or "$" for key in ("InputFilter", "OutputFilter")}
    for key, text in filters.items():
        if len(text) > _LONGEST_FILTER:
            raise ArgumentsError(f"{at}.{key}", f"a filter has at most {_LONGEST_FILTER} characters")
    join = choice_of(processing.get("JoinSource"), ("None", "Input"), f"{at}.JoinSource")
    formats = (_format_of(source.get("ContentType")), _format_of(output.get("Accept")))
    if filters["InputFilter"] != "$" and formats[0] is None:
        raise ArgumentsError(f"{at}.InputFilter", "a filter needs a ContentType of CSV or JSON")
    if filters["OutputFilter"] != "$" and formats[1] is None:
        raise ArgumentsError(f"{at}.OutputFilter", "a filter needs an Accept of CSV or JSON")
    if formats[0] == "CSV" and filters["InputFilter"] + join != "$None" and source.get("SplitType") != "Line":
        raise ArgumentsError(".TransformInput.SplitType", "rows of CSV are filtered and joined only when it is Line")
    if formats[1] == "CSV" and filters["OutputFilter"] + join != "$None" and output.get("AssembleWith") != "Line":
        raise ArgumentsError(
            ".TransformOutput.AssembleWith", "rows of CSV are filtered and joined only when it is Line"
        )
    if join == "Input" and None in formats:
        raise ArgumentsError(f"{at}.JoinSource", "a join needs a ContentType and an Accept of CSV or JSON")
    if join == "Input" and formats[0] != formats[1]:
        raise UnsupportedJobError(f"{formats[0]} input is joined with {formats[1]} output; only like is joined here")
    return {"input_filter": filters["InputFilter"], "output_filter": filters["OutputFilter"], "join": join}


def _format_of(content_type: Json) -> str | None:
    name = str(content_type).partition(";")[0].strip().lower()
    if name == "text/csv":
        return "CSV"
    return "JSON" if name.startswith("application/json") else None
