"""Steps that call a function or check data, as the SDK writes them."""

from __future__ import annotations

import json
from typing import Any

ANALYSIS_CONFIG = "s3://bucket/config/analysis_config.json"


def function_step(
    kind: str, name: str, outputs: dict[str, str], arguments: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """A Lambda or Callback step with its OutputParameters by name and type."""
    target = (
        {"FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:notify"}
        if kind == "Lambda"
        else {"SqsQueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/queue"}
    )
    declared = [{"OutputName": key, "OutputType": value} for key, value in outputs.items()]
    return {"Name": name, "Type": kind, "Arguments": arguments, **target, "OutputParameters": declared, **more}


def quality_check(
    name: str,
    dataset: Any,
    *,
    output: str = "s3://bucket/quality",
    dataset_format: dict[str, Any] | None = None,
    predictions: dict[str, str] | None = None,
    **members: Any,
) -> dict[str, Any]:
    """A QualityCheck step; a MODEL_QUALITY one with ``predictions``, the attributes of the job's environment."""
    environment = {
        "output_path": "/opt/ml/processing/output",
        "publish_cloudwatch_metrics": "Disabled",
        "dataset_format": json.dumps(dataset_format or {"csv": {"header": True, "output_columns_position": "START"}}),
        "dataset_source": "/opt/ml/processing/input/baseline_dataset_input",
        **({"analysis_type": "MODEL_QUALITY", **predictions} if predictions else {}),
    }
    inputs = {"baseline_dataset_input": (dataset, "/opt/ml/processing/input/baseline_dataset_input")}
    arguments = {**_arguments(inputs, "quality_check_output", output), "Environment": environment}
    kind = "MODEL_QUALITY" if predictions else "DATA_QUALITY"
    supplied = {"SuppliedBaselineStatistics": None, "SuppliedBaselineConstraints": None}
    return {"Name": name, "Type": "QualityCheck", "Arguments": arguments, **_members(kind), **supplied, **members}


def clarify_check(name: str, dataset: Any, *, output: str = "s3://bucket/bias", **members: Any) -> dict[str, Any]:
    """A ClarifyCheck step whose configuration lies at ``ANALYSIS_CONFIG``."""
    inputs = {
        "analysis_config": (ANALYSIS_CONFIG, "/opt/ml/processing/input/config"),
        "dataset": (dataset, "/opt/ml/processing/input/data"),
    }
    arguments = _arguments(inputs, "analysis_result", output)
    supplied = {"SuppliedBaselineConstraints": None}
    return {
        "Name": name,
        "Type": "ClarifyCheck",
        "Arguments": arguments,
        **_members("DATA_BIAS"),
        **supplied,
        **members,
    }


def _members(check_type: str) -> dict[str, Any]:
    return {
        "CheckType": check_type,
        "ModelPackageGroupName": None,
        "SkipCheck": False,
        "FailOnViolation": True,
        "RegisterNewBaseline": False,
    }


def _arguments(inputs: dict[str, tuple[Any, str]], output_name: str, output: str) -> dict[str, Any]:
    return {
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 120}
        },
        "AppSpecification": {
            "ImageUri": "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
        },
        "RoleArn": "arn:aws:iam::000000000000:role/role",
        "ProcessingInputs": [
            {
                "InputName": key,
                "AppManaged": False,
                "S3Input": {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"},
            }
            for key, (uri, path) in inputs.items()
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": output_name,
                    "AppManaged": False,
                    "S3Output": {"S3Uri": output, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"},
                }
            ]
        },
    }
