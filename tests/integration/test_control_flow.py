"""Conditions, failures, property files and fixtures: what runs, what does not, and what the verdict is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.model.report import ReadinessReport, Verdict
from cursus_readiness.model.result import StepKind, StepResult
from pipelines import output_of, processing, training, write_pipeline

EVALUATE = """
import json, os, sys
folder = '/opt/ml/processing/output/report'
os.makedirs(folder + '/metrics', exist_ok=True)
json.dump({'auc': float(sys.argv[1]), 'tags': ['x', 'champion']}, open(folder + '/metrics/report.json', 'w'))
"""
SHOW = """
import sys
open('/opt/ml/processing/output/said/said.txt', 'w').write(' '.join(sys.argv[1:]))
"""


def property_of(path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"}, "Path": path}}


def evaluate(auc: str) -> dict[str, Any]:
    step = processing("Evaluate", "evaluate.py", outputs={"report": "s3://bucket/report"}, arguments=[auc])
    file = {"PropertyFileName": "Report", "OutputName": "report", "FilePath": "metrics/report.json"}
    return {**step, "PropertyFiles": [file]}


def check(*conditions: Any, if_steps: Any = (), else_steps: Any = ()) -> dict[str, Any]:
    arguments = {"Conditions": list(conditions), "IfSteps": list(if_steps), "ElseSteps": list(else_steps)}
    return {"Name": "Check", "Type": "Condition", "Arguments": arguments}


def run(folder: Path, steps: list[Any], scripts: dict[str, str], /, **scenario: Any) -> ReadinessReport:
    return workflow.run(write_pipeline(folder, steps, scripts, **scenario), folder / "reports").report


def statuses(report: ReadinessReport) -> dict[str, str]:
    return {step.step_name: step.status.value for step in report.scenarios[0].steps}


def step_of(report: ReadinessReport, name: str) -> StepResult:
    return next(step for step in report.scenarios[0].steps if step.step_name == name)


GOOD_ENOUGH = {"Type": "GreaterThanOrEqualTo", "LeftValue": property_of("auc"), "RightValue": 0.8}
STOP = {
    "Name": "Stop",
    "Type": "Fail",
    "Arguments": {"ErrorMessage": {"Std:Join": {"On": " ", "Values": ["AUC is", property_of("auc")]}}},
}


@pytest.mark.parametrize(
    ("auc", "expected", "verdict"),
    [
        ("0.9", {"Evaluate": "succeeded", "Check": "succeeded", "Publish": "succeeded", "Stop": "not_taken"}, "READY"),
        ("0.7", {"Evaluate": "succeeded", "Check": "succeeded", "Publish": "not_taken", "Stop": "failed"}, "NOT_READY"),
    ],
    ids=["the condition holds", "the condition does not hold"],
)
def test_a_condition_decides_which_branch_runs(
    tmp_path: Path, auc: str, expected: dict[str, str], verdict: str
) -> None:
    publish = processing(
        "Publish",
        "show.py",
        arguments=[property_of("auc"), property_of("tags[1]")],
        outputs={"said": "s3://bucket/said"},
    )
    steps = [evaluate(auc), check(GOOD_ENOUGH, if_steps=[publish], else_steps=[STOP])]
    report = run(tmp_path, steps, {"evaluate.py": EVALUATE, "show.py": SHOW})
    assert statuses(report) == expected
    assert report.verdict is Verdict(verdict)
    decided = step_of(report, "Check")
    assert (decided.kind, decided.wall_s, decided.usage.peak_memory_bytes) == (StepKind.CONTROL, None, None)
    if verdict == "READY":
        assert decided.reason == "true: 0.9 >= 0.8"
        said = next((tmp_path / "reports/latest/.work/pipeline/s3/bucket/said").iterdir())
        assert said.read_text(encoding="utf-8") == "0.9 champion"
        assert "Not tested: Stop" in report.reason
    else:
        assert step_of(report, "Stop").reason == "the pipeline ends here: AUC is 0.7"
        assert "AUC is 0.7" in report.reason


def test_an_expected_step_on_the_branch_not_taken_is_a_failure(tmp_path: Path) -> None:
    steps = [evaluate("0.1"), check(GOOD_ENOUGH, if_steps=[processing("Publish", "evaluate.py", arguments=["1"])])]
    report = run(tmp_path, steps, {"evaluate.py": EVALUATE}, expected_steps=["Publish"])
    assert report.verdict is Verdict.NOT_READY
    assert "Publish: condition Check is false" in report.reason


def test_a_condition_without_its_property_file_fails_and_blocks_both_branches(tmp_path: Path) -> None:
    steps = [evaluate("0.9"), check(GOOD_ENOUGH, if_steps=[processing("Publish", "no.py")], else_steps=[STOP])]
    report = run(tmp_path, steps, {"evaluate.py": "", "no.py": ""})
    assert statuses(report) == {"Evaluate": "succeeded", "Check": "failed", "Publish": "blocked", "Stop": "blocked"}
    assert "s3://bucket/report/metrics/report.json cannot be read" in (step_of(report, "Check").reason or "")


def test_values_that_cannot_be_compared_fail_the_condition(tmp_path: Path) -> None:
    condition = {"Type": "GreaterThan", "LeftValue": property_of("tags[0]"), "RightValue": 0.8}
    report = run(tmp_path, [evaluate("0.9"), check(condition)], {"evaluate.py": EVALUATE})
    assert step_of(report, "Check").reason == "GreaterThan cannot compare 'x' with 0.8"


def test_a_metric_of_a_training_log_decides(tmp_path: Path) -> None:
    train = training("Train", "train.py", {})
    train["Arguments"]["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "v:auc", "Regex": "auc=([0-9.]+)"}]
    value = {"Get": "Steps.Train.FinalMetricDataList['v:auc'].Value"}
    steps = [train, check({"Type": "LessThan", "LeftValue": 0.8, "RightValue": value}, if_steps=[evaluate("1")])]
    source = tmp_path / "source"
    source.mkdir()
    (source / "train.py").write_text("print('auc=0.5'); print('auc=0.95')", encoding="utf-8")
    inputs = {
        "s3://bucket/code/sourcedir.tar.gz": "local:source/",
        "s3://bucket/code/evaluate.py": "local:code/evaluate.py",
    }
    report = run(tmp_path, steps, {"evaluate.py": EVALUATE}, inputs=inputs)
    assert statuses(report) == dict.fromkeys(("Train", "Check", "Evaluate"), "succeeded")
    assert step_of(report, "Check").reason == "true: 0.8 < 0.95"


def test_a_step_may_wait_for_the_failure_of_another(tmp_path: Path) -> None:
    steps = [
        processing("Load", "fail.py"),
        {**processing("Alarm", "ok.py"), "DependsOn": [{"Step": "Load", "Trigger": "Failed"}]},
        {**processing("Cheer", "ok.py"), "DependsOn": ["Load"]},
    ]
    report = run(tmp_path, steps, {"fail.py": "raise SystemExit(1)", "ok.py": ""})
    assert statuses(report) == {"Load": "failed", "Alarm": "succeeded", "Cheer": "blocked"}
    assert report.verdict is Verdict.NOT_READY


def test_a_fixture_stands_for_a_step_and_the_rest_runs(tmp_path: Path) -> None:
    load = processing("Load", "none", outputs={"table": "s3://bucket/table"})
    del load["Arguments"]["AppSpecification"]["ContainerEntrypoint"]
    read = "assert open('/opt/ml/processing/input/table/rows.csv').read() == 'a\\n1\\n'"
    steps = [load, processing("Read", "read.py", inputs={"table": output_of("Load", "table")})]
    (tmp_path / "rows.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "tables").mkdir()
    (tmp_path / "rows.csv").rename(tmp_path / "tables" / "rows.csv")
    given = {"Load": {"fixture": {"outputs": {"table": "local:tables/"}}}}
    report = run(tmp_path, steps, {"read.py": read}, steps=given)
    assert statuses(report) == {"Load": "not_executed", "Read": "succeeded"}
    assert step_of(report, "Load").kind is StepKind.FIXTURE
    assert report.verdict is Verdict.READY
    assert "Not tested: Load" in report.reason
