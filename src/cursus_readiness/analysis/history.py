"""How figures of scenarios went on from run to run. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from cursus_readiness.analysis.standing import is_beyond
from cursus_readiness.model.comparison import Tolerance
from cursus_readiness.model.history import History, HistoryEntry, Trend, TrendPoint
from cursus_readiness.model.summary import ScenarioSummary

LARGEST_RUN_COUNT = 500
LARGEST_TREND_COUNT = 40
LONGEST_TREND = 100
_WINDOW = 5  # any five values that all lie above the five before do so by chance in 1 of 252 cases


def history_of(entries: Sequence[HistoryEntry], *, time: Tolerance, memory: Tolerance) -> History:
    """What a page can show of runs, the newest first; what it leaves out is counted."""
    points: dict[str, list[TrendPoint]] = {}
    for entry in reversed(entries):
        for scenario in entry.summary.scenarios if entry.summary else ():
            points.setdefault(scenario.scenario_name, []).append(_point(entry, scenario))
    newest_first = sorted(points, key=lambda name: points[name][-1].run_id, reverse=True)
    shown = sorted(newest_first[:LARGEST_TREND_COUNT])
    return History(
        entries=tuple(entries[:LARGEST_RUN_COUNT]),
        entries_left_out=max(len(entries) - LARGEST_RUN_COUNT, 0),
        trends=tuple(_trend(name, points[name][-LONGEST_TREND:], time, memory) for name in shown),
        trends_left_out=len(points) - len(shown),
    )


def level_shifts(values: Sequence[float | None], tolerance: Tolerance) -> tuple[int, ...]:
    """The places from which on values lie on another level: all of the next five beyond all of the five before.

    Of neighbouring places the one with the clearest step is taken. ``None`` is *not measured* and left out.
    """
    measured = [(place, value) for place, value in enumerate(values) if value is not None]
    found: list[tuple[int, float]] = []
    for middle in range(_WINDOW, len(measured) - _WINDOW + 1):
        before = [value for _, value in measured[middle - _WINDOW : middle]]
        after = [value for _, value in measured[middle : middle + _WINDOW]]
        gap = max(min(after) - max(before), min(before) - max(after))
        if gap <= 0 or not is_beyond(median(before), median(after), tolerance):
            continue
        if found and middle - found[-1][0] < _WINDOW:
            if gap > found[-1][1]:
                found[-1] = (middle, gap)
            continue
        found.append((middle, gap))
    return tuple(measured[middle][0] for middle, _ in found)


def _trend(name: str, points: Sequence[TrendPoint], time: Tolerance, memory: Tolerance) -> Trend:
    return Trend(
        scenario_name=name,
        points=tuple(points),
        wall_shifts=level_shifts([point.wall_s for point in points], time),
        memory_shifts=level_shifts([point.peak_memory_bytes for point in points], memory),
    )


def _point(entry: HistoryEntry, scenario: ScenarioSummary) -> TrendPoint:
    """A scenario of an incomplete run, or one that reused steps, has no time of its own."""
    is_whole = entry.summary is not None and entry.summary.newest.is_complete
    has_run = is_whole and scenario.problem is None
    return TrendPoint(
        run_id=entry.run_id,
        success=scenario.success if has_run else None,
        wall_s=scenario.wall_s if has_run and not scenario.steps_reused else None,
        peak_memory_bytes=scenario.peak_memory_bytes if has_run else None,
    )
