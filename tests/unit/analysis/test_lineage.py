"""The flow of data between steps, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_job, a_plan, a_served, a_step, a_step_that_never_ran, a_table, an_input
from cursus_readiness.analysis.lineage import data_flow
from cursus_readiness.model.finding import Severity
from cursus_readiness.model.job import Job, JobInput, JobOutput
from cursus_readiness.model.lineage import Comparison, DataFlow, NodeKind
from cursus_readiness.model.plan import Plan
from cursus_readiness.model.reference import Reference, ReferenceStep
from cursus_readiness.model.result import InputRecord, OutputRecord, StepResult, StepStatus
from cursus_readiness.model.table import TableRecord

RAW, OUT = "s3://b/raw", "s3://b/out"


def an_output(*tables: TableRecord, uri: str = OUT, name: str = "data") -> OutputRecord:
    return OutputRecord(name=name, uri=uri, file_count=1, size_bytes=10, tables=tables)


def a_read(uri: str = OUT, *tables: TableRecord, is_served: bool = False) -> InputRecord:
    figures: dict[str, Any] = {"file_count": 1, "size_bytes": 10, "tables": tables} if is_served else {}
    return InputRecord(name="data", uri=uri, **figures)


def prep(*tables: TableRecord, served: TableRecord | None = None, **changes: Any) -> StepResult:
    read = (a_read(RAW, served or a_table(), is_served=True),)
    return a_step("Prep", **{"inputs": read, "outputs": (an_output(*tables),), **changes})


def train(uri: str = OUT, **changes: Any) -> StepResult:
    return a_step("Train", **{"inputs": (a_read(uri),), **changes})


def plan(*steps: StepResult, **jobs: Job) -> Plan:
    served = [a_served(RAW, "local:data/")]
    return a_plan(*(jobs.get(step.step_name) or a_job(step.step_name) for step in steps), served=served)


def flow(*steps: StepResult, reference: Reference | None = None, **jobs: Job) -> DataFlow:
    return data_flow(plan(*steps, **jobs), steps, reference)


def then(*tables: TableRecord, **steps: ReferenceStep) -> Reference:
    before = {"Prep": ReferenceStep(inputs=(a_read(RAW, a_table(), is_served=True),), outputs=(an_output(*tables),))}
    return Reference(name="run 1", steps={**before, **steps})


def said(found: DataFlow) -> list[tuple[str, str]]:
    return [(finding.id, finding.severity.value) for finding in found.findings]


def test_sources_and_steps_are_nodes_and_what_goes_between_them_edges() -> None:
    found = flow(prep(a_table(rows=90, id="integer", y="integer")), train())
    assert [(node.name, node.kind, node.detail) for node in found.nodes] == [
        (RAW, NodeKind.SOURCE, "local:data/"),
        ("Prep", NodeKind.STEP, "Processing"),
        ("Train", NodeKind.STEP, "Processing"),
    ]
    first, second = found.edges
    assert (first.producer, first.output, first.consumer, first.row_count) == (RAW, None, "Prep", 100)
    assert (second.producer, second.output, second.consumer, second.input) == ("Prep", "data", "Train", "data")
    assert (second.table_count, second.row_count, second.column_count, second.file_count) == (1, 90, 2, 1)
    assert found.compared_with is None
    assert {edge.comparison for edge in found.edges} == {Comparison.NOT_COMPARED}


def test_rows_are_counted_on_their_way() -> None:
    node = flow(prep(a_table(rows=60), a_table(path="b.csv", rows=30)), train()).nodes[1]
    assert (node.rows_read, node.rows_written, node.kept_ratio) == (100, 90, 0.9)


@pytest.mark.parametrize("tables", [(), (a_table(rows=None),)], ids=["no table", "not all read"])
def test_rows_that_were_not_counted_are_not_known(tables: tuple[TableRecord, ...]) -> None:
    found = flow(prep(*tables), train())
    assert (found.nodes[1].rows_written, found.nodes[1].kept_ratio, found.nodes[2].rows_read) == (None, None, None)
    assert said(found) == []


def test_a_part_of_an_output_has_its_tables_alone() -> None:
    tables = (a_table(path="train/x.csv", rows=80), a_table(path="test/x.csv", rows=20))
    edges = flow(prep(*tables), train(f"{OUT}/train/")).edges
    assert (edges[1].row_count, edges[1].table_count, edges[1].file_count) == (80, 1, None)


def test_an_input_above_several_outputs_has_an_edge_from_each() -> None:
    outputs = (an_output(uri=f"{OUT}/a", name="a"), an_output(uri=f"{OUT}/b", name="b"))
    edges = flow(prep(outputs=outputs), train()).edges
    assert [(edge.producer, edge.output) for edge in edges[1:]] == [("Prep", "a"), ("Prep", "b")]


def test_a_step_that_was_not_started_has_the_edges_of_its_plan() -> None:
    job = a_job("Train", inputs=(an_input(OUT), JobInput(name="code", uri=OUT, path="/c", is_code=True)))
    found = flow(prep(a_table()), a_step_that_never_ran("Train", StepStatus.BLOCKED), Train=job)
    assert [(edge.consumer, edge.input) for edge in found.edges] == [("Prep", "data"), ("Train", "data")]


def test_so_has_one_whose_producer_was_not_started() -> None:
    made = a_job("Prep", outputs=(JobOutput(name="data", uri=OUT, path="/o"),))
    steps = (a_step_that_never_ran("Prep", StepStatus.NOT_EXECUTED), train())
    assert [(edge.producer, edge.row_count) for edge in flow(*steps, Prep=made).edges] == [("Prep", None)]


def test_a_step_that_loses_all_rows_for_those_after_it_is_an_error() -> None:
    found = flow(prep(a_table(rows=0)), train())
    assert said(found) == [("all-rows-lost", "error")]
    assert found.findings[0].message == "100 rows went in and 0 came out (0 %); read by Train"


def test_a_step_that_loses_all_rows_for_nobody_is_none() -> None:
    assert said(flow(prep(a_table(rows=0)))) == [("rows-lost", "note")]


def test_one_empty_table_of_several_is_a_warning() -> None:
    tables = (a_table(path="kept.csv", rows=100), a_table(path="rejected.csv", rows=0))
    assert said(flow(prep(*tables), train())) == [("empty-table", "warning")]
    assert said(flow(prep(*tables), train(f"{OUT}/kept.csv"))) == []


def test_rows_that_are_lost_on_the_way_are_told_with_their_share() -> None:
    [finding] = flow(prep(a_table(rows=97)), train()).findings
    assert (finding.id, finding.severity, finding.step) == ("rows-lost", Severity.NOTE, "Prep")
    assert finding.message == "100 rows went in and 97 came out (97 %); read by Train"


def test_a_table_that_cannot_be_read_is_a_warning_for_those_who_read_it() -> None:
    broken = a_table(rows=None, problem="x.parquet is not readable")
    assert said(flow(prep(broken), train())) == [("unreadable-table", "warning")]
    assert said(flow(prep(broken))) == []


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        (a_table(id="integer"), "dropped-column"),
        (a_table(id="string", y="integer"), "retyped-column"),
        (a_table(rows=50, id="integer", y="integer"), "rows"),
        (a_table(path="part-*.parquet", format="parquet", id="integer", y="integer"), "format"),
        (a_table(path="other.csv", id="integer", y="integer"), "missing-table"),
    ],
)
def test_a_change_of_what_a_later_step_reads_is_a_warning_and_else_a_note(now: TableRecord, kind: str) -> None:
    reference = then(a_table(id="integer", y="integer"))
    found = flow(prep(now, served=a_table()), train(), reference=reference)
    assert (kind, "warning") in said(found)
    assert (found.compared_with, found.edges[1].comparison) == ("run 1", Comparison.CHANGED)
    assert kind.replace("-", "_") in [change.kind.value for change in found.edges[1].changes]
    alone = flow(prep(now), reference=reference)
    assert (kind, "note") in said(alone)
    assert {severity for _, severity in said(alone)} == {"note"}


def test_a_finding_on_a_change_says_since_when_and_who_reads_it() -> None:
    found = flow(prep(a_table(id="integer")), train(), reference=then(a_table(id="integer", y="integer")))
    [finding] = found.findings
    assert finding.message == "part-*.csv has lost column y since run 1; read by Train"
    assert (finding.step, finding.place) == ("Prep", "data/part-*.csv")
    assert finding.remedy == "if that is meant in Prep, see that Train can do with it"


def test_what_was_added_is_a_note() -> None:
    found = flow(prep(a_table(id="integer", y="integer")), train(), reference=then(a_table(id="integer")))
    assert said(found) == [("added-column", "note")]


def test_a_change_of_data_that_a_source_serves_is_told_with_who_reads_them() -> None:
    found = flow(prep(a_table(rows=10), served=a_table(rows=10)), train(), reference=then(a_table(rows=10)))
    assert [(item.id, item.step, item.remedy) for item in found.findings] == [
        ("rows", "Prep", "if that is meant in the data that are served, see that Prep can do with it")
    ]


def test_the_same_data_are_unchanged_and_other_outputs_new() -> None:
    outputs = (an_output(a_table()), an_output(a_table(), uri="s3://b/more", name="more"))
    steps = (prep(outputs=outputs), train(), a_step("Test", inputs=(a_read("s3://b/more"),)))
    found = flow(*steps, reference=then(a_table()))
    assert [edge.comparison.value for edge in found.edges] == ["unchanged", "unchanged", "new"]
    assert said(found) == []


def test_outputs_that_nobody_looked_at_are_not_compared() -> None:
    unseen = OutputRecord(name="data", uri=OUT, file_count=1, size_bytes=1)
    found = flow(prep(outputs=(unseen,)), train(), reference=then(a_table()))
    assert (found.edges[1].comparison, found.edges[1].table_count) == (Comparison.NOT_COMPARED, None)
    assert said(found) == []


def test_a_step_that_failed_is_not_compared() -> None:
    found = flow(prep(a_table(rows=1), status=StepStatus.FAILED), reference=then(a_table()))
    assert said(found) == []


def told_of(column: str, table: TableRecord) -> list[tuple[str, str]]:
    job = a_job("Train", environment={"LABEL_FIELD": column})
    return said(flow(prep(table), train(), Train=job))


def test_a_column_that_a_setting_names_and_no_table_has_is_a_warning() -> None:
    known = a_table(id="integer", churned="integer")
    assert told_of("churned", known) == []
    assert told_of("churn", known) == [("unknown-column", "warning")]


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(a_table(f0="integer", has_header=False), id="without names"),
        pytest.param(a_table(rows=None, read_file_count=0), id="not read"),
        pytest.param(a_table(column_count=900, a="integer"), id="not all of them kept"),
    ],
)
def test_nothing_is_said_of_columns_whose_names_are_not_known(table: TableRecord) -> None:
    assert told_of("churn", table) == []
