"""What was monitored, as a page of its own: no script, and nothing from anywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cursus_readiness.model.attachments import StepSeries
from cursus_readiness.model.audit import OptimizationRecommendation
from cursus_readiness.model.result import PerformanceMetrics
from cursus_readiness.render.assets import policy
from cursus_readiness.render.text import measured, visible
from cursus_readiness.resources import templates_dir
from cursus_readiness.units import MIB, format_bytes, format_ratio, format_seconds

_WIDTH, _HEIGHT = 600, 80


def render_monitor(
    what: str,
    metrics: PerformanceMetrics,
    diagnosis: Mapping[str, Any] | None,
    series: StepSeries | None,
    recommendations: Sequence[OptimizationRecommendation],
) -> str:
    """The page of one monitoring; ``what`` says of what."""
    folder = templates_dir()
    style = (folder / "assets" / "plain.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    return environment.get_template("monitor.html.jinja").render(
        what=what,
        policy=policy(scripts=(), styles=(style,)),
        style=Markup(style),  # noqa: S704 - our own file
        figures=figures(metrics, diagnosis),
        charts=_charts(series) if series else [],
        recommendations=recommendations,
        width=_WIDTH,
        height=_HEIGHT,
    )


def figures(metrics: PerformanceMetrics, diagnosis: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Each figure with its name; what was not measured says so."""
    found = [
        ("time", format_seconds(measured(metrics.execution_time_seconds))),
        ("CPU", _percent(metrics.cpu_usage_percent)),
        ("memory, mean", _mebibytes(metrics.memory_usage_mb)),
        ("memory, peak", _mebibytes(metrics.memory_peak_mb)),
        ("read from storage", _mebibytes(metrics.disk_io_read_mb)),
        ("written to storage", _mebibytes(metrics.disk_io_write_mb)),
        ("processes at most", str(metrics.concurrent_tasks)),
    ]
    if diagnosis is not None:
        shares = ("computing", "storage_wait", "idle")
        found += [(f"time {name.replace('_', ' ')}", format_ratio(diagnosis[f"{name}_ratio"])) for name in shares]
    return found


def _percent(value: float) -> str:
    return "not measured" if measured(value) is None else f"{value:.0f} % of one core"


def _mebibytes(value: float) -> str:
    return format_bytes(None if measured(value) is None else value * MIB)


def _charts(series: StepSeries) -> list[tuple[str, str, str]]:
    """Title, the points of a line, and what its top means."""
    return [
        ("Memory", *_line(series.elapsed_s, series.memory_bytes, format_bytes)),
        ("Busy cores", *_line(series.elapsed_s, series.cpu_ratio, lambda value: f"{value:.2g}")),
    ]


def _line(times: Sequence[float], values: Sequence[float], form: Any) -> tuple[str, str]:
    top, end = max(values) or 1, times[-1] or 1
    points = (
        f"{_WIDTH * at / end:.1f},{_HEIGHT * (1 - value / top):.1f}" for at, value in zip(times, values, strict=True)
    )
    return " ".join(points), form(max(values))
