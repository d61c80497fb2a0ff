"""The flow of data through a scenario, checked against what was written this time and last time. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from cursus_readiness.analysis.edges import Edge, find_edges
from cursus_readiness.analysis.flow_findings import change_findings, step_findings, table_findings
from cursus_readiness.analysis.table_changes import table_changes
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.lineage import Comparison, DataFlow, FlowEdge, FlowNode, NodeKind, TableChange
from cursus_readiness.model.plan import Plan
from cursus_readiness.model.reference import Reference, ReferenceStep
from cursus_readiness.model.result import StepResult
from cursus_readiness.model.table import TableRecord


def data_flow(plan: Plan, steps: Sequence[StepResult], reference: Reference | None) -> DataFlow:
    """Who wrote what, who reads it, what is different from the reference, and what is to be said of it."""
    edges = find_edges(plan, steps)
    ways = _Ways(edges)
    nodes = {step.step_name: _step_node(step, ways) for step in steps}
    return DataFlow(
        nodes=(*_source_nodes(ways), *nodes.values()),
        edges=tuple(_edge(edge, reference) for edge in edges),
        compared_with=reference.name if reference else None,
        findings=tuple(_findings(plan, steps, ways, nodes, reference)),
    )


class _Ways:
    """Edges by where they come from and where they go to."""

    def __init__(self, edges: Sequence[Edge]) -> None:
        self.into: dict[str, list[Edge]] = defaultdict(list)
        self.out_of: dict[str, list[Edge]] = defaultdict(list)
        self.served: dict[str, list[Edge]] = defaultdict(list)
        for edge in edges:
            self.into[edge.consumer.step_name].append(edge)
            if edge.step is None:
                self.served[edge.read.uri].append(edge)
            else:
                self.out_of[edge.step.step_name].append(edge)


def _source_nodes(ways: _Ways) -> Iterator[FlowNode]:
    for uri, edges in ways.served.items():
        first = edges[0]
        yield FlowNode(name=uri, kind=NodeKind.SOURCE, detail=first.source, rows_written=_rows(first.tables))


def _step_node(step: StepResult, ways: _Ways) -> FlowNode:
    return FlowNode(
        name=step.step_name,
        kind=NodeKind.STEP,
        detail=step.step_type,
        status=step.status.value,
        rows_read=_sum([edge.tables for edge in ways.into[step.step_name]]),
        rows_written=_sum([output.tables for output in step.outputs]),
    )


def _sum(several: Sequence[tuple[TableRecord, ...] | None]) -> int | None:
    """The rows of all tables; ``None`` when there is none, or one was not counted."""
    if any(tables is None for tables in several):
        return None
    return _rows(tuple(table for tables in several for table in tables or ()))


def _rows(tables: Sequence[TableRecord] | None) -> int | None:
    counts = [table.row_count for table in tables or ()]
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _edge(edge: Edge, reference: Reference | None) -> FlowEdge:
    tables, written = edge.tables, edge.output or edge.read
    is_whole = not edge.below
    comparison, changes = _compared(edge, reference)
    return FlowEdge(
        producer=edge.step.step_name if edge.step else edge.read.uri,
        output=edge.output.name if edge.output else None,
        consumer=edge.consumer.step_name,
        input=edge.read.name,
        uri=edge.read.uri,
        file_count=written.file_count if is_whole else None,
        size_bytes=written.size_bytes if is_whole else None,
        table_count=None if tables is None else len(tables),
        row_count=_rows(tables),
        column_count=max((table.column_count for table in tables), default=None) if tables else None,
        is_partial=any(table.is_partial for table in tables or ()),
        comparison=comparison,
        changes=changes,
    )


def _compared(edge: Edge, reference: Reference | None) -> tuple[Comparison, tuple[TableChange, ...]]:
    tables = edge.tables
    if reference is None or tables is None or (edge.step and not edge.step.status.has_succeeded):
        return Comparison.NOT_COMPARED, ()
    owner = reference.steps.get(edge.step.step_name if edge.step else edge.consumer.step_name)
    name = edge.output.name if edge.output else edge.read.name
    is_known, before = _before(owner, name, is_input=edge.step is None)
    if not is_known:
        return Comparison.NEW, ()
    if before is None:
        return Comparison.NOT_COMPARED, ()
    then = edge.part_of(before) or ()
    if not then and not tables:
        return Comparison.NOT_COMPARED, ()
    changes = tuple(table_changes(then, tables))
    return Comparison.CHANGED if changes else Comparison.UNCHANGED, changes


def _before(owner: ReferenceStep | None, name: str, *, is_input: bool) -> tuple[bool, tuple[TableRecord, ...] | None]:
    """Whether there was an input or output of that name, and its tables then."""
    records = () if owner is None else owner.inputs if is_input else owner.outputs
    found = next((record for record in records if record.name == name), None)
    return found is not None, found.tables if found else None


def _findings(
    plan: Plan,
    steps: Sequence[StepResult],
    ways: _Ways,
    nodes: Mapping[str, FlowNode],
    reference: Reference | None,
) -> Iterator[Finding]:
    jobs = {step.name: step.job for step in plan.steps}
    for edges in ways.served.values():
        yield from change_findings(edges[0].read, None, _compared(edges[0], reference)[1], edges, reference)
    for step in steps:
        node, outgoing = nodes[step.step_name], ways.out_of[step.step_name]
        yield from step_findings(node, step, jobs[step.step_name], ways.into[step.step_name], outgoing)
        for output in step.outputs if step.status.has_succeeded else ():
            readers = [edge for edge in outgoing if edge.output is output]
            yield from table_findings(node, step, output, readers)
            owner = reference.steps.get(step.step_name) if reference else None
            before = _before(owner, output.name, is_input=False)[1]
            if before is not None and output.tables is not None:
                yield from change_findings(output, step, table_changes(before, output.tables), readers, reference)
