"""Data that go from step to step, in real runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.report import ReadinessReport, RunSettings, Verdict
from pipelines import output_of, processing, write_pipeline

pytestmark = pytest.mark.slow

OUT, IN = "/opt/ml/processing/output/x", "/opt/ml/processing/input/x"
ROWS = "".join(f"{index},{index % 2}\\n" for index in range(10))
WRITE = f"import shutil; shutil.copy('{IN}/rows.csv', '{OUT}/rows.csv')"
READ = f"open('{IN}/rows.csv').read()"


def run(tmp_path: Path, write: str, read: str = READ, *, cached: bool = False, **scenario: Any) -> ReadinessReport:
    steps = [
        processing("Write", "write.py", inputs={"x": "s3://bucket/raw/"}, outputs={"x": "s3://bucket/x"}),
        processing("Read", "read.py", inputs={"x": output_of("Write", "x")}, environment={"LABEL_FIELD": "y"}),
    ]
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data/rows.csv").write_text(
        "id,y\n" + "".join(f"{row},{row % 2}\n" for row in range(10)), encoding="utf-8"
    )
    inputs = {"s3://bucket/code/": "local:code/", "s3://bucket/raw/": "local:data/"}
    path = write_pipeline(tmp_path, steps, {"write.py": write, "read.py": read}, inputs=inputs, **scenario)
    return workflow.run(path, tmp_path / "reports", settings=RunSettings(is_cached=cached)).report


def audited(report: ReadinessReport) -> Outcome:
    return next(audit.outcome for audit in report.audits if audit.id == "broken-data-flow")


def found(report: ReadinessReport) -> list[tuple[str, str]]:
    return [(finding.id, finding.severity.value) for finding in report.scenarios[0].data_flow.findings]


def writing(text: str) -> str:
    return f"open('{OUT}/rows.csv', 'w').write({text!r})"


def test_rows_are_followed_from_the_source_to_the_last_step(tmp_path: Path) -> None:
    report = run(tmp_path, WRITE)
    flow = report.scenarios[0].data_flow
    assert [(edge.consumer, edge.row_count, edge.column_count) for edge in flow.edges] == [
        ("Write", 10, 2),
        ("Read", 10, 2),
    ]
    assert (flow.compared_with, found(report), audited(report)) == (None, [], Outcome.PASS)


def test_a_dropped_column_that_a_later_step_reads_is_a_warning_against_the_run_before(tmp_path: Path) -> None:
    first = run(tmp_path, WRITE)
    report = run(tmp_path, writing("id\n" + "".join(f"{row}\n" for row in range(10))))
    assert report.verdict is Verdict.READY
    assert found(report) == [("dropped-column", "warning"), ("unknown-column", "warning")]
    assert audited(report) is Outcome.WARN
    flow = report.scenarios[0].data_flow
    assert flow.compared_with == f"run {first.run_id}"
    told = report.scenarios[0].validation_results["Write"]["x/rows.csv"]["dropped-column"]
    assert told["message"] == f"rows.csv has lost column y since run {first.run_id}; read by Read"


def test_a_step_that_loses_all_rows_makes_the_run_not_ready(tmp_path: Path) -> None:
    report = run(tmp_path, writing("id,y\n"))
    assert (report.verdict, audited(report)) == (Verdict.NOT_READY, Outcome.FAIL)
    assert ("all-rows-lost", "error") in found(report)
    assert not report.scenarios[0].success
    junit = (tmp_path / "reports/latest/junit.xml").read_text(encoding="utf-8")
    assert 'name="data flow"' in junit
    assert "10 rows went in and 0 came out" in junit


def test_the_report_says_the_same_where_the_run_before_is_gone(tmp_path: Path) -> None:
    first = run(tmp_path, WRITE)
    report = run(tmp_path, writing("id,z\n1,2\n"))
    (tmp_path / "reports" / first.run_id).rename(tmp_path / "elsewhere")
    assert workflow.report(tmp_path / "reports" / report.run_id).report == report


def test_a_reused_step_keeps_what_was_told_of_its_data(tmp_path: Path) -> None:
    first, second = run(tmp_path, WRITE, cached=True), run(tmp_path, WRITE, cached=True)
    assert [step.status.value for step in second.scenarios[0].steps] == ["reused", "reused"]
    before, now = (report.scenarios[0].data_flow for report in (first, second))
    assert [edge.row_count for edge in now.edges] == [edge.row_count for edge in before.edges]
    assert [edge.comparison.value for edge in now.edges] == ["unchanged", "unchanged"]


def test_a_failed_step_shows_what_it_has_written_until_then(tmp_path: Path) -> None:
    report = run(tmp_path, writing("id,y\n1,2\n") + "\nraise SystemExit('no more')")
    step = report.scenarios[0].steps[0]
    assert step.reason is not None
    assert "no more" in step.reason
    [output] = step.outputs
    assert [(table.path, table.row_count) for table in output.tables or ()] == [("rows.csv", 1)]


HOSTILE = f"""
import os
out = '{OUT}'
open(out + '/rows.csv', 'w').write('id,y\\n1,2\\n')
open(out + '/half.parquet', 'wb').write(b'PAR1' + b'x' * 50)
open(out + '/empty.parquet', 'wb').close()
open(out + '/cell.csv', 'w').write('a,b\\n1,' + 'x' * 10_000_000 + '\\n')
open(out + '/mixed.csv', 'wb').write('a\\ncaf\\u00e9\\n'.encode() + 'caf\\u00e9\\n'.encode('latin-1'))
open(out + '/twice.csv', 'w').write('a,a\\n1,2\\n')
open(out + '/nested.jsonl', 'w').write('{{"a": {{"b": [1, 2], "c": {{"d": null}}}}}}\\n')
open(out + '/labels.csv', 'w').write('y\\nNaN\\nNaN\\n')
open(out + '/none.csv', 'w').write('a,b\\n')
os.symlink('loop', out + '/loop')
os.symlink('.', out + '/here')
os.mkfifo(out + '/pipe.csv')
os.mkdir(out + '/many')
for number in range(10_000):
    open(f'{{out}}/many/part-{{number}}.csv', 'w').write('a\\n1\\n')
"""


@pytest.mark.parametrize("ending", ["", "raise SystemExit(1)"], ids=["that succeeds", "that fails"])
def test_whatever_a_step_leaves_is_described_and_fails_nothing(tmp_path: Path, ending: str) -> None:
    report = run(tmp_path, HOSTILE + ending)
    step = report.scenarios[0].steps[0]
    assert step.status.value == ("failed" if ending else "succeeded")
    tables = {table.path: table for table in step.outputs[0].tables or ()}
    assert set(tables) == {
        "rows.csv", "half.parquet", "empty.parquet", "cell.csv", "mixed.csv", "twice.csv", "nested.jsonl",
        "labels.csv", "none.csv", "many/part-*.csv",
    }  # fmt: skip
    whole = {path for path, table in tables.items() if table.problem is None and not table.is_partial}
    assert whole <= {"rows.csv", "mixed.csv", "nested.jsonl", "labels.csv", "none.csv"}  # as far as the time goes
    many = tables["many/part-*.csv"]
    assert many.is_partial
    assert many.file_count > many.read_file_count
