"""The actions of AWS that the tool needs, each tried once. What is written is removed again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from cursus_readiness.model.audit import Outcome

NAMESPACE = "CursusReadiness"
_PREFIX = "cursus-readiness-probe/"
_CONTENT = b"written by readiness health-check, and removed at once"


class Judged(NamedTuple):
    """What an action has shown beside that it is allowed."""

    outcome: Outcome
    message: str


class Action(NamedTuple):
    """One action: its name in policies, how it is tried, and what to do if what it shows is not good."""

    name: str
    attempt: Any
    remedy: str = ""


def sagemaker_actions(client: Any) -> Iterator[Action]:
    """List pipelines, and describe one of them: a name that is not there shows as well that one may."""

    def describe() -> Judged | None:
        found = client.list_pipelines(MaxResults=1)["PipelineSummaries"]
        name = found[0]["PipelineName"] if found else f"no-such-pipeline-{uuid.uuid4().hex[:8]}"
        try:
            client.describe_pipeline(PipelineName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("ResourceNotFound", "ValidationException"):
                raise
        return None

    yield Action("sagemaker:ListPipelines", lambda: client.list_pipelines(MaxResults=1) and None)
    yield Action("sagemaker:DescribePipeline", describe)


def cloudwatch_actions(client: Any) -> Iterator[Action]:
    """Put one value of a metric of its own."""
    data = [{"MetricName": "HealthCheckProbe", "Value": 1.0, "Unit": "Count"}]
    yield Action(
        "cloudwatch:PutMetricData", lambda: client.put_metric_data(Namespace=NAMESPACE, MetricData=data) and None
    )


def bucket_actions(client: Any, bucket: str, region: str) -> Iterator[Action]:
    """Look at the bucket, write, read and remove an object, see whether data in it is safe."""
    key = f"{_PREFIX}{uuid.uuid4().hex}"

    def look() -> Judged | None:
        headers = client.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]
        where = headers.get("x-amz-bucket-region", region)
        if where != region:
            return Judged(Outcome.FAIL, f"bucket {bucket} is in {where}, and this is {region}")
        return None

    def read() -> Judged | None:
        if client.get_object(Bucket=bucket, Key=key)["Body"].read() != _CONTENT:
            return Judged(Outcome.FAIL, f"what is read from bucket {bucket} is not what was written")
        return None

    def versioning() -> Judged | None:
        if client.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled":
            return None
        return Judged(Outcome.WARN, f"bucket {bucket} keeps no versions: what is overwritten is lost")

    def encryption() -> Judged | None:
        try:
            client.get_bucket_encryption(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ServerSideEncryptionConfigurationNotFoundError":
                raise
            return Judged(Outcome.WARN, f"bucket {bucket} has no default encryption")
        return None

    region_remedy = "Set AWS_DEFAULT_REGION to the bucket's region: SageMaker reads from its own region only."
    yield Action("s3:ListBucket", look, region_remedy)
    yield Action("s3:PutObject", lambda: client.put_object(Bucket=bucket, Key=key, Body=_CONTENT) and None)
    yield Action("s3:GetObject", read, "Look for something between this machine and S3 that changes answers.")
    yield Action("s3:DeleteObject", lambda: client.delete_object(Bucket=bucket, Key=key) and None)
    yield Action(
        "s3:GetBucketVersioning",
        versioning,
        f"aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled",
    )
    yield Action("s3:GetEncryptionConfiguration", encryption, f"aws s3api put-bucket-encryption --bucket {bucket} ...")
