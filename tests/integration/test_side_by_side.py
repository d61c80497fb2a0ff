"""Steps and scenarios that run at the same time: the same results, never more than the budget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.model.report import ReadinessReport, RunSettings
from cursus_readiness.model.result import StepStatus
from pipelines import output_of, processing, write_pipeline

pytestmark = pytest.mark.slow

# Each waits for the others to have come: a test hangs rather than passes when they do not run at the same time.
MEET = """
import os, socket, sys, time
from urllib.request import Request, urlopen
name, others = sys.argv[1], sys.argv[2].split(",")
store = os.environ["AWS_ENDPOINT_URL"] + "/bucket/meeting/"
urlopen(Request(store + name, data=b"here", method="PUT"))
for other in others:
    while True:
        try:
            urlopen(store + other)
            break
        except OSError:
            time.sleep(0.01)
"""


def run(path: Path, folder: Path, **settings: Any) -> ReadinessReport:
    return workflow.run(path, folder / "reports", settings=RunSettings(**settings)).report


def meeting(*names: str, depends_on: dict[str, list[str]] | None = None) -> list[dict[str, Any]]:
    return [
        processing(name, "meet.py", arguments=[name, ",".join(names)], depends_on=(depends_on or {}).get(name))
        for name in names
    ]


def test_independent_steps_run_at_the_same_time(tmp_path: Path) -> None:
    path = write_pipeline(tmp_path, meeting("A", "B", "C"), {"meet.py": MEET})
    steps = run(path, tmp_path, jobs=3).scenarios[0].steps
    assert [step.status for step in steps] == [StepStatus.SUCCEEDED] * 3
    assert [step.contention.concurrent_steps for step in steps if step.contention] == [3, 3, 3]
    assert all("3 steps ran at the same time" in step.contention.disturbances for step in steps if step.contention)


def test_what_each_step_asked_for_is_known_to_be_its_own(tmp_path: Path) -> None:
    path = write_pipeline(tmp_path, meeting("A", "B"), {"meet.py": MEET})
    for step in run(path, tmp_path, jobs=2).scenarios[0].steps:
        written = [access.uri for access in step.accesses if access.operation == "PutObject"]
        assert written == [f"s3://bucket/meeting/{step.step_name}"]


def test_a_step_waits_for_its_upstream_however_many_may_run(tmp_path: Path) -> None:
    write = "open('/opt/ml/processing/output/x/v', 'w').write('1')"
    read = "assert open('/opt/ml/processing/input/x/v').read() == '1'"
    steps = [processing("W", "w.py", outputs={"x": "s3://bucket/x"})]
    steps += [processing(f"R{i}", "r.py", inputs={"x": output_of("W", "x")}) for i in range(4)]
    report = run(write_pipeline(tmp_path, steps, {"w.py": write, "r.py": read}), tmp_path, jobs=4)
    assert report.verdict == "READY", report.reason


def test_results_are_in_the_plans_order_and_the_same_as_one_after_the_other(tmp_path: Path) -> None:
    def told(report: ReadinessReport) -> list[tuple[str, str, Any]]:
        return [(step.step_name, step.status.value, step.reason) for step in report.scenarios[0].steps]

    scripts = {"ok.py": "", "fail.py": "raise SystemExit(3)"}
    steps = [processing("Slow", "ok.py"), processing("Fails", "fail.py"), processing("Ok", "ok.py")]
    steps += [processing("Blocked", "ok.py", depends_on=["Fails"]), processing("After", "ok.py", depends_on=["Ok"])]
    path = write_pipeline(tmp_path, steps, scripts)
    one, four = run(path, tmp_path), run(path, tmp_path, jobs=4)
    assert told(one) == told(four)
    assert (one.verdict, one.reason) == (four.verdict, four.reason)


def test_scenarios_run_side_by_side_too(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_pipeline(tmp_path / name, meeting("A"), {"meet.py": MEET.replace("meeting/", f"{name}/")}, name=name)
    report = run(tmp_path, tmp_path, jobs=2)
    assert [scenario.scenario_name for scenario in report.scenarios] == ["one", "two"]
    assert report.verdict == "READY"
    events = (tmp_path / "reports/latest/events.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(events[0])["settings"]["jobs"] == 2


def test_memory_limits_together_never_go_over_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "usable_memory_bytes", lambda: 3 << 30)
    steps = [processing(name, "ok.py") for name in "ABCD"]
    path = write_pipeline(tmp_path, steps, {"ok.py": ""}, memory_limit_gb=2)
    found = run(path, tmp_path, jobs=4).scenarios[0].steps
    assert {step.contention.concurrent_steps for step in found if step.contention} == {1}


def test_what_a_step_needed_before_lets_more_run_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_pipeline(tmp_path, [processing(name, "ok.py") for name in "AB"], {"ok.py": ""}, memory_limit_gb=2)
    run(path, tmp_path)
    monkeypatch.setattr(workflow, "usable_memory_bytes", lambda: 3 << 30)
    write_pipeline(tmp_path, meeting("A", "B"), {"meet.py": MEET}, memory_limit_gb=2)
    assert run(path, tmp_path, jobs=2).verdict == "READY"


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "²"])
def test_jobs_are_a_number_or_auto(tmp_path: Path, text: str) -> None:
    from typer.testing import CliRunner

    from cursus_readiness.cli.app import app

    outcome = CliRunner().invoke(app, ["run", str(tmp_path), f"--jobs={text}"])
    assert outcome.exit_code != 0
    assert "a number of steps is meant, or auto" in str(outcome.exception)
