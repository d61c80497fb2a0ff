"""When a duty is due, and what a period's runs say. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from cursus_readiness.analysis.history import history_of
from cursus_readiness.analysis.machines import differences
from cursus_readiness.model.care import CareRecord, CareReview, CareState, Duty, ScenarioReview
from cursus_readiness.model.comparison import Standing, Tolerance
from cursus_readiness.model.health import HealthReport
from cursus_readiness.model.history import HistoryEntry, Trend
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import StepStatus

_AHEAD = timedelta(minutes=5)  # clocks of two machines are never quite the same


def state_of(duty: Duty, records: Sequence[CareRecord], now: datetime, problem: str | None = None) -> CareState:
    """Whether a duty is due, by the newest record of it. One of the future is no evidence, and said to be none."""
    mine = sorted((item for item in records if item.duty == duty.id), key=lambda item: item.done_at)
    past = [item for item in mine if item.done_at <= now + _AHEAD]
    if len(past) < len(mine):
        problem = f"the record of {mine[-1].done_at:%Y-%m-%d %H:%M} lies in the future"
    if not past:
        return CareState(duty=duty, is_due=True, problem=problem)
    last = past[-1]
    due_at = last.done_at + timedelta(days=duty.every_days)
    return CareState(duty=duty, done_at=last.done_at, by=last.by, due_at=due_at, is_due=due_at <= now, problem=problem)


def review_of(
    duty: Duty,
    entries: Sequence[HistoryEntry],
    *,
    now: datetime,
    newest: ReadinessReport | None,
    health: HealthReport | None,
    time: Tolerance,
    memory: Tolerance,
) -> CareReview:
    """What happened since ``every_days`` ago, beside what is known of before; ``entries`` have the newest first."""
    since = now - timedelta(days=duty.every_days)
    recent = [entry for entry in entries if entry.started_at is not None and since <= entry.started_at <= now + _AHEAD]
    summaries = [entry.summary for entry in recent if entry.summary is not None]
    ids = {entry.run_id for entry in recent}
    trends = history_of(entries, time=time, memory=memory).trends
    before = next(
        (it.summary for it in entries if it.summary and it.started_at and it.started_at < since),
        summaries[-1] if summaries else None,
    )
    return CareReview(
        duty=duty,
        since=since,
        until=now,
        verdicts=dict(Counter(item.newest.verdict for item in summaries if item.newest.is_complete)),
        incomplete_count=sum(not item.newest.is_complete for item in summaries),
        unreadable=tuple(f"{entry.run_id}: {entry.problem}" for entry in recent if entry.summary is None),
        newest=summaries[0].newest if summaries else None,
        scenarios=tuple(_scenario(trend, ids) for trend in trends if any(it.run_id in ids for it in trend.points)),
        regressions=_regressions(newest) if newest else (),
        recommendations=newest.recommendations if newest else (),
        changes=differences(before.environment, summaries[0].environment) if before and summaries else (),
        not_executed=_not_executed(newest) if newest else (),
        health=health,
    )


def _scenario(trend: Trend, ids: set[str]) -> ScenarioReview:
    recent = [point for point in trend.points if point.run_id in ids]
    before = [point for point in trend.points if point.run_id not in ids]
    shifts = {trend.points[place].run_id for place in (*trend.wall_shifts, *trend.memory_shifts)}
    peak, peak_before = (_middle([it.peak_memory_bytes for it in points]) for points in (recent, before))
    return ScenarioReview(
        scenario_name=trend.scenario_name,
        run_count=len(recent),
        passed_count=sum(point.success is True for point in recent),
        wall_s=_middle([point.wall_s for point in recent]),
        wall_before_s=_middle([point.wall_s for point in before]),
        peak_memory_bytes=None if peak is None else round(peak),
        peak_memory_before_bytes=None if peak_before is None else round(peak_before),
        has_shifted=bool(shifts & ids),
    )


def _middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _regressions(report: ReadinessReport) -> tuple[str, ...]:
    """Figures of the newest run that are worse than the baseline's: proven, or maybe."""
    if report.comparison is None:
        return ()
    return tuple(
        f"{scenario.scenario_name} / {step.step_name}: {item.figure.value} {item.standing.value}"
        + (f" ({item.note})" if item.note else "")
        for standing in (Standing.REGRESSED, Standing.SUSPECT)
        for scenario in report.comparison.scenarios
        for step in scenario.steps
        for item in step.figures
        if item.standing is standing
    )


def _not_executed(report: ReadinessReport) -> tuple[str, ...]:
    return tuple(
        f"{scenario.scenario_name} / {step.step_name} ({step.step_type})"
        for scenario in report.scenarios
        for step in scenario.steps
        if step.status is StepStatus.NOT_EXECUTED
    )
