"""Small real pipelines, written to a folder: a definition, its scripts, a scenario."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml


def processing(
    name: str,
    script: str,
    *,
    inputs: dict[str, Any] | None = None,
    outputs: dict[str, str] | None = None,
    arguments: list[Any] | None = None,
    environment: dict[str, str] | None = None,
    depends_on: list[str] | None = None,
    entrypoint: list[str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A Processing step that runs ``script``. Inputs are name -> URI (at /opt/ml/processing/input/<name>), outputs are
    name -> URI (at /opt/ml/processing/output/<name>).
    """
    code = "/opt/ml/processing/input/code"
    all_inputs = {**(inputs or {}), "code": f"s3://bucket/code/{script}"}
    step: dict[str, Any] = {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
            "AppSpecification": {
                "ImageUri": "image",
                "ContainerEntrypoint": entrypoint or ["python3", f"{code}/{script}"],
                "ContainerArguments": arguments or [],
            },
            "ProcessingInputs": [
                {"InputName": key, "S3Input": {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/input/{key}"}}
                for key, uri in all_inputs.items()
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {"OutputName": key, "S3Output": {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/output/{key}"}}
                    for key, uri in (outputs or {}).items()
                ]
            },
            "Environment": environment or {},
            **more,
        },
    }
    return {**step, "DependsOn": depends_on} if depends_on else step


def training(name: str, program: str, channels: dict[str, Any], **hyperparameters: Any) -> dict[str, Any]:
    """A Training step in script mode with its source at s3://bucket/code/sourcedir.tar.gz."""
    given = {
        "sagemaker_program": program,
        "sagemaker_submit_directory": "s3://bucket/code/sourcedir.tar.gz",
        **hyperparameters,
    }
    return {
        "Name": name,
        "Type": "Training",
        "Arguments": {
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "HyperParameters": {key: json.dumps(value) for key, value in given.items()},
            "InputDataConfig": [
                {"ChannelName": key, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}
                for key, uri in channels.items()
            ],
            "OutputDataConfig": {"S3OutputPath": "s3://bucket/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
    }


def built_in_xgboost(
    name: str, hyperparameters: dict[str, Any], channels: dict[str, Any], *, tag: str = "1.7-1"
) -> dict[str, Any]:
    """A Training step with the built-in algorithm, as the SDK's Estimator writes it: plain texts, content types."""
    step = training(name, "", channels)
    arguments = step["Arguments"]
    image = f"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:{tag}"
    arguments["AlgorithmSpecification"]["TrainingImage"] = image
    arguments["HyperParameters"] = {key: str(value) for key, value in hyperparameters.items()}
    for channel in arguments["InputDataConfig"]:
        channel["ContentType"] = "text/csv"
    return step


def tuning(
    step: dict[str, Any],
    metric: str,
    *,
    ranges: dict[str, Any],
    best: str = "Maximize",
    trials: int = 20,
    **config: Any,
) -> dict[str, Any]:
    """A Tuning step over what a Training step trains, as the SDK's TuningStep writes it."""
    arguments = dict(step["Arguments"])
    return {
        "Name": step["Name"],
        "Type": "Tuning",
        "Arguments": {
            "HyperParameterTuningJobConfig": {
                "Strategy": "Bayesian",
                "ResourceLimits": {"MaxNumberOfTrainingJobs": trials, "MaxParallelTrainingJobs": 2},
                "TrainingJobEarlyStoppingType": "Off",
                "HyperParameterTuningJobObjective": {"Type": best, "MetricName": metric},
                "ParameterRanges": ranges,
                **config,
            },
            "TrainingJobDefinition": {
                "StaticHyperParameters": arguments.pop("HyperParameters"),
                "HyperParameterTuningResourceConfig": arguments.pop("ResourceConfig"),
                "RoleArn": "arn:aws:iam::000000000000:role/role",
                **arguments,
            },
        },
    }


def whole(name: str, low: int, high: int) -> dict[str, str]:
    """A range of whole numbers, as the SDK writes it."""
    return {"Name": name, "MinValue": str(low), "MaxValue": str(high), "ScalingType": "Auto"}


def output_of(step: str, output: str) -> dict[str, str]:
    """``Get`` of another step's output."""
    return {"Get": f"Steps.{step}.ProcessingOutputConfig.Outputs['{output}'].S3Output.S3Uri"}


def write_pipeline(
    folder: Path, steps: list[dict[str, Any]], scripts: dict[str, str], /, *, name: str = "pipeline", **scenario: Any
) -> Path:
    """Write definition, scripts (below code/) and scenario; the scenario's path."""
    code = folder / "code"
    code.mkdir(parents=True, exist_ok=True)
    for file, text in scripts.items():
        (code / file).parent.mkdir(parents=True, exist_ok=True)
        (code / file).write_text(text, encoding="utf-8")
    (folder / "definition.json").write_text(json.dumps({"Version": "2020-12-01", "Steps": steps}), encoding="utf-8")
    fields = {
        "scenario_name": name,
        "pipeline_config_path": "definition.json",
        "expected_steps": [],
        "inputs": {"s3://bucket/code/": "local:code/"},
        **scenario,
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(fields, sort_keys=False), encoding="utf-8")
    return path
