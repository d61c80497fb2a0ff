"""A function of the scenario in the place of what a Lambda or Callback step calls: real processes, real answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import preparation, workflow
from cursus_readiness.model.finding import Severity
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from pipelines import processing, write_pipeline
from service_steps import function_step

pytestmark = pytest.mark.slow

MESSAGE = {"Get": "Steps.Notify.OutputParameters['message']"}
COUNT = {"Get": "Steps.Notify.OutputParameters['count']"}


def run(
    tmp_path: Path,
    steps: list[dict[str, Any]],
    function: str,
    scripts: dict[str, str] | None = None,
    /,
    **scenario: Any,
) -> E2ETestResult:
    """Run steps, of which Notify (the first one, unless named) is served by functions/notify.py."""
    folder = tmp_path / "functions"
    folder.mkdir()
    (folder / "notify.py").write_text(function, encoding="utf-8")
    overrides = {steps[0]["Name"]: {"function": "functions/notify.py:handler"}}
    path = write_pipeline(tmp_path, steps, scripts or {}, **{"steps": overrides, **scenario})
    return workflow.run(path, tmp_path / "reports").report.scenarios[0]


def step_of(result: E2ETestResult, name: str) -> StepResult:
    return next(step for step in result.steps if step.step_name == name)


def condition(
    left: Any, right: Any, *, inside: list[dict[str, Any]], otherwise: list[dict[str, Any]]
) -> dict[str, Any]:
    compared = {"Type": "GreaterThan", "LeftValue": left, "RightValue": right}
    arguments = {"Conditions": [compared], "IfSteps": inside, "ElseSteps": otherwise}
    return {"Name": "Enough", "Type": "Condition", "Arguments": arguments}


def test_what_a_function_returns_reaches_conditions_arguments_and_inputs(tmp_path: Path) -> None:
    notify = function_step(
        "Lambda",
        "Notify",
        {"message": "String", "count": "Integer", "share": "Float", "is_new": "Boolean", "place": "String"},
        {"run": {"Get": "Execution.PipelineExecutionId"}, "nested": {"rows": [1, 2]}},
    )
    function = """
import os
import helper

def handler(event, context):
    assert event == {"run": "readiness", "nested": {"rows": [1, 2]}}, event
    assert context.function_name == "notify" and context.invoked_function_arn.endswith(":function:notify")
    assert 0 < context.get_remaining_time_in_millis() <= 600_000 and context.aws_request_id
    assert os.environ["AWS_LAMBDA_FUNCTION_NAME"] == "notify" and os.environ["QUOTA"] == "9"
    found = {"message": helper.words(), "count": 3, "share": 1, "is_new": True, "place": "s3://bucket/given/"}
    return {**found, "body": "not declared"}
"""
    use = processing(
        "Use",
        "use.py",
        arguments=["--message", MESSAGE, "--count", COUNT],
        inputs={"given": {"Get": "Steps.Notify.OutputParameters['place']"}},
        environment={"SHARE": {"Get": "Steps.Notify.OutputParameters['share']"}},  # type: ignore[dict-item]
    )
    script = """
import os, sys
assert sys.argv[1:] == ["--message", "all is well", "--count", "3"], sys.argv
assert os.environ["SHARE"] == "1.0", os.environ["SHARE"]
assert open("/opt/ml/processing/input/given/rows.csv").read() == "1"
"""
    write = processing("Write", "write.py", outputs={"given": "s3://bucket/given"})
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions/helper.py").write_text("def words():\n    return 'all is well'\n", encoding="utf-8")
    (tmp_path / "functions/notify.py").write_text(function, encoding="utf-8")
    steps = [notify, write, condition(COUNT, 2, inside=[use], otherwise=[processing("Other", "use.py")])]
    use["DependsOn"] = ["Write"]
    scripts = {
        "use.py": script,
        "write.py": "open('/opt/ml/processing/output/given/rows.csv', 'w').write('1')",
    }
    overrides = {
        "Notify": {"function": "functions/notify.py:handler", "environment_variables": {"QUOTA": "9"}},
    }
    path = write_pipeline(tmp_path, steps, scripts, steps=overrides, expected_steps=["Notify", "Use"])
    outcome = workflow.run(path, tmp_path / "reports")
    result = outcome.report.scenarios[0]
    statuses = {step.step_name: step.status.value for step in result.steps}
    assert statuses == {
        "Notify": "succeeded", "Write": "succeeded", "Enough": "succeeded", "Use": "succeeded", "Other": "not_taken"
    }, [step.reason for step in result.steps]  # fmt: skip
    notified = step_of(result, "Notify")
    assert notified.stand_in == "the scenario's function functions/notify.py:handler for the Lambda function"
    assert notified.wall_s
    assert notified.time_limit_s == 600
    log = outcome.layout.scenario("pipeline").step("Notify").stdout.read_text(encoding="utf-8")
    assert log == "not declared as output parameters, and left out: body\n"


def test_arguments_that_are_known_only_during_the_run_reach_the_function(tmp_path: Path) -> None:
    first = function_step("Lambda", "First", {"count": "Integer"}, {})
    second = function_step(
        "Callback", "Second", {"score": "Float"}, {"count": {"Get": "Steps.First.OutputParameters['count']"}}
    )
    function = """
def handler(event, context):
    return {"count": 3}

def answer(event, context):
    assert event["arguments"] == {"count": 3} and event["status"] == "Executing" and event["token"], event
    assert event["pipelineExecutionArn"].endswith(":000000000000:pipeline/pipeline/execution/readiness"), event
    assert context.get_remaining_time_in_millis() > 0
    return {"score": "0.25"}
"""
    check = processing("Check", "check.py", arguments=[{"Get": "Steps.Second.OutputParameters['score']"}])
    overrides = {
        "First": {"function": "functions/notify.py:handler"},
        "Second": {"function": "functions/notify.py:answer"},
    }
    scripts = {"check.py": "import sys; assert sys.argv[1] == '0.25', sys.argv"}
    result = run(tmp_path, [first, second, check], function, scripts, steps=overrides)
    assert result.success, [step.reason for step in result.steps]
    assert step_of(result, "Second").stand_in.endswith("for the reader of the queue")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("    raise ValueError('no quota is left')", "exit code 1: ValueError: no quota is left"),
        ("    return {'count': 1}", "did not return the output parameter message; it returned count"),
        ("    return {}", "did not return the output parameter message, count"),
        ("    return {'message': 'x', 'count': 1.5}", "output parameter 'count' is 1.5, not Integer"),
        ("    return {'message': 'x', 'count': True}", "output parameter 'count' is True, not Integer"),
        ("    return {'message': {}, 'count': 1}", "output parameter 'message' is {}, not String"),
        ("    return 'done'", "returned 'done', not an object with the output parameters message, count"),
        ("    return {'message': object()}", "is not JSON: Object of type object is not JSON serializable"),
        ("    import sys; sys.exit(0)", "ended the process (exit code 0) instead of returning"),
        ("    return", "returned None, not an object"),
    ],
)
def test_what_is_wrong_with_a_function_is_the_reason(tmp_path: Path, body: str, reason: str) -> None:
    notify = function_step("Lambda", "Notify", {"message": "String", "count": "Integer"}, {})
    result = run(tmp_path, [notify], f"def handler(event, context):\n{body}\n")
    assert result.steps[0].status is StepStatus.FAILED
    assert reason in (result.steps[0].reason or "")


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("def other(event, context): pass\n", "notify.py has no function 'handler'"),
        ("import nowhere_to_be_found\n", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("def handler(:\n", "SyntaxError"),
    ],
)
def test_a_file_without_the_function_is_named(tmp_path: Path, function: str, reason: str) -> None:
    result = run(tmp_path, [function_step("Lambda", "Notify", {}, {})], function)
    assert result.steps[0].status is StepStatus.FAILED
    assert reason in (result.steps[0].reason or "")


def test_a_function_beside_the_scenario_comes_alone(tmp_path: Path) -> None:
    (tmp_path / "notify.py").write_text(
        "import os\ndef handler(event, context):\n    return {'files': len(os.listdir(os.path.dirname(__file__)))}\n",
        encoding="utf-8",
    )
    notify = function_step("Lambda", "Notify", {"files": "Integer"}, {})
    check = processing("Check", "check.py", arguments=[{"Get": "Steps.Notify.OutputParameters['files']"}])
    scripts = {"check.py": "import sys; assert sys.argv[1] == '1', sys.argv"}
    path = write_pipeline(tmp_path, [notify, check], scripts, steps={"Notify": {"function": "notify.py:handler"}})
    result = workflow.run(path, tmp_path / "reports").report.scenarios[0]
    assert result.success, [step.reason for step in result.steps]


def test_without_a_function_nothing_that_needs_the_step_runs(tmp_path: Path) -> None:
    steps = [
        function_step("Lambda", "Notify", {"message": "String"}, {}),
        processing("Use", "use.py", arguments=[MESSAGE]),
    ]
    path = write_pipeline(tmp_path, steps, {"use.py": ""})
    result = workflow.run(path, tmp_path / "reports").report.scenarios[0]
    assert not result.success
    assert [step.status for step in result.steps] == [StepStatus.NOT_EXECUTED, StepStatus.BLOCKED]
    assert result.steps[0].reason == (
        "no function stands for the Lambda function: give steps.Notify.function (FILE.py:NAME) or "
        "steps.Notify.fixture with output_parameters"
    )


def test_a_function_that_is_not_there_is_found_before_the_run(tmp_path: Path) -> None:
    notify = function_step("Lambda", "Notify", {}, {})
    path = write_pipeline(tmp_path, [notify], {}, steps={"Notify": {"function": "functions/notify.py:handler"}})
    (tmp_path / "functions").mkdir()
    _, ((_, findings),) = preparation.check(path)
    assert [(finding.severity, finding.place.rpartition(": ")[2]) for finding in findings] == [
        (Severity.ERROR, "steps.Notify.function")
    ], findings
    assert f"{tmp_path}/functions/notify.py, which is not there" in findings[0].message
