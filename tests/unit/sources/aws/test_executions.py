"""What SageMaker tells of an execution, page by page and job by job."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness.planning.executions import OutputPlace, RecordedExecution
from cursus_readiness.sources.aws.executions import read_execution
from cursus_readiness.sources.base import SourceError
from s3_servers import Answer, Request, interceptor, use

PIPELINE = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/churn"
EXECUTION = f"{PIPELINE}/execution/abc123"


def read(
    monkeypatch: pytest.MonkeyPatch, folder: Path, answers: Callable[[str, dict[str, Any]], Any], reference: str
) -> RecordedExecution:
    """The execution as a service tells it that answers an operation and its settings."""

    def tell(request: Request) -> Answer:
        return Answer(200, json.dumps(answers(request.operation, json.loads(request.body))).encode())

    with interceptor(None, tell) as server:
        use(monkeypatch, server, folder)
        execution = read_execution(reference)
    assert isinstance(execution, RecordedExecution)
    return execution


def a_step(name: str, kind: str, status: str = "Succeeded", **fields: Any) -> dict[str, Any]:
    return {"StepName": name, "StepStatus": status, "Metadata": {kind: fields}}


def test_steps_of_all_pages_and_the_answers_of_their_jobs_are_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pages = {
        None: [
            a_step("Tune", "TuningJob", Arn="a:b/tune-1"),
            a_step("Check", "QualityCheck", CalculatedBaselineStatistics="s3://real/stats.json", CheckType="x"),
        ],
        "2": [
            a_step("Ask", "Callback", CallbackToken="t", OutputParameters=[{"Name": "n", "Value": "1"}]),
            a_step("Register", "RegisterModel", Arn="arn:aws:sagemaker:r:1:model-package/g/7"),
            a_step("Late", "ProcessingJob", "Executing", Arn="a:b/late-1"),
        ],
    }

    def answer(operation: str, settings: dict[str, Any]) -> Any:
        if operation == "ListPipelineExecutionSteps":
            token = settings.get("NextToken")
            return {"PipelineExecutionSteps": pages[token], **({} if token else {"NextToken": "2"})}
        if operation == "ListTrainingJobsForHyperParameterTuningJob":
            assert settings["SortBy"] == "FinalObjectiveMetricValue"
            return {"TrainingJobSummaries": [{"TrainingJobName": "best"}]}
        if operation == "DescribeModelPackage":
            return {"ModelPackageName": settings["ModelPackageName"]}
        assert (operation, settings) == (
            "DescribeHyperParameterTuningJob",
            {"HyperParameterTuningJobName": "tune-1"},
        )
        return {"BestTrainingJob": {"TrainingJobName": "best"}}

    execution = read(monkeypatch, tmp_path, answer, EXECUTION)
    assert execution.told("Tune") == {
        "BestTrainingJob": {"TrainingJobName": "best"},
        "TrainingJobSummaries": [{"TrainingJobName": "best"}],
    }
    assert execution.told("Register") == {"ModelPackageName": "arn:aws:sagemaker:r:1:model-package/g/7"}
    assert execution.output_parameters("Ask") == {"n": "1"}
    place = OutputPlace("statistics", "s3://plan/s", ("CalculatedBaselineStatistics",))
    assert execution.find("Check", place).uri == "s3://real/stats.json"
    assert execution.find("Late", place).why == "the step is Executing there"
    assert execution.find("Chek", place).why == "the execution has no step 'Chek' (did you mean 'Check'?)"
    assert execution.find("Ask", place).why == "the job of the step has no output 'statistics' there; it has none"


def test_a_model_that_was_deleted_since_tells_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    steps = {"PipelineExecutionSteps": [a_step("Create", "Model", Arn="a:b/model-1")]}
    gone = {"__type": "ValidationException", "message": 'Could not find model "model-1"'}

    def tell(request: Request) -> Answer:
        if request.operation == "DescribeModel":
            return Answer(400, json.dumps(gone).encode())
        return Answer(200, json.dumps(steps).encode())

    with interceptor(None, tell) as server:
        use(monkeypatch, server, tmp_path)
        execution = read_execution(EXECUTION)
    assert execution.told("Create") == {}


def test_a_service_that_does_not_let_one_look_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    denied = json.dumps({"__type": "AccessDeniedException", "message": "no"}).encode()
    with interceptor(None, lambda _: Answer(400, denied)) as server:
        use(monkeypatch, server, tmp_path)
        with pytest.raises(SourceError, match=r"list_pipeline_execution_steps: access is denied .*; docs/s3\.md"):
            read_execution(EXECUTION)


def test_the_latest_of_a_pipeline_is_the_newest_that_has_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def answer(operation: str, settings: dict[str, Any]) -> Any:
        if operation == "ListPipelineExecutionSteps":
            assert settings == {"PipelineExecutionArn": f"{PIPELINE}/execution/2"}
            return {"PipelineExecutionSteps": []}
        number = 2 if "NextToken" in settings else 3
        status = "Succeeded" if number == 2 else "Executing"
        summary = {"PipelineExecutionArn": f"{PIPELINE}/execution/{number}", "PipelineExecutionStatus": status}
        return {"PipelineExecutionSummaries": [summary], **({"NextToken": "x"} if number == 3 else {})}

    assert read(monkeypatch, tmp_path, answer, PIPELINE).reference == f"{PIPELINE}/execution/2"


def test_a_pipeline_without_an_execution_that_has_ended_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="pipeline/churn has no execution that has ended"):
        read(monkeypatch, tmp_path, lambda *_: {"PipelineExecutionSummaries": []}, PIPELINE)
