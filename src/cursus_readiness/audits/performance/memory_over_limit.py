"""Every step stays within its memory limit."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.model.result import StepResult, StepStatus
from cursus_readiness.units import format_bytes


class MemoryOverLimit:
    """The step whose peak is the largest share of its limit."""

    meta = AuditMeta(
        id="memory-over-limit",
        title="Steps stay within their memory limit",
        failure_title="Steps go over their memory limit",
        level=Level.GATE,
        checklist_item=2,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge the step nearest to its limit."""
        steps = evidence.measured_steps
        unmeasured = [step.step_name for step in steps if step.usage.peak_memory_bytes is None]
        over = [step for step in steps if step.status is StepStatus.OUT_OF_MEMORY]
        if not steps or (unmeasured and not over):
            names = ", ".join(unmeasured) or "no step was executed"
            yield Product(Outcome.NO_EVIDENCE, f"peak memory was not measured: {names}", remedy="Run the scenario.")
            return
        worst = max(over or steps, key=_share)
        peak, limit = worst.usage.peak_memory_bytes, worst.memory_limit_bytes or 0
        is_over = bool(over) or (peak or 0) > limit
        message = f"{worst.step_name} reached {format_bytes(peak)} of {format_bytes(limit)}"
        yield Product(
            Outcome.FAIL if is_over else Outcome.PASS,
            message,
            step=worst.step_name,
            measured=None if peak is None else Quantity(value=peak, unit=Unit.BYTES),
            threshold=Quantity(value=limit, unit=Unit.BYTES),
            remedy=f"Lower the memory of {worst.step_name}, or raise steps.{worst.step_name}.memory_limit_gb."
            if is_over
            else None,
        )


def _share(step: StepResult) -> float:
    return (step.usage.peak_memory_bytes or 0) / (step.memory_limit_bytes or 1)
