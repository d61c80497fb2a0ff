"""Which images have an algorithm built in, and what is known of it."""

from __future__ import annotations

import json
import re

import pytest

from cursus_readiness.jobs.algorithms import built_in, implied_metric, implied_metrics, refusal
from cursus_readiness.jobs.base import JobContext, UnsupportedJobError
from cursus_readiness.jobs.training import Training
from pipelines import built_in_xgboost

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("image", "arguments"),
    [
        (f"{REGISTRY}/sagemaker-xgboost:1.7-1", ("booster",)),
        (f"{REGISTRY}/sagemaker-xgboost:3.0-5", ("booster",)),
        (f"{REGISTRY}/sagemaker-xgboost:1.3-1", ("booster",)),
        (f"{REGISTRY}/sagemaker-xgboost:1.2-2", ("pickle",)),
        (f"{REGISTRY}/sagemaker-xgboost:0.90-2-cpu-py3", ("pickle", "silent")),
        (f"{REGISTRY}/sagemaker-xgboost@sha256:00", ("booster",)),
        ("811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:latest", ("pickle", "silent")),
    ],
)
def test_the_version_of_an_image_says_how_the_model_is_written(image: str, arguments: tuple[str, ...]) -> None:
    found = built_in(image)
    assert found is not None
    assert found.arguments == arguments
    assert found.program.path in found.program.files
    assert len(found.program.files) == 4


@pytest.mark.parametrize("image", ["", "image", f"{REGISTRY}/sagemaker-scikit-learn:1.2-1", "my-xgboost:1.7-1"])
def test_other_images_have_none_that_is_known(image: str) -> None:
    assert built_in(image) is None
    assert implied_metric(image, "validation:rmse") is None


def test_the_metrics_of_the_log_are_found_by_what_is_known_of_it() -> None:
    image = f"{REGISTRY}/sagemaker-xgboost:1.7-1"
    patterns = implied_metrics(image, {"eval_metric": "auc, error@0.7"})
    assert list(patterns) == ["train:auc", "validation:auc", "train:error@0.7", "validation:error@0.7"]
    line = "[7]#011train-auc:0.99#011train-error@0.7:1e-05#011validation-auc:0.75000#011validation-error@0.7:0.1"
    found = {name: re.search(pattern, line) for name, pattern in patterns.items()}
    assert [match and float(match[1]) for match in found.values()] == [0.99, 0.75, 1e-05, 0.1]
    assert implied_metric(image, "test:auc") is None
    assert implied_metrics(image, {}) == {}


def test_what_the_stand_in_does_not_do_is_refused() -> None:
    assert "cross-validate (_kfold)" in (refusal({"_kfold": "5"}, {}) or "")
    recordio = {"train": {"ContentType": "application/x-recordio-protobuf"}}
    assert "does not read" in (refusal({}, recordio) or "")
    assert refusal({"num_round": "5"}, {"train": {"ContentType": "text/csv"}, "validation": {}}) is None


def test_a_training_step_brings_the_program_and_what_channels_hold() -> None:
    step = built_in_xgboost("A", {"num_round": 3, "eval_metric": "auc"}, {"train": "s3://b/train"})
    channel = step["Arguments"]["InputDataConfig"][0]
    channel["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    channel["RecordWrapperType"] = "None"
    context = JobContext("job-1", "us-east-1")
    job = Training().build("A", step["Arguments"], context)
    assert job.command == ("python3", "/opt/ml/stand-in/xgboost_algorithm.py", "booster")
    assert json.loads(job.files["/opt/ml/input/config/inputdataconfig.json"]) == {
        "train": {
            "TrainingInputMode": "File",
            "S3DistributionType": "ShardedByS3Key",
            "RecordWrapperType": "None",
            "ContentType": "text/csv",
        }
    }
    seen = Training().properties(step["Arguments"], context)["FinalMetricDataList"]
    assert [item["MetricName"] for item in seen] == list(job.metric_patterns) == ["train:auc", "validation:auc"]


def test_a_training_step_that_is_refused_says_why() -> None:
    step = built_in_xgboost("A", {"num_round": 3, "_kfold": 5}, {"train": "s3://b/train"})
    with pytest.raises(UnsupportedJobError, match="cross-validate"):
        Training().build("A", step["Arguments"], JobContext("job-1", "us-east-1"))
