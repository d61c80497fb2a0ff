"""Runs that go on where one stopped, and steps that are not run again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.report import ReadinessReport, RunSettings
from cursus_readiness.model.result import StepStatus
from pipelines import output_of, processing, write_pipeline

pytestmark = pytest.mark.slow

WRITE = "open('/opt/ml/processing/output/x/v', 'w').write('1')"
READ = "assert open('/opt/ml/processing/input/x/v').read() == '1'"


def chain(tmp_path: Path, **scenario: Any) -> Path:
    """Write -> Read."""
    steps = [
        processing("Write", "write.py", outputs={"x": "s3://bucket/x"}, environment={"DEPTH": "3"}),
        processing("Read", "read.py", inputs={"x": output_of("Write", "x")}),
    ]
    return write_pipeline(tmp_path, steps, {"write.py": WRITE, "read.py": READ}, **scenario)


def run(path: Path, *, cached: bool = True) -> ReadinessReport:
    return workflow.run(path, path.parent / "reports", settings=RunSettings(is_cached=cached)).report


def statuses(report: ReadinessReport) -> list[str]:
    return [step.status.value for step in report.scenarios[0].steps]


def test_a_step_that_would_do_the_same_is_reused_with_its_measurements(tmp_path: Path) -> None:
    path = chain(tmp_path, validation_rules={"Write": {"x/v": {"exists": True}}})
    first, second = run(path), run(path)
    assert statuses(first) == ["succeeded", "succeeded"]
    assert statuses(second) == ["reused", "reused"]
    for before, now in zip(first.scenarios[0].steps, second.scenarios[0].steps, strict=True):
        assert (now.reused_from, now.usage, now.wall_s) == (first.run_id, before.usage, before.wall_s)
        assert now.reason == f"reused from run {first.run_id}"
    assert (second.verdict, second.scenarios[0].success) == (first.verdict, True)
    assert [rule.held for rule in second.scenarios[0].rules] == [True]
    assert "0 executed and 2 reused steps" in second.reason


def test_what_was_reused_can_be_reused_again_and_names_who_measured_it(tmp_path: Path) -> None:
    path = chain(tmp_path)
    first = run(path)
    run(path)
    shutil.rmtree(tmp_path / "reports" / first.run_id)
    third = run(path)
    assert statuses(third) == ["reused", "reused"]
    assert {step.reused_from for step in third.scenarios[0].steps} == {first.run_id}


def test_without_being_asked_for_nothing_is_reused(tmp_path: Path) -> None:
    path = chain(tmp_path)
    run(path)
    assert statuses(run(path, cached=False)) == ["succeeded", "succeeded"]


BARE = "expected_steps: []"
SAYS_MORE = f"{BARE}\nenvironment_variables: {{A: b}}"
CHANGES: dict[str, tuple[str, str, str, list[str]]] = {
    "code of the first step": ("code/write.py", "'1'", "str(1)", ["succeeded", "succeeded"]),
    "code of the second step": ("code/read.py", "== '1'", "in '1'", ["reused", "succeeded"]),
    "environment in the definition": ("definition.json", '"DEPTH": "3"', '"DEPTH": "4"', ["succeeded", "succeeded"]),
    "environment in the scenario": ("pipeline.yaml", BARE, SAYS_MORE, ["succeeded", "succeeded"]),
    "a limit": ("pipeline.yaml", BARE, f"{BARE}\nmemory_limit_gb: 3", ["reused", "reused"]),
    "instance type": ("definition.json", "ml.m5.large", "ml.m5.xlarge", ["succeeded", "succeeded"]),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_what_has_changed_is_run_again_with_all_that_follows_from_it(
    tmp_path: Path, file: str, old: str, new: str, expected: list[str]
) -> None:
    path = chain(tmp_path)
    run(path)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new), encoding="utf-8")
    assert statuses(run(path)) == expected


def test_data_that_has_changed_is_run_again(tmp_path: Path) -> None:
    script = "import os; print(os.listdir('/opt/ml/processing/input/d'))"
    steps = [processing("S", "s.py", inputs={"d": "s3://bucket/d/"})]
    path = write_pipeline(
        tmp_path, steps, {"s.py": script}, inputs={"s3://bucket/code/": "local:code/", "s3://bucket/d/": "local:d/"}
    )
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.csv").write_text("1", encoding="utf-8")
    run(path)
    assert statuses(run(path)) == ["reused"]
    (tmp_path / "d/a.csv").write_text("2", encoding="utf-8")
    assert statuses(run(path)) == ["succeeded"]
    (tmp_path / "d/a.csv").rename(tmp_path / "d/b.csv")
    assert statuses(run(path)) == ["succeeded"]


def test_outputs_that_are_gone_or_short_are_made_again(tmp_path: Path) -> None:
    path = chain(tmp_path)
    first = run(path)
    (tmp_path / "reports" / first.run_id / ".work/pipeline/s3/bucket/x/v").write_text("", encoding="utf-8")
    assert statuses(run(path)) == ["succeeded", "succeeded"]


def test_a_step_that_asked_aws_by_itself_is_run_again(tmp_path: Path) -> None:
    script = "import os, urllib.request as r; r.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/bucket/code/s.py').read()"
    path = write_pipeline(tmp_path, [processing("S", "s.py")], {"s.py": script})
    run(path)
    assert statuses(run(path)) == ["succeeded"]


def test_a_run_goes_on_with_what_had_not_succeeded(tmp_path: Path) -> None:
    path = chain(tmp_path)
    (tmp_path / "code/read.py").write_text("raise SystemExit('not yet')", encoding="utf-8")
    first = run(path, cached=False)
    assert statuses(first) == ["succeeded", "failed"]
    (tmp_path / "code/read.py").write_text(READ, encoding="utf-8")
    folder = tmp_path / "reports" / first.run_id
    second = workflow.resume(folder)
    assert statuses(second.report) == ["reused", "succeeded"]
    assert second.report.verdict == "READY"
    assert second.report.settings.resumed_from == first.run_id
    assert second.layout.folder.parent == folder.parent
    assert statuses(workflow.resume(second.layout.folder).report) == ["reused", "reused"]


def test_a_flaky_step_stays_flaky_when_it_is_reused(tmp_path: Path) -> None:
    script = "import os, sys\nsys.exit('once' if 'attempt' not in open('/opt/ml/processing/input/n/n').read() else 0)"
    path = write_pipeline(
        tmp_path,
        [processing("S", "s.py", inputs={"n": "s3://bucket/n/"})],
        {"s.py": script},
        inputs={"s3://bucket/code/": "local:code/", "s3://bucket/n/": "local:n/"},
        retries=1,
    )
    (tmp_path / "n").mkdir()
    (tmp_path / "n/n").write_text("attempt", encoding="utf-8")
    first = run(path)
    result = tmp_path / "reports" / first.run_id / "pipeline/S/result.json"
    fields = json.loads(result.read_text(encoding="utf-8"))
    result.write_text(json.dumps({**fields, "status": "flaky", "attempt_count": 2}), encoding="utf-8")
    again = run(path)
    assert statuses(again) == ["reused"]
    assert again.scenarios[0].steps[0].is_flaky
    assert "Flaky, passed when tried again: S." in again.reason


def test_a_run_that_still_goes_on_is_not_taken_up(tmp_path: Path) -> None:
    from cursus_readiness.clock import SystemClock
    from cursus_readiness.store.journal import Journal

    path = chain(tmp_path)
    folder = tmp_path / "reports" / run(path, cached=False).run_id
    with (
        Journal(folder / "events.jsonl", SystemClock(), lambda _: None),
        pytest.raises(InvalidInputError, match="still goes on"),
    ):
        workflow.resume(folder)


def test_steps_that_ended_in_no_success_are_never_reused(tmp_path: Path) -> None:
    path = write_pipeline(tmp_path, [processing("S", "s.py")], {"s.py": "raise SystemExit(1)"})
    run(path)
    assert [step.status for step in run(path).scenarios[0].steps] == [StepStatus.FAILED]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_reused_step_is_compared_with_what_another_writes_now(tmp_path: Path, jobs: int) -> None:
    write = "open('/opt/ml/processing/output/x/v.csv', 'w').write('n\\n1\\n')"
    steps = [processing(name, f"{name.lower()}.py", outputs={"x": f"s3://bucket/{name}"}) for name in ("Slow", "Quick")]
    rules = {"Quick": {"x/v.csv": {"row_count": {"of": "Slow:x/v.csv"}}}}
    path = write_pipeline(tmp_path, steps, {"slow.py": write, "quick.py": write}, validation_rules=rules)
    run(path)
    (tmp_path / "code/slow.py").write_text(f"import time; time.sleep(0.5); {write}", encoding="utf-8")
    settings = RunSettings(is_cached=True, jobs=jobs)
    again = workflow.run(path, tmp_path / "reports", settings=settings).report
    assert statuses(again) == ["succeeded", "reused"]
    assert again.verdict == "READY", again.reason
