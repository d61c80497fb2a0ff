"""RegisterModel steps: what would go into the model registry is opened and checked; nothing is registered.

Names, patterns and what is required are those of the CreateModelPackage API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cursus_readiness.definitions.expressions import LATER, is_late
from cursus_readiness.jobs.base import (
    ArgumentsError,
    JobContext,
    UnsupportedJobError,
    arn_of,
    choice_of,
    list_of,
    mapping_of,
    optional_text,
    s3_uri,
    text_map,
    text_member,
)
from cursus_readiness.jobs.containers import containers_of
from cursus_readiness.jobs.model import check_job
from cursus_readiness.jobs.programs import PROGRAM_DIR
from cursus_readiness.model.job import Job, JobInput

Json = Any
_APPROVALS = ("PendingManualApproval", "Approved", "Rejected")
_GROUP = re.compile(
    r"(arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:\d{12}:[a-z-]*/)?[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
)
_MIME = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+*-]+(\s*;.*)?")
_INSTANCE_TYPE = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9-]+")
_CONTENT_TYPES = ("SupportedContentTypes", "SupportedResponseMIMETypes")
_INSTANCE_TYPES = ("SupportedRealtimeInferenceInstanceTypes", "SupportedTransformInstanceTypes")


class RegisterModel:
    """A version of a model package, with the metrics that come with it."""

    step_type = "RegisterModel"

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments."""
        choice_of(arguments.get("ModelApprovalStatus"), _APPROVALS, ".ModelApprovalStatus")
        _matches(optional_text(arguments.get("ModelPackageGroupName"), at := ".ModelPackageGroupName"), _GROUP, at)
        text_map(arguments.get("CustomerMetadataProperties"), ".CustomerMetadataProperties")
        at = ".InferenceSpecification"
        specification = mapping_of(arguments.get("InferenceSpecification"), at)
        if not specification:
            raise UnsupportedJobError("there is no InferenceSpecification: nothing of the model can be checked")
        for member, pattern in (
            *((key, _MIME) for key in _CONTENT_TYPES),
            *((key, _INSTANCE_TYPE) for key in _INSTANCE_TYPES),
        ):
            for index, item in enumerate(list_of(specification.get(member), f"{at}.{member}")):
                _matches(optional_text(item, f"{at}.{member}[{index}]"), pattern, f"{at}.{member}[{index}]")
        containers = containers_of(specification.get("Containers"), f"{at}.Containers", context)
        return check_job(name, self.step_type, containers, "nothing is registered", _numbered(_metrics(arguments)))

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """As DescribeModelPackage answers."""
        group = optional_text(arguments.get("ModelPackageGroupName"), ".ModelPackageGroupName")
        package = (group or context.job_name).rpartition("/")[2]
        return {
            "ModelApprovalStatus": "PendingManualApproval",
            **arguments,
            "ModelPackageName": package,
            "ModelPackageArn": arn_of("model-package", f"{package}/1" if group else package, context),
            "ModelPackageVersion": 1,
            "ModelPackageStatus": "Completed",
            "CreationTime": LATER,
            "LastModifiedTime": LATER,
        }


def _matches(value: str | None, pattern: re.Pattern[str], at: str) -> None:
    if value is not None and not is_late(value) and not pattern.fullmatch(value):
        what = {
            _MIME: "a MIME type",
            _INSTANCE_TYPE: "an instance type (ml.*)",
            _GROUP: "a name of a model package group",
        }
        raise ArgumentsError(at, f"{value!r} is not {what[pattern]}")


def _metrics(arguments: Mapping[str, Json]) -> Iterator[tuple[str, str, str]]:
    """Name, URI and place of each file of metrics and baselines that the package refers to."""
    for member in ("ModelMetrics", "DriftCheckBaselines"):
        for kind, files in mapping_of(arguments.get(member), f".{member}").items():
            for name, source in mapping_of(files, f".{member}.{kind}").items():
                at = f".{member}.{kind}.{name}"
                uri = s3_uri(text_member(mapping_of(source, at), "S3Uri", at=at), f"{at}.S3Uri")
                yield f"{member}.{kind}.{name}", uri, f"{at}.S3Uri"


def _numbered(metrics: Iterator[tuple[str, str, str]]) -> list[JobInput]:
    return [
        JobInput(name=name, uri=uri, path=f"{PROGRAM_DIR}/metrics-{number}", is_code=True, at=at)
        for number, (name, uri, at) in enumerate(metrics, 1)
    ]
