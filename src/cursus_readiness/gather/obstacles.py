"""Why a step is not started, given how the steps before it have ended. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from cursus_readiness.model.plan import PlannedStep
from cursus_readiness.model.result import StepKind, StepResult, StepStatus

_HOW = {
    StepStatus.TIMED_OUT: "timed out",
    StepStatus.OUT_OF_MEMORY: "ran out of memory",
    StepStatus.BLOCKED: "was blocked",
}


def obstacle(
    step: PlannedStep, results: Mapping[str, StepResult], outcomes: Mapping[str, str]
) -> tuple[StepStatus, str] | None:
    """What keeps a step from being started, if anything: a branch not taken before a failure upstream.

    ``outcomes`` holds ``"True"`` or ``"False"`` for each condition that was decided.
    """
    for name in step.depends_on:
        reason = _not_taken(step, results[name], outcomes)
        if reason:
            return StepStatus.NOT_TAKEN, reason
    for name in step.depends_on:
        upstream = results[name]
        if upstream.status.has_succeeded or upstream.kind is StepKind.FIXTURE or _waits_for_failure(step, upstream):
            continue
        if upstream.status.has_failed or upstream.status is StepStatus.BLOCKED:
            return StepStatus.BLOCKED, f"upstream {name} {_HOW.get(upstream.status, 'failed')}"
        return StepStatus.BLOCKED, f"upstream {name} was not executed"
    return None


def _not_taken(step: PlannedStep, upstream: StepResult, outcomes: Mapping[str, str]) -> str | None:
    """Why the run went another way."""
    name = upstream.step_name
    if upstream.status is StepStatus.NOT_TAKEN:
        return f"upstream {name} is not taken"
    outcome = outcomes.get(name)
    if outcome is not None and step.branch and step.branch.condition == name and outcome != str(step.branch.is_if):
        return f"condition {name} is {outcome.lower()}"
    trigger = step.triggers.get(name)
    if trigger in ("Failed", "Stopped") and upstream.status.has_succeeded:
        return f"it waits for {name} to fail, which succeeded"
    return (
        f"it waits for {name} to be stopped, which failed"
        if trigger == "Stopped" and upstream.status.has_failed
        else None
    )


def _waits_for_failure(step: PlannedStep, upstream: StepResult) -> bool:
    return upstream.status.has_failed and step.triggers.get(upstream.step_name) in ("Failed", "Any")
