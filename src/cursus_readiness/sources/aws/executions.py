"""What an execution of a pipeline has left, read from SageMaker or from the prefix that it wrote to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cursus_readiness.planning.executions import Execution, RecordedExecution, RecordedStep, StoredExecution
from cursus_readiness.sources.aws.clients import Access
from cursus_readiness.sources.aws.errors import REQUEST_ERRORS, code_of, explained
from cursus_readiness.sources.aws.listing import Bucket
from cursus_readiness.sources.aws.retry import Retry
from cursus_readiness.sources.aws.uris import location_of
from cursus_readiness.sources.base import SourceError

_ARN = re.compile(r"arn:aws[a-z-]*:sagemaker:([a-z0-9-]+):\d{12}:pipeline/([A-Za-z0-9-]+)(/execution/[a-z0-9]+)?")
_GONE = ("ResourceNotFound", "ValidationException")  # how the service says that a job or model is not there any more
_ENDED = ("Succeeded", "Failed", "Stopped")
# Member of a step's metadata -> operation that describes its job, and the member that names it
_DESCRIBE = {
    "ProcessingJob": ("describe_processing_job", "ProcessingJobName"),
    "TrainingJob": ("describe_training_job", "TrainingJobName"),
    "TransformJob": ("describe_transform_job", "TransformJobName"),
    "TuningJob": ("describe_hyper_parameter_tuning_job", "HyperParameterTuningJobName"),
    "Model": ("describe_model", "ModelName"),
    "RegisterModel": ("describe_model_package", "ModelPackageName"),
}


def read_execution(reference: str, *, access: Access | None = None, retry: Retry | None = None) -> Execution:
    """The execution of that ARN, the latest that has ended of a pipeline's ARN, or what lies below an ``s3://`` prefix.

    Raises SourceError when it cannot be read, or ``reference`` is none of these.
    """
    retry = retry or Retry()
    if reference.startswith("s3://"):
        return _stored(reference, access or Access(), retry)
    found = _ARN.fullmatch(reference)
    if found is None:
        raise SourceError(f"{reference!r} is neither the ARN of a pipeline or of its execution nor an s3:// prefix")
    with (access or Access(region=found[1])).client("sagemaker") as client:
        service = _Service(client, reference, retry)
        return service.recorded(reference if found[3] else service.latest(found[2]))


def _stored(reference: str, access: Access, retry: Retry) -> StoredExecution:
    wanted = location_of(reference).as_folder
    with access.client("s3") as client:
        bucket = Bucket(client, wanted.bucket, retry)
        location = bucket.settle(wanted).as_folder
        keys = frozenset(item.key.removeprefix(location.key) for item in bucket.objects_at(location))
    folders = {key[: match.start()] for key in keys for match in re.finditer("/", key)}
    return StoredExecution(location.uri, keys, frozenset(folders))


class _Service:
    """Asks SageMaker."""

    def __init__(self, client: Any, reference: str, retry: Retry) -> None:
        self._client = client
        self._reference = reference
        self._retry = retry

    def latest(self, pipeline: str) -> str:
        """The ARN of the execution of a pipeline that was started last, of those that have ended."""
        newest_first = {"SortBy": "CreationTime", "SortOrder": "Descending"}
        for page in self._pages("list_pipeline_executions", PipelineName=pipeline, **newest_first):
            for item in page["PipelineExecutionSummaries"]:
                if item.get("PipelineExecutionStatus") in _ENDED:
                    return str(item["PipelineExecutionArn"])
        raise SourceError(f"{self._reference} has no execution that has ended")

    def recorded(self, arn: str) -> RecordedExecution:
        """What became of every step."""
        steps = {}
        for page in self._pages("list_pipeline_execution_steps", PipelineExecutionArn=arn):
            for item in page["PipelineExecutionSteps"]:
                steps[item["StepName"]] = self._step(item)
        return RecordedExecution(arn, steps)

    def _step(self, item: Mapping[str, Any]) -> RecordedStep:
        status, metadata = item.get("StepStatus", "unknown"), item.get("Metadata") or {}
        if status != "Succeeded":
            return RecordedStep(status)
        parameters: dict[str, str] = {}
        told: dict[str, Any] = {}
        for kind, fields in metadata.items():
            parameters |= {entry["Name"]: entry["Value"] for entry in fields.pop("OutputParameters", ())}
            if kind in _DESCRIBE and "Arn" in fields:
                told |= self._described(kind, fields["Arn"])
            else:
                told |= fields
        return RecordedStep(status, told, parameters)

    def _described(self, kind: str, arn: str) -> dict[str, Any]:
        operation, member = _DESCRIBE[kind]
        name = arn if kind == "RegisterModel" else arn.rpartition("/")[2]
        try:
            answer = self._ask(operation, **{member: name})
        except SourceError as error:
            if isinstance(error.__cause__, Exception) and code_of(error.__cause__) in _GONE:
                return {}
            raise
        answer.pop("ResponseMetadata", None)
        if kind == "TuningJob":
            answer["TrainingJobSummaries"] = self._trials(name)
        told: dict[str, Any] = json.loads(json.dumps(answer, default=str))  # instants as texts
        return told

    def _trials(self, name: str) -> list[dict[str, Any]]:
        """The trials of a tuning job, the best first, as `Get` counts them."""
        order = {"SortBy": "FinalObjectiveMetricValue", "SortOrder": "Descending"}
        answer = self._ask(
            "list_training_jobs_for_hyper_parameter_tuning_job", HyperParameterTuningJobName=name, **order
        )
        return list(answer["TrainingJobSummaries"])

    def _pages(self, operation: str, **settings: str) -> Iterator[dict[str, Any]]:
        more: dict[str, str] = {}
        while True:
            page = self._ask(operation, **settings, **more)
            yield page
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def _ask(self, operation: str, **settings: str) -> dict[str, Any]:
        ask: Callable[..., dict[str, Any]] = getattr(self._client, operation)
        try:
            return self._retry.call(lambda: ask(**settings))
        except REQUEST_ERRORS as error:
            raise explained(error, f"{self._reference} cannot be read by {operation}") from error
