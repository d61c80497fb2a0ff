"""Every step, and the scenario, stays within its time limit."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.model.result import StepStatus
from cursus_readiness.units import format_seconds


class TimeOverLimit:
    """Steps that were stopped at their time limit."""

    meta = AuditMeta(
        id="time-over-limit",
        title="Steps stay within their time limit",
        failure_title="Steps go over their time limit",
        level=Level.GATE,
        checklist_item=2,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge the steps that were executed."""
        steps = evidence.executed_steps
        late = [step for step in evidence.scenario.steps if step.status is StepStatus.TIMED_OUT]
        if late:
            first = late[0]
            limit_s = first.time_limit_s
            yield Product(
                Outcome.FAIL,
                f"{first.step_name}: {first.reason}",
                step=first.step_name,
                steps=tuple(step.step_name for step in late),
                measured=None if first.wall_s is None else Quantity(value=first.wall_s, unit=Unit.SECONDS),
                threshold=None if limit_s is None else Quantity(value=limit_s, unit=Unit.SECONDS),
                remedy=f"Make {first.step_name} faster, or raise steps.{first.step_name}.timeout_minutes.",
            )
        elif len(evidence.measured_steps) < max(len(steps), 1) or not evidence.scenario.is_complete:
            yield Product(Outcome.NO_EVIDENCE, "the steps were not timed", remedy="Run the scenario to its end.")
        else:
            slowest = max(steps, key=lambda step: step.wall_s or 0.0)
            yield Product(
                Outcome.PASS,
                f"no step was stopped; the slowest, {slowest.step_name}, took {format_seconds(slowest.wall_s)}",
                step=slowest.step_name,
                measured=Quantity(value=slowest.wall_s or 0.0, unit=Unit.SECONDS),
                threshold=None
                if slowest.time_limit_s is None
                else Quantity(value=slowest.time_limit_s, unit=Unit.SECONDS),
            )
