"""What the page tells of one step, in words: values are formatted here and put in place by the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cursus_readiness.model.attachments import LogTail, StepDetail, StepInput, StepSeries
from cursus_readiness.model.comparison import FigureComparison, StepComparison
from cursus_readiness.model.lineage import FlowEdge
from cursus_readiness.model.result import StepResult
from cursus_readiness.model.table import ColumnRecord, TableRecord
from cursus_readiness.render.changes import told
from cursus_readiness.render.looks import STANDINGS
from cursus_readiness.render.series import end_s, largest
from cursus_readiness.render.text import log_text, visible
from cursus_readiness.units import KIB, format_bytes, format_count, format_ratio, format_seconds

_UNMEASURED = "not measured"
MOST_TABLES = 20
MOST_COLUMNS = 60
"""Of a table; readiness.json has more."""


def _ending(step: StepResult) -> str | None:
    if step.signal is not None:
        return f"signal {step.signal}"
    return None if step.exit_code is None else f"exit code {step.exit_code}"


def _cost(step: StepResult) -> str:
    cost_s = step.usage.sampler_cpu_s
    return f"{format_ratio(cost_s / step.wall_s)} of a core" if cost_s is not None and step.wall_s else _UNMEASURED


def _instance(step: StepResult) -> str | None:
    if step.instance_type is None:
        return None
    many = step.instance_count and step.instance_count > 1
    return f"{step.instance_type} x {step.instance_count}" if many else step.instance_type


def _when(form: Callable[[float | None], str], value: float | None) -> str | None:
    return None if value is None else form(value)


FACTS: dict[str, Callable[[StepResult], str | None]] = {
    "Ended with": _ending,
    "CPU time is": lambda step: "a lower bound" if step.usage.is_cpu_lower_bound else None,
    "Peak memory": lambda step: step.usage.peak_memory_line,
    "Without files": lambda step: _when(format_bytes, step.usage.peak_anonymous_bytes),
    "Memory limit": lambda step: format_bytes(step.memory_limit_bytes) if step.memory_limit_bytes else "none",
    "Limit held by": lambda step: step.limited_by,
    "Time limit": lambda step: _when(format_seconds, step.time_limit_s),
    "Attempts": lambda step: format_count(step.attempt_count) if step.attempt_count > 1 else None,
    "Samples": lambda step: format_count(step.usage.sample_count) if step.usage.sample_count else "none",
    "Cost of watching": _cost,
    "Most processes": lambda step: format_count(step.usage.peak_process_count),
    "Read": lambda step: format_bytes(step.usage.read_bytes),
    "Written": lambda step: format_bytes(step.usage.written_bytes),
    "Memory method": lambda step: step.usage.peak_memory_method,
    "Isolation": lambda step: step.isolation,
    "Python": lambda step: step.environment,
    "Not comparable": lambda step: "; ".join(step.contention.disturbances) or None if step.contention else None,
    "Measured in run": lambda step: step.reused_from,
}
"""Of a step that had a process; ``None``: nothing to tell."""
_ALWAYS: dict[str, Callable[[StepResult], str | None]] = {
    "Instance": _instance,
    "Stand-in": lambda step: step.stand_in,
}


def facts(step: StepResult) -> dict[str, str | None]:
    """Labels and what stands beside them."""
    had_process = step.had_process
    own = {label: tell(step) if had_process else None for label, tell in FACTS.items()}
    return {label: None if text is None else visible(text) for label, text in (own | _told(step)).items()}


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of a step beside its result; ``read`` is what came to its inputs, by their names."""

    detail: StepDetail | None = None
    series: StepSeries | None = None
    logs: Sequence[LogTail] = ()
    change: StepComparison | None = None
    read: Mapping[str, FlowEdge] = field(default_factory=dict)


def step_record(step: StepResult, beside: Beside) -> dict[str, Any]:
    """One step as the page keeps it, texts made visible."""
    detail = beside.detail
    return {
        "reason": visible(step.reason) if step.reason else None,
        "command": visible(" ".join(step.command)) or None,
        "rerun": visible(detail.rerun) if detail and detail.rerun else None,
        "variables": _pairs(detail.variables) if detail else None,
        "inputs": [_input(each, beside.read.get(each.name)) for each in detail.inputs] if detail else None,
        "outputs": [
            [visible(each.name), visible(each.uri), format_count(each.file_count), format_bytes(each.size_bytes)]
            for each in step.outputs
        ],
        "tables": [_table(each.name, table) for each in step.outputs for table in each.tables or ()][:MOST_TABLES],
        "accesses": [
            [f"{each.service}:{each.operation}", visible(each.uri or ""), each.status, each.request_count]
            for each in step.accesses
        ],
        "compared": [_compared(figure) for figure in beside.change.figures] if beside.change else None,
        "logs": [_log(log) for log in beside.logs],
        "series": _series(beside.series),
        "instance": detail.instance_memory_bytes if detail else None,
    }


def _told(step: StepResult) -> dict[str, str | None]:
    return {label: tell(step) for label, tell in _ALWAYS.items()}


def _pairs(variables: dict[str, str]) -> list[list[str]]:
    return [[visible(name), visible(value)] for name, value in sorted(variables.items())]


def _input(given: StepInput, edge: FlowEdge | None) -> list[str]:
    """Name, origin and place of an input, and how much it held."""
    rows = columns = size = "not known"
    if edge is not None:
        rows = (
            format_count(edge.row_count)
            if edge.row_count is not None
            else "no table"
            if edge.table_count == 0
            else rows
        )
        columns = columns if edge.column_count is None else format_count(edge.column_count)
        size = size if edge.size_bytes is None else format_bytes(edge.size_bytes)
    return [visible(given.name), visible(given.uri), visible(given.path), rows, columns, size]


def _table(output: str, table: TableRecord) -> list[Any]:
    """What a table is called, what is said of it, and its columns: name, type, and what is known of their values."""
    rows = "rows not all counted" if table.row_count is None else f"{format_count(table.row_count)} rows"
    head = f"{rows}, {table.column_count} columns, {table.format}{'' if table.has_header else ' without header'}"
    columns = [[visible(each.name), visible(each.dtype), *_values(each)] for each in table.columns[:MOST_COLUMNS]]
    return [
        visible(f"{output}/{table.path}"),
        f"{head}{f'; {visible(table.problem)}' if table.problem else ''}",
        columns,
    ]


def _values(column: ColumnRecord) -> list[str]:
    """How many values are missing, and between what the others lie; of texts, of people and of nothing no values."""
    if column.is_masked:
        between = "kept back: could be about people"
    elif column.low is not None:
        between = f"{visible(str(column.low))} to {visible(str(column.high))}"
    elif column.longest_bytes is not None:
        between = f"{column.shortest_bytes} to {column.longest_bytes} bytes long"
    else:
        between = ""
    return [format_count(column.null_count), between]


def _compared(figure: FigureComparison) -> list[str]:
    """Look and word of how it stands, then the figure in words."""
    words = told(figure)
    return [*STANDINGS[figure.standing], words.figure, words.before, words.now, words.delta, visible(words.note)]


def _log(log: LogTail) -> list[Any]:
    """Stream, text, where its first error begins and ends (or ``None``), and what was left out before it.

    Places are counted in UTF-16 units, as JavaScript counts.
    """
    text, error = log_text(log.text)
    places = None if error is None else [len(text[:place].encode("utf-16-le")) // 2 for place in error]
    return [log.stream, text, places, format_bytes(log.dropped_bytes) if log.dropped_bytes else None]


def _series(series: StepSeries | None) -> list[float] | None:
    """How many points, the last time, the largest memory and CPU (what a chart shows of them), of how many samples."""
    if series is None:
        return None
    top, busiest = round(largest(series.memory_bytes) / KIB), round(largest(series.cpu_ratio), 3)
    return [len(series.elapsed_s), round(end_s(series), 3), top, busiest, series.sample_count]
