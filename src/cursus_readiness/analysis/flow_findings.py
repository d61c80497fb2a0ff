"""What is to be said of the flow of data, each with how much it matters. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cursus_readiness.analysis import flow_policy as policy
from cursus_readiness.analysis.edges import Edge
from cursus_readiness.analysis.named_columns import named_columns
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.job import Job
from cursus_readiness.model.lineage import FlowNode, TableChange
from cursus_readiness.model.reference import Reference
from cursus_readiness.model.result import InputRecord, OutputRecord, StepResult
from cursus_readiness.units import format_ratio


def change_findings(
    record: InputRecord | OutputRecord,
    step: StepResult | None,
    changes: Iterable[TableChange],
    readers: Sequence[Edge],
    reference: Reference | None,
) -> Iterator[Finding]:
    """What is different from last time, of an output of a step or (without one) of data that a source served."""
    since = reference.name if reference else ""
    for change in changes:
        names = _names(edge for edge in readers if edge.covers(change.table))
        yield Finding(
            id=change.kind.value.replace("_", "-"),
            severity=policy.CHANGES[change.kind] if names else Severity.NOTE,
            message=f"{change.message} since {since}; {_read_by(names)}",
            place=f"{record.name}/{change.table}",
            step=step.step_name if step else names[0] if names else None,
            remedy=_remedy(step, names),
        )


def table_findings(
    node: FlowNode, step: StepResult, output: OutputRecord, readers: Sequence[Edge]
) -> Iterator[Finding]:
    """What later steps get that is of no use to them: tables without a row, and those that cannot be read."""
    for table in output.tables or ():
        names = _names(edge for edge in readers if edge.covers(table.path))
        if not names:
            continue
        if table.problem:
            kind, severity, message = "unreadable-table", policy.UNREADABLE_TABLE, table.problem
        elif table.row_count == 0 and not _lost_all_rows(node):
            kind, severity, message = "empty-table", policy.EMPTY_TABLE, f"{table.path} has no rows"
        else:
            continue
        yield Finding(
            id=kind,
            severity=severity,
            message=f"{message}; {_read_by(names)}",
            place=f"{output.name}/{table.path}",
            step=step.step_name,
            remedy=f"look at what {step.step_name} writes there",
        )


def step_findings(
    node: FlowNode, step: StepResult, job: Job | None, incoming: Sequence[Edge], outgoing: Sequence[Edge]
) -> Iterator[Finding]:
    """Rows that a step lost, and columns that it is told of and does not get."""
    names = _names(edge for edge in outgoing if edge.tables)
    ratio = node.kept_ratio
    if step.status.has_succeeded and ratio is not None and ratio < 1:
        lost = f"{node.rows_read or 0:,} rows went in and {node.rows_written or 0:,} came out ({format_ratio(ratio)})"
        is_total = _lost_all_rows(node) and bool(names)
        yield Finding(
            id="all-rows-lost" if is_total else "rows-lost",
            severity=policy.ALL_ROWS_LOST if is_total else policy.ROWS_LOST,
            message=f"{lost}; {_read_by(names)}",
            step=step.step_name,
            remedy=f"find out where {step.step_name} loses its rows" if is_total else None,
        )
    known = _known_columns(incoming)
    for setting, column in named_columns(job) if job and known else ():
        if column not in known:
            yield Finding(
                id="unknown-column",
                severity=policy.UNKNOWN_COLUMN,
                message=f"{setting} names the column {column!r}, which no table has that the step reads",
                place=setting,
                step=step.step_name,
                remedy=f"correct {setting}, or the step that writes what {step.step_name} reads",
            )


def _lost_all_rows(node: FlowNode) -> bool:
    return node.kept_ratio == 0


def _known_columns(incoming: Sequence[Edge]) -> set[str]:
    """The columns of all tables that a step reads; none when they are not all known by name."""
    tables = [table for edge in incoming for table in edge.tables or ()]
    if any(edge.tables is None for edge in incoming):
        return set()
    if any(not table.has_header or not table.has_all_columns for table in tables):
        return set()
    return {column.name for table in tables for column in table.columns}


def _names(edges: Iterable[Edge]) -> list[str]:
    return list(dict.fromkeys(edge.consumer.step_name for edge in edges))


def _read_by(names: Sequence[str]) -> str:
    shown = ", ".join(names[: policy.MOST_NAMED])
    more = f" and {len(names) - policy.MOST_NAMED} more" if len(names) > policy.MOST_NAMED else ""
    return f"read by {shown}{more}" if names else "no later step reads it"


def _remedy(step: StepResult | None, names: Sequence[str]) -> str | None:
    if not names:
        return None
    where = f"in {step.step_name}" if step else "in the data that are served"
    return f"if that is meant {where}, see that {names[0]} can do with it"
