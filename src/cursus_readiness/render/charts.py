"""Figures for plotly.js as plain data: what was measured is drawn; what was not is said in words, or left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cursus_readiness.model.attachments import StepSeries
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from cursus_readiness.render.figures import (
    INK,
    LIMIT,
    LINES,
    LOOKS,
    MUTED,
    STAGING,
    WAITING,
    Figure,
    bars,
    bound,
    faded,
    figure,
    label,
    left_margin,
    name_rows,
    remarks,
    scales,
    time_axis,
    titled,
    words,
)
from cursus_readiness.render.text import measured
from cursus_readiness.units import MIB, format_bytes, format_ratio, format_seconds

SERIES_LIMIT = 120
BAR_LIMIT = 60
_SYMBOLS = {StepStatus.BLOCKED: "diamond-open", StepStatus.REUSED: "square-open", StepStatus.FAILED: "x-thin-open"}


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure with its words; ``kind`` is timeline, memory, cpu or peaks."""

    kind: str
    title: str
    note: str
    figure: Figure


def scenario_charts(scenario: E2ETestResult, series: Sequence[StepSeries], cpu_count: int | None) -> list[Chart]:
    """The charts of a scenario for which there is anything to draw."""
    steps = {step.step_name: step for step in scenario.steps}
    placed = [
        item for item in series if item.elapsed_s and item.step in steps and _start_s(steps[item.step]) is not None
    ]
    drawn = _most_telling(placed, steps)
    is_short = len(drawn) < len(placed)
    note = f"{len(drawn)} of {len(placed)} steps: failed ones, the hungriest, the longest. " if is_short else ""
    charts = [_timeline(scenario.steps)] if scenario.steps else []
    if drawn:
        span_s = _span_s(scenario.steps)
        charts += [_memory(drawn, steps, span_s, note), _cpu(drawn, steps, span_s, note, cpu_count)]
    if any(step.usage.peak_memory_bytes is not None for step in scenario.steps):
        charts.append(_peaks(scenario.steps))
    return charts


def _timeline(steps: Sequence[StepResult]) -> Chart:
    rows = list(enumerate(steps))
    timed = [(row, step, start) for row, step in rows if (start := _start_s(step)) is not None]
    absent = [(row, step) for row, step in rows if _start_s(step) is None]
    data = [bars("waiting", (WAITING, ""), _waits(timed)), bars("staging", (STAGING, ""), _stagings(timed))]
    for status, look in LOOKS.items():
        parts = [(row, start, step.wall_s or 0.0, _hover(step)) for row, step, start in timed if step.status is status]
        data.append({**bars(words(status), look, parts), **_said(status, len(parts))})
    data.append(
        remarks(
            [row for row, _ in absent],
            [f"{words(step.status)}: {step.reason}" if step.reason else words(step.status) for _, step in absent],
            [_SYMBOLS.get(step.status, "circle-open") for _, step in absent],
            [_hover(step) for _, step in absent],
            at=0.008 * _span_s(steps),
        )
    )
    made = figure(data, len(steps))
    made["layout"]["xaxis"] |= time_axis(_span_s(steps))
    name_rows(made, [step.step_name for step in steps])
    note = (
        "Waiting: everything the step depends on had ended, and it was not its turn yet; first steps wait for data. "
        "Staging: its inputs are placed; earlier attempts count as that, too."
    )
    return Chart("timeline", "Timeline of steps", note, made)


def _memory(series: Sequence[StepSeries], steps: Mapping[str, StepResult], span_s: float, note: str) -> Chart:
    data, views, limit_x, limit_y = [], [], [], []
    for number, item in enumerate(series):
        step = steps[item.step]
        trace = _line(number, item, step, [value / MIB for value in item.memory_bytes], "MiB")
        largest = max(trace["y"])
        view = {
            "name": label(item.step, 60),
            "x": [trace["x"][0], trace["x"][-1]],
            "data": [0, round(largest * 1.1, 2)],
        }
        if step.memory_limit_bytes is not None:
            limit = round(step.memory_limit_bytes / MIB, 2)
            limit_x += [*view["x"], None]
            limit_y += [limit, limit, None]
            view["limit"] = [0, round(max(limit, largest) * 1.1, 2)]
        data.append(trace)
        views.append(view)
    data.append(bound("memory limit", LIMIT, limit_x, limit_y))
    made = figure(data)
    ranges = scales(max(view["data"][1] for view in views), [view["limit"][1] for view in views if "limit" in view])
    made["layout"]["meta"] = {"scales": ranges, "views": views}
    made["layout"]["xaxis"] |= time_axis(span_s)
    made["layout"]["margin"]["l"] = max(left_margin(list(steps)), 56)
    made["layout"]["yaxis"] |= {"title": titled("MiB"), "range": ranges[ranges["shown"]]}
    said = "Memory of the whole process tree at each sample; the recorded peak can lie between two samples."
    return Chart("memory", "Memory over time", note + said, made)


def _cpu(
    series: Sequence[StepSeries], steps: Mapping[str, StepResult], span_s: float, note: str, cpu_count: int | None
) -> Chart:
    data = []
    for number, item in enumerate(series):
        data.append(_line(number, item, steps[item.step], [measured(value) for value in item.cpu_ratio], "busy cores"))
    busiest = max((value for trace in data for value in trace["y"] if value is not None), default=0.0)
    top = max(busiest * 1.1, 1.1)
    if cpu_count and cpu_count <= 2 * top:
        top = max(top, cpu_count * 1.1)
        name = f"cores of this machine ({cpu_count})"
        data.append(bound(name, MUTED, [0, round(span_s, 3)], [cpu_count, cpu_count]))
    made = figure(data)
    made["layout"]["xaxis"] |= time_axis(span_s)
    made["layout"]["margin"]["l"] = max(left_margin(list(steps)), 56)
    made["layout"]["yaxis"] |= {"title": titled("busy cores"), "range": [0, round(top, 3)]}
    return Chart("cpu", "CPU over time", note + "Cores kept busy between one sample and the next.", made)


def _peaks(steps: Sequence[StepResult]) -> Chart:
    executed = [step for step in steps if step.had_process or step.usage.peak_memory_bytes is not None]
    ranked = sorted(executed, key=lambda step: (-(step.usage.peak_memory_bytes or -1), step.step_name))
    rows = list(enumerate(ranked[:BAR_LIMIT]))
    known = [(row, step, peak) for row, step in rows if (peak := step.usage.peak_memory_bytes) is not None]
    limits = [(row, step.memory_limit_bytes / MIB) for row, step in rows if step.memory_limit_bytes is not None]
    unknown = [(row, step) for row, step in rows if step.usage.peak_memory_bytes is None]
    ranges = scales(max(peak for _, _, peak in known) / MIB * 1.35, [limit * 1.35 for _, limit in limits])
    data = [_peak_bars(status, [part for part in known if part[1].status is status]) for status in LOOKS]
    data.append(
        remarks(
            [row for row, _ in unknown],
            ["not measured" for _ in unknown],
            ["circle-open" for _ in unknown],
            [_hover(step) for _, step in unknown],
            at=0.008 * ranges[ranges["shown"]][1],
        )
    )
    data.append(
        {
            "type": "scatter",
            "mode": "markers",
            "name": "memory limit",
            "x": [round(limit, 2) for _, limit in limits],
            "y": [row for row, _ in limits],
            "marker": {"symbol": "line-ns-open", "size": 16, "color": LIMIT, "line": {"width": 3, "color": LIMIT}},
            "hovertemplate": "limit: %{x:,.0f} MiB<extra></extra>",
        }
    )
    made = figure(data, len(rows))
    made["layout"]["meta"] = {"scales": ranges}
    made["layout"]["xaxis"] |= {"title": titled("MiB"), "range": ranges[ranges["shown"]]}
    name_rows(made, [step.step_name for _, step in rows])
    left = len(ranked) - len(rows)
    note = f"The {left} steps with smaller peaks are in the table. " if left else ""
    return Chart("peaks", "Peak memory of each executed step", f"{note}Largest first, with the limit of each.", made)


def _peak_bars(status: StepStatus, parts: Sequence[tuple[int, StepResult, int]]) -> Figure:
    texts = []
    for _, step, peak in parts:
        limit = step.memory_limit_bytes
        texts.append(
            f"{format_bytes(peak)}, {format_ratio(peak / limit)} of {format_bytes(limit)}"
            if limit
            else format_bytes(peak)
        )
    drawn = bars(words(status), LOOKS[status], [(row, 0.0, peak / MIB, _hover(step)) for row, step, peak in parts])
    return {
        **drawn,
        "text": texts,
        "textposition": "outside",
        "textangle": 0,
        "cliponaxis": False,
        "constraintext": "none",
    }


def _line(number: int, item: StepSeries, step: StepResult, values: Sequence[float | None], unit: str) -> Figure:
    """The samples of a step at the time at which it ran; neighbours differ in tint, failures in colour."""
    start_s = _start_s(step) or 0.0
    colour = LINES[number % 2] if step.status.has_succeeded else LOOKS[step.status][0]
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(values) < 4 else "lines",
        "name": label(item.step, 60),
        "showlegend": False,
        "x": [round(start_s + elapsed_s, 3) for elapsed_s in item.elapsed_s],
        "y": [None if value is None else round(value, 2) for value in values],
        "line": {"color": colour, "width": 1.6},
        "fill": "tozeroy",
        "fillcolor": faded(colour),
        "hovertemplate": f"<b>%{{fullData.name}}</b><br>%{{y:,.1f}} {unit} at %{{x:.1f}} s<extra></extra>",
    }


def _said(status: StepStatus, count: int) -> Figure:
    """What is written on a bar: how the step ended, unless it ended well."""
    if status is StepStatus.SUCCEEDED:
        return {"textposition": "none"}
    return {
        "text": [words(status)] * count,
        "textposition": "outside",
        "textangle": 0,
        "cliponaxis": False,
        "constraintext": "none",
        "outsidetextfont": {"color": INK},
    }


def _start_s(step: StepResult) -> float | None:
    """When the process of a step began, from the start of the scenario; ``None`` when it has no measured time."""
    if not step.had_process or step.offset_s is None or step.wall_s is None:
        return None
    return step.offset_s if step.process_offset_s is None else step.process_offset_s


def _span_s(steps: Sequence[StepResult]) -> float:
    """The time that the charts of a scenario cover, with room for the words behind bars that did not end well."""
    end_s = max(((_start_s(step) or 0.0) + (step.wall_s or 0.0) for step in steps), default=0.0)
    has_words = any(step.status.was_executed and step.status is not StepStatus.SUCCEEDED for step in steps)
    return max(end_s, 0.01) * (1.12 if has_words else 1.03)


def _waits(timed: Sequence[tuple[int, StepResult, float]]) -> list[tuple[int, float, float, str]]:
    """From the end of the last step that a step depends on to its own beginning."""
    ends = {step.step_name: start + (step.wall_s or 0.0) for _, step, start in timed}
    parts = []
    for row, step, _ in timed:
        ready_s = max((ends.get(name, 0.0) for name in step.depends_on), default=0.0)
        wait_s = (step.offset_s or 0.0) - ready_s
        if wait_s > 0:
            parts.append(
                (row, ready_s, wait_s, f"<b>{label(step.step_name, 60)}</b><br>waited {format_seconds(wait_s)}")
            )
    return parts


def _stagings(timed: Sequence[tuple[int, StepResult, float]]) -> list[tuple[int, float, float, str]]:
    return [
        (
            row,
            step.offset_s or 0.0,
            start - (step.offset_s or 0.0),
            f"<b>{label(step.step_name, 60)}</b><br>staged {format_seconds(start - (step.offset_s or 0.0))}",
        )
        for row, step, start in timed
        if start > (step.offset_s or 0.0)
    ]


def _hover(step: StepResult) -> str:
    lines = [f"<b>{label(step.step_name, 60)}</b>", words(step.status)]
    if step.had_process:
        lines.append(f"wall time {format_seconds(step.wall_s)}")
        lines.append(f"peak memory {format_bytes(step.usage.peak_memory_bytes)}")
    if step.reason:
        lines.append(label(step.reason, 90))
    return "<br>".join(lines)


def _most_telling(series: Sequence[StepSeries], steps: Mapping[str, StepResult]) -> list[StepSeries]:
    """At most ``SERIES_LIMIT`` series in their order: of failed steps first, then the hungriest and the longest."""

    def rank(item: StepSeries) -> tuple[bool, float]:
        step = steps[item.step]
        weight = max(item.memory_bytes, default=0) / MIB * (1 + (step.wall_s or 0.0))
        return step.status.has_succeeded, -weight

    chosen = {id(item) for item in sorted(series, key=rank)[:SERIES_LIMIT]}
    return [item for item in series if id(item) in chosen]
