"""A run that begins with a later step, on what an execution on SageMaker has left."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.errors import ReadinessError, UsageError
from cursus_readiness.model.report import ReadinessReport, RunSettings
from cursus_readiness.model.result import StepKind, StepResult, StepStatus
from pipelines import output_of, processing, training, write_pipeline
from s3_servers import Answer, Request, Server, interceptor, use
from service_steps import function_step

pytestmark = pytest.mark.slow

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/churn/execution/abc123def456"
EVALUATE = """
import json, sys, tarfile
rows = open("/opt/ml/processing/input/data/rows.csv").read()
assert rows == "real rows", rows
with tarfile.open("/opt/ml/processing/input/model/model.tar.gz") as tar:
    assert tar.extractfile("weights.txt").read() == b"real weights"
with open("/opt/ml/processing/output/report/metrics.json", "w") as file:
    json.dump({"auc": 0.9}, file)
"""
SCRIPTS = {
    "never.py": "raise SystemExit('this step was not to be run')",
    "evaluate.py": EVALUATE,
    "publish.py": "import sys; assert sys.argv[1:] == ['0.81', '7'], sys.argv",
}


def pipeline(folder: Path, **scenario: Any) -> Path:
    """Prepare -> Train -> Evaluate -> Gate -> Publish; Ask tells Publish a number, Aside is on its own."""
    model = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    train = training("Train", "never.py", {"train": output_of("Prepare", "data")})
    train["Arguments"]["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "auc", "Regex": "auc=(.*)"}]
    evaluate = processing(
        "Evaluate",
        "evaluate.py",
        inputs={"data": output_of("Prepare", "data"), "model": model},
        outputs={"report": "s3://plan/eval"},
    )
    evaluate["PropertyFiles"] = [{"PropertyFileName": "Metrics", "OutputName": "report", "FilePath": "metrics.json"}]
    told = [
        {"Get": "Steps.Train.FinalMetricDataList['auc'].Value"},
        {"Get": "Steps.Ask.OutputParameters['number']"},
    ]
    publish = processing("Publish", "publish.py", arguments=told if "arguments" not in scenario else [])
    auc = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Metrics"}, "Path": "auc"}}
    compared = {"Type": "GreaterThan", "LeftValue": auc, "RightValue": 0.8}
    gate = {"Name": "Gate", "Type": "Condition", "Arguments": {"Conditions": [compared], "IfSteps": [publish]}}
    steps = [
        processing("Prepare", "never.py", outputs={"data": "s3://plan/prepared", "unused": "s3://plan/unused"}),
        train,
        function_step("Lambda", "Ask", {"number": "Integer"}, {}),
        processing("Aside", "never.py", outputs={"x": "s3://plan/aside"}),
        evaluate,
        gate,
    ]
    inputs = {"s3://bucket/code/": "local:code/"}
    scenario.pop("arguments", None)
    return write_pipeline(folder, steps, SCRIPTS, inputs=inputs, **scenario)


def model_archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("weights.txt")
        member.size = len(b"real weights")
        tar.addfile(member, io.BytesIO(b"real weights"))
    return buffer.getvalue()


def run(path: Path, execution: str, step: str = "Evaluate") -> ReadinessReport:
    settings = RunSettings(from_step=step, execution=execution)
    return workflow.run(path, path.parent / "reports", settings=settings).report


def step_of(report: ReadinessReport, name: str) -> StepResult:
    return next(step for step in report.scenarios[0].steps if step.step_name == name)


STEPS = [
    {"StepName": "Prepare", "StepStatus": "Succeeded", "Metadata": {"ProcessingJob": {"Arn": "a:x/prepare-job"}}},
    {"StepName": "Train", "StepStatus": "Succeeded", "Metadata": {"TrainingJob": {"Arn": "a:x/train-job"}}},
    {
        "StepName": "Ask",
        "StepStatus": "Succeeded",
        "Metadata": {"Lambda": {"Arn": "a:f", "OutputParameters": [{"Name": "number", "Value": "7"}]}},
    },
    {"StepName": "Aside", "StepStatus": "Failed"},
    {"StepName": "Evaluate", "StepStatus": "Failed", "Metadata": {"ProcessingJob": {"Arn": "a:x/evaluate-job"}}},
]


@pytest.fixture
def recorded(moto: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A bucket with what an execution has written, and a service that tells of it."""
    bucket = moto.new_bucket()
    with closing(moto.client("s3")) as s3:
        s3.put_object(Bucket=bucket, Key="out/prepared/rows.csv", Body=b"real rows")
        s3.put_object(Bucket=bucket, Key="models/train-job/output/model.tar.gz", Body=model_archive())
    place = f"s3://{bucket}"
    outputs = [
        {
            "OutputName": name,
            "S3Output": {"S3Uri": f"{place}/out/{path}", "LocalPath": "/opt/x", "S3UploadMode": "EndOfJob"},
        }
        for name, path in (("data", "prepared"), ("unused", "gone"))
    ]
    told = {
        "ListPipelineExecutionSteps": {"PipelineExecutionSteps": STEPS},
        "ListPipelineExecutions": {
            "PipelineExecutionSummaries": [
                {"PipelineExecutionArn": f"{ARN}x", "PipelineExecutionStatus": "Executing", "StartTime": 2},
                {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": "Failed", "StartTime": 1},
            ]
        },
        "DescribeProcessingJob": {"ProcessingJobName": "p", "ProcessingOutputConfig": {"Outputs": outputs}},
        "DescribeTrainingJob": {
            "TrainingJobName": "train-job",
            "ModelArtifacts": {"S3ModelArtifacts": f"{place}/models/train-job/output/model.tar.gz"},
            "FinalMetricDataList": [{"MetricName": "auc", "Value": 0.81, "Timestamp": 1700000000}],
            "CreationTime": 1700000000,
        },
    }

    def tell(request: Request) -> Answer | None:
        answer = told.get(request.operation)
        return (
            Answer(200, json.dumps(answer).encode(), {"Content-Type": "application/x-amz-json-1.1"}) if answer else None
        )

    with interceptor(moto, tell) as server:
        use(monkeypatch, server, tmp_path / "cache")
        yield bucket


@pytest.mark.parametrize("reference", [ARN, ARN.partition("/execution")[0]], ids=["execution", "pipeline"])
def test_the_steps_before_are_served_from_the_execution_of_an_arn(
    tmp_path: Path, recorded: str, reference: str
) -> None:
    report = run(pipeline(tmp_path), reference)
    statuses = {step.step_name: (step.status, step.kind) for step in report.scenarios[0].steps}
    served = (StepStatus.NOT_EXECUTED, StepKind.FIXTURE)
    assert statuses == {
        "Prepare": served,
        "Train": served,
        "Ask": served,
        "Aside": served,
        "Evaluate": (StepStatus.SUCCEEDED, StepKind.PROCESS),
        "Gate": (StepStatus.SUCCEEDED, StepKind.CONTROL),
        "Publish": (StepStatus.SUCCEEDED, StepKind.PROCESS),
    }, [step.reason for step in report.scenarios[0].steps]
    assert step_of(report, "Train").reason == f"not run: the run starts at Evaluate, on what {ARN} has left"
    assert (report.settings.from_step, report.settings.execution) == ("Evaluate", ARN)
    assert report.verdict == "INCONCLUSIVE"
    assert "4 of 7 expected steps were not executed" in report.reason
    assert recorded in (tmp_path / f"reports/{report.run_id}/pipeline/dataset.json").read_text(encoding="utf-8")


def test_a_scenario_that_expects_the_later_steps_alone_can_be_ready(tmp_path: Path, recorded: str) -> None:
    del recorded
    report = run(pipeline(tmp_path, expected_steps=["Evaluate", "Gate", "Publish"]), ARN)
    assert report.verdict == "READY"
    assert "Not tested: Prepare, Train, Ask, Aside." in report.reason


def test_a_run_that_goes_on_keeps_where_it_began(tmp_path: Path, recorded: str) -> None:
    del recorded
    path = pipeline(tmp_path)
    first = run(path, ARN.partition("/execution")[0])
    again = workflow.resume(tmp_path / "reports" / first.run_id).report
    assert (again.settings.from_step, again.settings.execution) == ("Evaluate", ARN)
    assert step_of(again, "Evaluate").status is StepStatus.REUSED


def test_a_step_that_failed_there_has_nothing_for_those_after_it(tmp_path: Path, recorded: str) -> None:
    del recorded
    report = run(pipeline(tmp_path), ARN, step="Gate")
    told = f"{ARN} has no output for s3://plan/eval of step 'Evaluate': the step is Failed there"
    assert told in (report.scenarios[0].error_details or "")
    assert report.exit_code == 4


LAYOUTS = {
    "by step and output": ("Prepare/data/rows.csv", "Train/model.tar.gz"),
    "as the SDK writes them": ("Prepare/output/data/rows.csv", "Train/output/model.tar.gz"),
    "as the definition has them": ("prepared/rows.csv", "models/pipelines-readiness-Train/output/model.tar.gz"),
    "by job": (
        "pipelines-abc123def456-Prepare-0123456789/output/data/rows.csv",
        "models/pipelines-abc123def456-Train-0123456789/output/model.tar.gz",
    ),
}


@pytest.fixture
def bucket(moto: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    use(monkeypatch, moto, tmp_path / "cache")
    return moto.new_bucket()


def write_execution(moto: Server, bucket: str, folder: str, layout: tuple[str, str]) -> None:
    with closing(moto.client("s3")) as s3:
        s3.put_object(Bucket=bucket, Key=f"{folder}/{layout[0]}", Body=b"real rows")
        s3.put_object(Bucket=bucket, Key=f"{folder}/{layout[1]}", Body=model_archive())


WITHOUT_SERVICE: dict[str, Any] = {"arguments": []}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_the_steps_before_are_served_from_a_prefix(
    tmp_path: Path, moto: Server, bucket: str, layout: tuple[str, str]
) -> None:
    write_execution(moto, bucket, "runs/1", layout)
    report = run(pipeline(tmp_path, **WITHOUT_SERVICE), f"s3://{bucket}/runs/{{latest}}")
    assert step_of(report, "Evaluate").status is StepStatus.SUCCEEDED, report.scenarios[0].error_details
    assert report.settings.execution == f"s3://{bucket}/runs/1/"


def test_what_is_not_there_is_named_with_what_was_looked_for_and_what_there_is(
    tmp_path: Path, moto: Server, bucket: str
) -> None:
    write_execution(moto, bucket, "runs/1", ("Prepared/data/rows.csv", "Train/model.tar.gz"))
    report = run(pipeline(tmp_path, **WITHOUT_SERVICE), f"s3://{bucket}/runs/1/")
    details = report.scenarios[0].error_details or ""
    assert re.search(
        rf"s3://{bucket}/runs/1/ has no output for s3://plan/prepared of step 'Prepare': looked below .* for prepared, "
        r"Prepare/data, Prepare/output/data \(did you mean 'Prepared'\?\)",
        details,
    ), details
    assert "unused" not in details  # which no step that is run reads
    assert [step.status for step in report.scenarios[0].steps] == []


def test_what_files_cannot_tell_is_told_before_the_first_step(tmp_path: Path, moto: Server, bucket: str) -> None:
    write_execution(moto, bucket, "runs/1", LAYOUTS["by step and output"])
    report = run(pipeline(tmp_path), f"s3://{bucket}/runs/1/")
    details = report.scenarios[0].error_details or ""
    assert "Steps.Train.FinalMetricDataList['auc'].Value is not known" in details


def test_the_scenarios_fixture_tells_what_files_cannot(tmp_path: Path, moto: Server, bucket: str) -> None:
    write_execution(moto, bucket, "runs/1", LAYOUTS["by step and output"])
    fixtures = {
        "Train": {"fixture": {"properties": {"FinalMetricDataList": [{"MetricName": "auc", "Value": 0.81}]}}},
        "Ask": {"fixture": {"output_parameters": {"number": 7}}},
    }
    report = run(pipeline(tmp_path, steps=fixtures), f"s3://{bucket}/runs/1/")
    assert step_of(report, "Publish").status is StepStatus.SUCCEEDED, report.scenarios[0].error_details


def test_a_step_that_is_none_is_named_with_the_nearest(tmp_path: Path, moto: Server, bucket: str) -> None:
    write_execution(moto, bucket, "runs/1", LAYOUTS["by step and output"])
    with pytest.raises(UsageError, match=r"no step 'Evalute' to start from \(did you mean 'Evaluate'\?\)"):
        run(pipeline(tmp_path), f"s3://{bucket}/runs/1/", step="Evalute")


@pytest.mark.parametrize(
    "settings", [RunSettings(from_step="Evaluate"), RunSettings(execution=ARN)], ids=["no execution", "no step"]
)
def test_both_must_be_said(tmp_path: Path, settings: RunSettings) -> None:
    with pytest.raises(UsageError, match="needs a first step, and an execution"):
        workflow.run(pipeline(tmp_path), tmp_path / "reports", settings=settings)


def test_one_scenario_must_be_chosen(tmp_path: Path) -> None:
    pipeline(tmp_path / "a", name="a")
    pipeline(tmp_path / "b", name="b")
    settings = RunSettings(from_step="Evaluate", execution=ARN)
    with pytest.raises(ReadinessError, match="--from is for one scenario, not for 2"):
        workflow.run(tmp_path, tmp_path / "reports", settings=settings)
