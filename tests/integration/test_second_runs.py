"""Steps that are run once more to see whether they do the same."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import past, workflow
from cursus_readiness.model.report import ReadinessReport, RunSettings
from cursus_readiness.model.rule import RuleResult
from pipelines import output_of, processing, write_pipeline

pytestmark = pytest.mark.slow

OUT, IN = "/opt/ml/processing/output/x", "/opt/ml/processing/input/x"
STEADY = f"open('{OUT}/t.csv', 'w').write('id,v\\n1,0.5\\n2,0.25\\n')"
RANDOM = f"import random; open('{OUT}/t.csv', 'w').write(f'id,v\\n1,{{random.random()}}\\n')"
NEARLY = f"import random; open('{OUT}/t.csv', 'w').write(f'id,v\\n1,{{1 + random.random() / 1e6}}\\n')"
READ = f"import shutil; shutil.copy('{IN}/t.csv', '{OUT}/copy.csv')"


def run(tmp_path: Path, script: str, rule: Any = True, *, cached: bool = False, **scenario: Any) -> ReadinessReport:
    steps = [
        processing("Write", "write.py", outputs={"x": "s3://bucket/x"}),
        processing("Read", "read.py", inputs={"x": output_of("Write", "x")}, outputs={"x": "s3://bucket/y"}),
    ]
    rules = {"Write": {"x/t.csv": {"deterministic": rule}}}
    path = write_pipeline(
        tmp_path, steps, {"write.py": script, "read.py": READ}, **{"validation_rules": rules, **scenario}
    )
    return workflow.run(path, tmp_path / "reports", settings=RunSettings(is_cached=cached)).report


def judged(report: ReadinessReport) -> RuleResult:
    [result] = report.scenarios[0].rules
    return result


def test_a_step_that_does_the_same_again_keeps_the_rule_and_its_second_run_is_told(tmp_path: Path) -> None:
    report = run(tmp_path, STEADY)
    assert judged(report).held is True
    write, read = report.scenarios[0].steps
    assert write.repeat is not None
    assert write.repeat.status.value == "succeeded"
    assert write.repeat.wall_s is not None
    assert read.repeat is None
    assert (tmp_path / "reports/latest/pipeline/Write/again/stdout.log").is_file()
    assert not (tmp_path / "reports/latest/.work/pipeline/again/Write").exists()


def test_a_step_that_does_something_else_each_time_breaks_it(tmp_path: Path) -> None:
    result = judged(run(tmp_path, RANDOM))
    assert (result.held, result.message) == (False, "v differs in 1 rows")


def test_numbers_may_differ_within_the_tolerance(tmp_path: Path) -> None:
    assert judged(run(tmp_path, NEARLY, {"tolerance": 1e-3})).held is True


def test_later_steps_read_what_the_first_run_wrote(tmp_path: Path) -> None:
    run(tmp_path, RANDOM)
    objects = tmp_path / "reports/latest/.work/pipeline/s3/bucket"
    assert (objects / "x/t.csv").read_bytes() == (objects / "y/copy.csv").read_bytes()


COUNTING = f"""
import boto3
client = boto3.client("s3")
found = client.list_objects_v2(Bucket="bucket", Prefix="seen/").get("KeyCount", 0)
client.put_object(Bucket="bucket", Key=f"seen/{{found}}", Body=b"x")
open('{OUT}/t.csv', 'w').write(f'seen\\n{{found}}\\n')
"""


def test_the_second_run_finds_the_objects_of_before_the_first_and_leaves_none(tmp_path: Path) -> None:
    assert judged(run(tmp_path, COUNTING)).held is True
    seen = tmp_path / "reports/latest/.work/pipeline/s3/bucket/seen"
    assert [path.name for path in seen.iterdir()] == ["0"]


ONCE = """
import socket
with socket.create_connection(("127.0.0.1", {port})) as asked:
    answer = asked.recv(1)
assert answer == b"1", "not again"
open("{out}/t.csv", "w").write("id\\n1\\n")
"""


@pytest.fixture
def yes_only_once() -> Iterator[int]:
    """The port of a server that says 1 to the first who asks, and 2 to the second."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for reply in (b"1", b"2"):
                with server.accept()[0] as asked:
                    asked.sendall(reply)

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_a_step_that_fails_the_second_time_breaks_it_and_has_succeeded(tmp_path: Path, yes_only_once: int) -> None:
    report = run(tmp_path, ONCE.format(port=yes_only_once, out=OUT))
    assert [step.status.value for step in report.scenarios[0].steps] == ["succeeded", "succeeded"]
    result = judged(report)
    assert result.held is False
    assert result.message == "its second run ended otherwise, failed: exit code 1: AssertionError: not again"
    assert report.scenarios[0].steps[0].repeat is not None


def test_a_reused_step_keeps_what_its_second_run_told(tmp_path: Path) -> None:
    first, second = run(tmp_path, STEADY, cached=True), run(tmp_path, STEADY, cached=True)
    assert [step.status.value for step in second.scenarios[0].steps] == ["reused", "reused"]
    assert judged(second) == judged(first)
    assert second.scenarios[0].steps[0].repeat == first.scenarios[0].steps[0].repeat


def test_a_step_whose_second_run_nobody_has_made_is_not_reused(tmp_path: Path) -> None:
    run(tmp_path, STEADY, cached=True, validation_rules={})
    report = run(tmp_path, STEADY, cached=True)
    assert [step.status.value for step in report.scenarios[0].steps] == ["succeeded", "succeeded"]
    assert judged(report).held is True


def metric(value: float) -> str:
    return (
        f"open('{OUT}/t.csv', 'w').write('id\\n1\\n'); open('{OUT}/m.json', 'w').write('{json.dumps({'auc': value})}')"
    )


def compared(tmp_path: Path, value: float, **baseline: Any) -> RuleResult:
    wanted = {"path": "auc", "baseline": {"tolerance": 0.01, "better": "higher", **baseline}}
    return judged(run(tmp_path, metric(value), validation_rules={"Write": {"x/m.json": {"metric": wanted}}}))


def test_a_number_is_compared_with_that_of_the_newest_earlier_run_and_the_first_is_not_judged(tmp_path: Path) -> None:
    first = compared(tmp_path, 0.90)
    assert (first.held, first.measured) == (None, {"auc": 0.90})
    assert first.message == "not judged: there is no earlier run that came to its end to compare with"
    assert compared(tmp_path, 0.895).held is True
    worse = compared(tmp_path, 0.88)
    assert worse.held is False
    assert worse.message.startswith("auc = 0.88, 0.895 in run 2")
    assert worse.message.endswith("expected at most 0.01 worse")


def test_a_number_is_compared_with_a_promoted_baseline_by_its_name(tmp_path: Path) -> None:
    assert compared(tmp_path, 0.9, name="main").message == "not judged: there is no baseline 'main' to compare with"
    past.promote(tmp_path / "reports", ["latest"], "main", forced_because="the first of this rule")
    compared(tmp_path, 0.7)
    found = compared(tmp_path, 0.8, name="main")
    assert (found.held, found.message) == (False, "auc = 0.8, 0.9 in baseline main, expected at most 0.01 worse")
