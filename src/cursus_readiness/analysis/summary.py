"""A judged run in short, and several runs of the same code as one."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence

from cursus_readiness.analysis.machines import obstacles
from cursus_readiness.model.report import ReadinessReport, RunEnvironment
from cursus_readiness.model.result import E2ETestResult, OutputRecord, StepKind, StepResult, StepStatus
from cursus_readiness.model.rule import RuleResult, metrics_of
from cursus_readiness.model.summary import Measurement, RunStamp, RunSummary, ScenarioSummary, StepSummary
from cursus_readiness.units import MIB


def summary_of(report: ReadinessReport) -> RunSummary:
    """What a run measured, in short; durations to the millisecond."""
    stamp = RunStamp(
        run_id=report.run_id,
        started_at=report.started_at,
        wall_s=_rounded(report.wall_s),
        verdict=report.verdict,
        reason=report.reason,
        is_complete=report.is_complete,
        is_selection=bool(report.settings.only or report.settings.tags),
    )
    scenarios = tuple(_scenario(scenario, report.run_id) for scenario in report.scenarios)
    return RunSummary(runs=(stamp,), environment=report.environment, scenarios=scenarios)


def together(summaries: Sequence[RunSummary]) -> RunSummary:
    """Runs as one: the newest, with what the others measured of the steps that are the same there."""
    ordered = sorted(summaries, key=lambda item: (item.newest.started_at, item.newest.run_id))
    newest = ordered[-1]
    found = [_same_steps(other, newest) for other in ordered[:-1]]

    def pooled(scenario: str, step: StepSummary) -> StepSummary:
        measured = [item for same in found for item in same.get((scenario, step.step_name), ())]
        return step.model_copy(update={"measurements": (*measured, *step.measurements)})

    scenarios = [
        item.model_copy(update={"steps": tuple(pooled(item.scenario_name, step) for step in item.steps)})
        for item in newest.scenarios
    ]
    return newest.model_copy(
        update={"runs": tuple(item.newest for item in ordered), "scenarios": tuple(scenarios)},
    )


def repeats_of(summary: RunSummary, earlier: Iterable[RunSummary]) -> list[RunSummary]:
    """The earlier runs that executed at least one step that is the same, on a machine that is the same."""
    return [
        other
        for other in earlier
        if other.newest.is_complete
        and other.newest.started_at < summary.newest.started_at
        and not obstacles(other.environment, summary.environment)
        and _same_steps(other, summary)
    ]


def _scenario(result: E2ETestResult, run_id: str) -> ScenarioSummary:
    has_run = result.total_duration > 0  # 0 and NaN are those of a scenario that never started
    peak_mib = result.peak_memory_usage
    return ScenarioSummary(
        scenario_name=result.scenario_name,
        success=result.success,
        problem=result.problem,
        wall_s=_rounded(result.total_duration) if has_run else None,
        peak_memory_bytes=None if math.isnan(peak_mib) else round(peak_mib * MIB),
        steps_executed=result.steps_executed,
        steps_reused=sum(step.status is StepStatus.REUSED for step in result.steps),
        steps_failed=result.steps_failed,
        steps=tuple(_step(step, run_id, result.rules) for step in result.steps),
    )


def _step(step: StepResult, run_id: str, rules: Iterable[RuleResult]) -> StepSummary:
    outputs = step.outputs if step.status.has_succeeded else ()
    is_measured = step.status is StepStatus.SUCCEEDED and step.kind is StepKind.PROCESS
    return StepSummary(
        step_name=step.step_name,
        step_type=step.step_type,
        status=step.status,
        reused_from=step.reused_from,
        fingerprint=step.fingerprint,
        command_digest=_digest(step) if step.command else None,
        output_rows=_rows(outputs),
        output_bytes=sum(item.size_bytes for item in outputs) if outputs else None,
        metrics=metrics_of(rule for rule in rules if rule.step == step.step_name),
        measurements=(_measurement(step, run_id),) if is_measured else (),
    )


def _measurement(step: StepResult, run_id: str) -> Measurement:
    return Measurement(
        run_id=run_id,
        wall_s=_rounded(step.wall_s),
        cpu_s=_rounded(step.usage.cpu_s),
        peak_memory_bytes=step.usage.peak_memory_bytes,
        peak_memory_lower_bytes=step.usage.peak_memory_lower_bytes,
        peak_memory_upper_bytes=step.usage.peak_memory_upper_bytes,
        disturbances=step.contention.disturbances if step.contention else (),
    )


def _rows(outputs: Sequence[OutputRecord]) -> int | None:
    counted = [item.row_count for item in outputs if item.row_count is not None]
    return sum(counted) if counted else None


def _digest(step: StepResult) -> str:
    return hashlib.sha256(json.dumps([step.step_type, *step.command]).encode()).hexdigest()[:16]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _same_steps(other: RunSummary, newest: RunSummary) -> dict[tuple[str, str], tuple[Measurement, ...]]:
    """What another run measured of the steps that did the same: of the same commit, or with the same fingerprint."""
    is_same_commit = _is_same_commit(other.environment, newest.environment)
    now = {(scenario.scenario_name, step.step_name): step for scenario in newest.scenarios for step in scenario.steps}
    found = {}
    for scenario in other.scenarios:
        for step in scenario.steps:
            twin = now.get((scenario.scenario_name, step.step_name))
            if twin is None or not step.measurements:
                continue
            if is_same_commit or (step.fingerprint is not None and step.fingerprint == twin.fingerprint):
                found[scenario.scenario_name, step.step_name] = step.measurements
    return found


def _is_same_commit(one: RunEnvironment, other: RunEnvironment) -> bool:
    return one.commit is not None and one.commit == other.commit and not (one.is_commit_dirty or other.is_commit_dirty)
