"""``index.html``: every run of a folder, and how its scenarios went on, as one page without a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from markupsafe import Markup

from cursus_readiness.model.history import History, HistoryEntry, Trend, TrendPoint
from cursus_readiness.model.verdict import Verdict
from cursus_readiness.render.assets import policy
from cursus_readiness.render.sparks import Spark, Strip, spark, strip
from cursus_readiness.render.templating import templates
from cursus_readiness.resources import templates_dir

_LOOKS = {
    Verdict.READY: "pass",
    Verdict.READY_WITH_WAIVERS: "waived",
    Verdict.NOT_READY: "fail",
    Verdict.INCONCLUSIVE: "open",
}


@dataclass(frozen=True, slots=True)
class RunView:
    """One row: a run with its largest peak; a run that cannot be read has no summary."""

    entry: HistoryEntry
    href: str | None
    look: str
    passed_count: int
    peak_bytes: int | None


@dataclass(frozen=True, slots=True)
class TrendView:
    """One scenario from run to run."""

    trend: Trend
    outcomes: Strip
    passed_count: int
    known_count: int
    wall: Spark
    memory: Spark

    @property
    def last(self) -> TrendPoint:
        """The newest run of the scenario."""
        return self.trend.points[-1]


def render_index(history: History) -> str:
    """The page; the same folder gives the same bytes."""
    style, script = _asset("index.css"), _asset("index.js")
    return (
        templates()
        .get_template("index.html.jinja")
        .render(
            history=history,
            runs=[_run(entry) for entry in history.entries],
            trends=[_trend(trend) for trend in history.trends],
            style=Markup(style),  # noqa: S704 - it comes with the package
            script=Markup(script),  # noqa: S704 - it comes with the package
            policy=policy(scripts=(script,), styles=(style,)),
        )
    )


def _run(entry: HistoryEntry) -> RunView:
    scenarios = entry.summary.scenarios if entry.summary else ()
    peaks = [item.peak_memory_bytes for item in scenarios if item.peak_memory_bytes is not None]
    return RunView(
        entry=entry,
        href=f"{quote(entry.run_id)}/readiness.html" if entry.has_page else None,
        look=_LOOKS[entry.summary.newest.verdict] if entry.summary else "broken",
        passed_count=sum(item.success for item in scenarios),
        peak_bytes=max(peaks, default=None),
    )


def _trend(trend: Trend) -> TrendView:
    outcomes: Sequence[bool | None] = [point.success for point in trend.points]
    return TrendView(
        trend=trend,
        outcomes=strip(outcomes),
        passed_count=outcomes.count(True),
        known_count=len(outcomes) - outcomes.count(None),
        wall=spark([point.wall_s for point in trend.points], trend.wall_shifts),
        memory=spark([point.peak_memory_bytes for point in trend.points], trend.memory_shifts),
    )


@cache
def _asset(name: str) -> str:
    return (templates_dir() / "assets" / name).read_text(encoding="utf-8")
