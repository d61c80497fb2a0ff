"""Model, RegisterModel and Transform steps as the SDK writes them, and scripts of a model that is quick to train."""

from __future__ import annotations

from typing import Any

from pipelines import training

SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
ARTIFACT = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
SOURCE = "s3://bucket/code/serving.tar.gz"
# y = 2 a + 10 b, trained on rows of label, a, b.
TRAIN = """
import joblib, numpy
from sklearn.linear_model import LinearRegression
rows = numpy.loadtxt("/opt/ml/input/data/train/rows.csv", delimiter=",")
joblib.dump(LinearRegression().fit(rows[:, 1:], rows[:, 0]), "/opt/ml/model/model.joblib")
"""
INFERENCE = """
import os
import joblib

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
"""
ROWS = "".join(f"{2 * a + 10 * b},{a},{b}\n" for a in range(6) for b in range(6))


def container(
    artifact: Any = ARTIFACT, *, image: str = SKLEARN, program: str | None = "inference.py", source: str = SOURCE
) -> dict[str, Any]:
    """A container definition, with the inference script in an archive of its own."""
    environment = {"SAGEMAKER_CONTAINER_LOG_LEVEL": "20", "SAGEMAKER_REGION": "us-east-1"}
    if program:
        environment |= {"SAGEMAKER_PROGRAM": program, "SAGEMAKER_SUBMIT_DIRECTORY": source}
    return {"Image": image, "Environment": environment, "ModelDataUrl": artifact}


def model(name: str = "Create-CreateModel", **definition: Any) -> dict[str, Any]:
    """A Model step of one container."""
    arguments = {"ExecutionRoleArn": "arn:aws:iam::000000000000:role/r", "PrimaryContainer": container(**definition)}
    return {"Name": name, "Type": "Model", "Arguments": arguments}


def register(name: str = "Register-RegisterModel", **arguments: Any) -> dict[str, Any]:
    """A RegisterModel step of one container."""
    written = {
        "ModelPackageGroupName": "prices",
        "InferenceSpecification": {
            "Containers": [{**container(), "Framework": "SKLEARN"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
            "SupportedRealtimeInferenceInstanceTypes": ["ml.t2.medium"],
            "SupportedTransformInstanceTypes": ["ml.m5.large"],
        },
        "ModelApprovalStatus": "PendingManualApproval",
        "SkipModelValidation": "None",
    }
    return {"Name": name, "Type": "RegisterModel", "Arguments": {**written, **arguments}}


def transform(
    uri: Any = "s3://bucket/batch",
    *,
    name: str = "Score",
    model_name: Any = None,
    source: dict[str, Any] | None = None,
    output: dict[str, Any] | None = None,
    **arguments: Any,
) -> dict[str, Any]:
    """A Transform step over lines of CSV."""
    s3 = {"S3DataType": "S3Prefix", "S3Uri": uri}
    return {
        "Name": name,
        "Type": "Transform",
        "Arguments": {
            "ModelName": model_name or {"Get": "Steps.Create-CreateModel.ModelName"},
            "TransformInput": {
                "DataSource": {"S3DataSource": s3},
                "ContentType": "text/csv",
                "SplitType": "Line",
                **(source or {}),
            },
            "TransformOutput": {
                "S3OutputPath": "s3://bucket/scores",
                "AssembleWith": "Line",
                "Accept": "text/csv",
                **(output or {}),
            },
            "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
            **arguments,
        },
    }


def train() -> dict[str, Any]:
    """The Training step whose artifact the others use; its source is ``TRAIN``."""
    return training("Train", "train.py", {"train": "s3://bucket/train"})
