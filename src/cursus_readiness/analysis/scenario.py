"""Summarise a stored scenario as an E2ETestResult."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from cursus_readiness.analysis.critical_path import critical_path
from cursus_readiness.analysis.lineage import data_flow
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.lineage import DataFlow
from cursus_readiness.model.plan import Plan, PlannedStep
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.store.reading import StoredScenario
from cursus_readiness.units import MIB


def summarise(stored: StoredScenario) -> E2ETestResult:
    """The result of a scenario, complete or not. Steps that left no result are shown as what they are."""
    record = stored.record
    steps = [_step(step, stored) for step in stored.plan.steps] if stored.plan else []
    rules = stored.findings.rules
    flow = data_flow(stored.plan, steps, stored.reference) if stored.plan else DataFlow()
    findings = (*stored.findings.findings, *flow.findings)
    executed = [step for step in steps if step.status.was_executed]
    judged = [step for step in steps if step.status.was_executed or step.status is StepStatus.REUSED]
    failed = [step for step in steps if step.status.has_failed]
    expected = _expected(stored.plan, steps) if stored.plan else ()
    max_flaky = stored.plan.scenario.max_flaky if stored.plan else None
    has_all = all(step.status.has_succeeded for step in steps if step.step_name in expected)
    success = (
        record.problem is None
        and stored.is_complete
        and bool(judged)
        and not _has_too_many_flaky(steps, max_flaky)
        and has_all
        and not failed
        and all(rule.held for rule in rules)
        and not any(finding.severity is Severity.ERROR for finding in flow.findings)
    )
    peaks = [step.usage.peak_memory_bytes for step in steps if step.usage.peak_memory_bytes is not None]
    return E2ETestResult(
        scenario_name=record.scenario_name,
        success=success,
        total_duration=math.nan if record.total_duration_s is None else record.total_duration_s,
        peak_memory_usage=max(peaks) / MIB if peaks else math.nan,
        steps_executed=len(executed),
        steps_failed=len(failed),
        validation_results=_nested(rules, findings),
        error_details=record.error_details or _first_failure(failed),
        performance_metrics=_totals(steps),
        description=record.description,
        tags=record.tags,
        started_at=record.started_at,
        expected_steps=expected,
        steps=tuple(steps),
        critical_path=critical_path(steps),
        rules=rules,
        findings=findings,
        data_flow=flow,
        problem=record.problem,
        is_complete=stored.is_complete,
        max_flaky=max_flaky,
    )


def _has_too_many_flaky(steps: Iterable[StepResult], max_flaky: int | None) -> bool:
    """Whether more steps succeeded only when tried again than the scenario accepts."""
    return max_flaky is not None and sum(step.is_flaky for step in steps) > max_flaky


def _expected(plan: Plan, steps: list[StepResult]) -> tuple[str, ...]:
    """The steps that must have been executed: unless the scenario names them, not those of a branch not taken."""
    if plan.scenario.expected_steps:
        return plan.expected_steps
    not_taken = {step.step_name for step in steps if step.status is StepStatus.NOT_TAKEN}
    return tuple(name for name in plan.expected_steps if name not in not_taken)


def _step(planned: PlannedStep, stored: StoredScenario) -> StepResult:
    if planned.name in stored.steps:
        return stored.steps[planned.name]
    began = planned.name in stored.started_steps
    ended = "the run ended while it was running" if began else "the run ended before it"
    return StepResult(
        step_name=planned.name,
        step_type=planned.step_type,
        depends_on=planned.depends_on,
        status=StepStatus.INTERRUPTED if began else StepStatus.NOT_EXECUTED,
        reason="its result cannot be read" if planned.name in stored.unreadable_steps else ended,
    )


def _first_failure(failed: list[StepResult]) -> str | None:
    return f"step {failed[0].step_name}: {failed[0].reason or failed[0].status.value}" if failed else None


def _nested(rules: Iterable[RuleResult], findings: Iterable[Finding]) -> dict[str, Any]:
    """step -> files -> rule -> what became of it; findings of steps stand there by their place and id."""
    nested: dict[str, Any] = {}
    for rule in rules:
        found = {"held": rule.held, "message": rule.message, "examples": list(rule.examples)}
        nested.setdefault(rule.step, {}).setdefault(rule.target, {})[rule.rule] = found
    for finding in findings:
        told = {"severity": finding.severity.value, "message": finding.message, "examples": list(finding.examples)}
        there = nested.setdefault(finding.step or "", {}).setdefault(finding.place, {})
        alike = sum(name.partition(" ")[0] == finding.id for name in there)
        there[f"{finding.id} {alike + 1}" if alike else finding.id] = told
    return nested


def _totals(steps: list[StepResult]) -> dict[str, float]:
    """Sums over the steps that were measured, and how many ran at the same time; what was not measured is left out."""
    sums: dict[str, float] = {}
    for step in steps:
        measured = {
            "cpu_s": step.usage.cpu_s,
            "step_wall_s": step.wall_s,
            "read_bytes": step.usage.read_bytes,
            "written_bytes": step.usage.written_bytes,
            "sampler_cpu_s": step.usage.sampler_cpu_s,
        }
        for name, value in measured.items():
            if value is not None:
                sums[name] = sums.get(name, 0.0) + value
    together = [step.contention.concurrent_steps for step in steps if step.contention]
    return {**sums, "concurrent_tasks": float(max(together))} if together else sums
