"""What is known once a step has ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from builders import START, a_job, a_plan, a_step
from cursus_readiness.definitions.expressions import ExpressionError
from cursus_readiness.gather import metric_search
from cursus_readiness.gather.answers import Answers, known_at_end
from cursus_readiness.model.plan import PlannedStep
from cursus_readiness.objectstore.store import ObjectStore

FILE = {"Get": "Steps.Train.PropertyFiles.Report"}


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    plan = a_plan(a_job())
    step = plan.steps[0].model_copy(update={"property_files": {"Report": "s3://b/report.json"}})
    (tmp_path / "b").mkdir()
    return Answers(plan.model_copy(update={"steps": (step,)}), ObjectStore(tmp_path))


def write(tmp_path: Path, text: str) -> None:
    (tmp_path / "b" / "report.json").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "expected"),
    [("auc", 0.9), ("nested.list[1]['a b']", "x"), ("['auc']", 0.9), ("flag", True), ("name.with.dots", None)],
)
def test_a_property_file_is_read_at_a_path(answers: Answers, tmp_path: Path, path: str, expected: Any) -> None:
    write(
        tmp_path, '{"auc": 0.9, "nested": {"list": [1, {"a b": "x"}]}, "flag": true, "name": {"with": {"dots": null}}}'
    )
    for argument in ({"PropertyFile": FILE, "Path": path}, {"S3Uri": "s3://b/report.json", "Path": path}):
        assert answers({"Std:JsonGet": argument}) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(None, "cannot be read: No such file", id="not there"),
        pytest.param("{", "is not JSON", id="half a file"),
        pytest.param("[" * 100_000, "is not JSON", id="too deep"),
        pytest.param("{}", "has no property 'auc'", id="without the value"),
        pytest.param('{"auc": [1]}', "is not a single value", id="a list"),
        pytest.param('{"auc": "' + "x" * (10 << 20) + '"}', "is larger than", id="too large"),
    ],
)
def test_a_property_file_that_does_not_tell_is_named(
    answers: Answers, tmp_path: Path, text: str | None, message: str
) -> None:
    if text is not None:
        write(tmp_path, text)
    with pytest.raises(ExpressionError, match=message) as caught:
        answers({"Std:JsonGet": {"PropertyFile": FILE, "Path": "auc"}})
    assert "s3://b/report.json" in caught.value.message


def test_a_property_file_of_a_step_without_a_job_is_not_there(answers: Answers) -> None:
    argument = {"PropertyFile": {"Get": "Steps.Train.PropertyFiles.Other"}, "Path": "auc"}
    with pytest.raises(ExpressionError, match="it was not executed"):
        answers({"Std:JsonGet": argument})


def test_a_property_is_known_when_its_step_has_ended(answers: Answers) -> None:
    with pytest.raises(ExpressionError, match="has not ended"):
        answers({"Get": "Steps.Train.OutputParameters['count']"})
    answers.record("Train", {"OutputParameters": {"count": 3}})
    assert answers({"Get": "Steps.Train.OutputParameters['count']"}) == 3
    with pytest.raises(ExpressionError, match="has no property"):
        answers({"Get": "Steps.Train.OutputParameters['other']"})


def test_the_end_of_a_step_tells_instants_and_the_last_value_of_each_metric(tmp_path: Path) -> None:
    log = tmp_path / "stdout.log"
    log.write_bytes(b"auc: 0.5\nloss=2\nauc: 0.75\n\xff\n")
    job = a_job(metric_patterns={"auc": r"auc: ([0-9.]+)", "loss": r"loss=(\d)", "none": "nope(.)", "bare": "auc"})
    known = known_at_end(
        PlannedStep(name="Train", step_type="Training", properties={"Own": 1}),
        job,
        a_step(step_type="Training"),
        results={"BestTrainingJob": {"TrainingJobName": "x"}},
        message="done",
        logs=(log, tmp_path / "absent.log"),
    )
    assert known["FinalMetricDataList"] == [{"MetricName": "auc", "Value": 0.75}, {"MetricName": "loss", "Value": 2.0}]
    assert (known["Own"], known["ExitMessage"], known["TrainingTimeInSeconds"]) == (1, "done", 10)
    assert known["TrainingStartTime"] == START.isoformat()
    assert known["BestTrainingJob"] == {"TrainingJobName": "x"}


def test_a_search_that_never_ends_tells_no_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_search, "_TIMEOUT_S", 0.5)
    log = tmp_path / "stdout.log"
    log.write_text("a" * 60 + "!\n", encoding="utf-8")
    job = a_job(metric_patterns={"auc": "(a+)+$"})
    step = PlannedStep(name="Train", step_type="Training")
    known = known_at_end(step, job, a_step(step_type="Training"), results={}, message="", logs=(log,))
    assert "FinalMetricDataList" not in known
