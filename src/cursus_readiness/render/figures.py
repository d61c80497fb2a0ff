"""The common parts of the figures: colours, hatches, axes, and names made safe for plotly.js."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from cursus_readiness.model.result import StepStatus
from cursus_readiness.render.text import visible

Figure = dict[str, Any]

CONFIG: Figure = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d"],  # the first uploads the chart
    "plotlyServerURL": "",
    "responsive": True,
}
INK, MUTED, GRID, PAPER = "#1b2430", "#56616f", "#dfe4ea", "#ffffff"
LIMIT, WAITING, STAGING = "#b3261e", "#cfd6de", "#93a1b1"
LOOKS: dict[StepStatus, tuple[str, str]] = {  # colour and hatch: never colour alone
    StepStatus.SUCCEEDED: ("#2f6db5", ""),
    StepStatus.FLAKY: ("#0b7a75", "."),
    StepStatus.FAILED: ("#b3261e", "/"),
    StepStatus.TIMED_OUT: ("#b25e09", "-"),
    StepStatus.OUT_OF_MEMORY: ("#86288f", "x"),
    StepStatus.INTERRUPTED: ("#56616f", "|"),
}
LINES = ("#2f6db5", "#0b7a75")
DARK = {
    INK: "#e7ecf2",
    MUTED: "#a5b0bd",
    GRID: "#2c3641",
    PAPER: "#171d25",
    LIMIT: "#ff8f80",
    WAITING: "#3c4855",
    STAGING: "#76869a",
    "#2f6db5": "#74aaf0",
    "#0b7a75": "#4cc9bd",
    "#b25e09": "#f0b25e",
    "#86288f": "#dd8fe6",
}
"""Colours of the light theme, and what the page puts in their place in the dark one."""

_WORTH_SHOWING = 0.2


def label(text: str, length: int = 34) -> str:
    """A name as plotly.js shows it literally: shortened in the middle, markup and hidden characters defused."""
    shown = visible(" ".join(text.split()))
    if len(shown) > length:
        shown = f"{shown[: length // 2]}\u2026{shown[1 - length // 2 :]}"
    return escape(shown, quote=False)


def words(status: StepStatus) -> str:
    """A status as people write it."""
    return status.value.replace("_", " ")


def figure(data: Sequence[Figure], row_count: int | None = None) -> Figure:
    """Traces (those without a point are left out) with the layout that all charts share.

    ``row_count`` makes a chart of horizontal bars as tall as they need.
    """
    axis = {"gridcolor": GRID, "zerolinecolor": GRID, "linecolor": GRID, "automargin": True}
    return {
        "data": [trace for trace in data if trace["y"]],
        "layout": {
            "autosize": True,
            "barmode": "overlay",
            "dragmode": "zoom",
            "font": {"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 12, "color": INK},
            "height": 300 if row_count is None else 96 + 26 * max(row_count, 2),
            "hoverlabel": {"align": "left", "bgcolor": PAPER, "bordercolor": MUTED, "font": {"color": INK}},
            "hovermode": "closest",
            "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "itemclick": False},
            "margin": {"l": 56, "r": 16, "t": 38, "b": 46},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": MUTED, "activecolor": INK},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": True,
            "xaxis": dict(axis),
            "yaxis": dict(axis),
        },
    }


def bars(name: str, look: tuple[str, str], parts: Sequence[tuple[int, float, float, str]]) -> Figure:
    """Horizontal bars of one kind: row, beginning, length, and what hovering says."""
    colour, hatch = look
    marker: Figure = {"color": colour, "line": {"width": 0}}
    if hatch:
        marker["pattern"] = {"shape": hatch, "fgcolor": PAPER, "fillmode": "overlay", "size": 7, "solidity": 0.35}
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "marker": marker,
        "width": 0.64,
        "y": [row for row, _, _, _ in parts],
        "base": [round(start, 3) for _, start, _, _ in parts],
        "x": [round(length, 3) for _, _, length, _ in parts],
        "customdata": [hover for _, _, _, hover in parts],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def remarks(
    rows: Sequence[int], texts: Sequence[str], symbols: Sequence[str], hovers: Sequence[str], *, at: float
) -> Figure:
    """Words in rows that have no bar: a hollow mark clear of the axis (``at``), and what it stands for."""
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "no bar",
        "showlegend": False,
        "cliponaxis": False,
        "x": [round(at, 4) for _ in rows],
        "y": list(rows),
        "text": [f"  {label(text, 90)}" for text in texts],
        "textposition": "middle right",
        "textfont": {"color": MUTED},
        "marker": {"symbol": list(symbols), "size": 9, "color": MUTED, "line": {"width": 2}},
        "customdata": list(hovers),
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def left_margin(names: Sequence[str]) -> int:
    """Room for the names of rows; charts below a timeline take the same, so that equal times stand below each other."""
    return 22 + 7 * max((min(len(name), 34) for name in names), default=0)


def bound(name: str, colour: str, x: Sequence[float | None], y: Sequence[float | None]) -> Figure:
    """A dashed line that values are held against; ``None`` interrupts it."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(x),
        "y": list(y),
        "line": {"color": colour, "dash": "dash", "width": 2},
        "hovertemplate": f"{name}: %{{y:,.0f}}<extra></extra>",
    }


def name_rows(made: Figure, names: Sequence[str]) -> None:
    """Give a figure an axis with a name per row, the first on top."""
    made["layout"]["margin"]["l"] = left_margin(names)
    made["layout"]["yaxis"] |= {
        "automargin": False,
        "range": [max(len(names), 2) - 0.5, -0.5],
        "showgrid": False,
        "ticklabelstandoff": 9,
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": [label(name) for name in names],
        "zeroline": False,
    }


def time_axis(span_s: float) -> Figure:
    """Seconds since the start of the scenario."""
    return {"range": [0, round(span_s, 3)], "title": titled("seconds since the scenario began")}


def titled(text: str) -> Figure:
    """The title of an axis, no larger than its numbers."""
    return {"text": text, "font": {"size": 12, "color": MUTED}, "standoff": 8}


def scales(data_top: float, limit_tops: Sequence[float]) -> Figure:
    """The two ranges of an axis: to the data, and to the limit; ``shown`` is the one that tells more at first."""
    limit_top = max([data_top, *limit_tops])
    has_room = not limit_tops or data_top >= _WORTH_SHOWING * limit_top
    return {
        "data": [0, round(data_top, 2)],
        "limit": [0, round(limit_top, 2)] if limit_tops else None,
        "shown": "limit" if limit_tops and has_room else "data",
    }


def faded(colour: str) -> str:
    """A colour for the area below a line."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.12)"
