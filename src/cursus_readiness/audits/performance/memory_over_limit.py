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
        steps = evidence.executed_steps
        unknown = [s.step_name for s in steps if s.usage.peak_memory_bytes is None or s.memory_limit_bytes is None]
        over = [step for step in steps if step.status is StepStatus.OUT_OF_MEMORY or _share(step) > 1]
        if not steps or (unknown and not over):
            names = ", ".join(unknown) or "no step was executed"
            yield Product(Outcome.NO_EVIDENCE, f"peak or limit are not known: {names}", remedy="Run the scenario.")
            return
        worst = max(over or steps, key=_share)
        peak, limit = worst.limited_memory_bytes, worst.memory_limit_bytes
        remedy = f"Lower the memory of {worst.step_name}, or raise steps.{worst.step_name}.memory_limit_gb."
        yield Product(
            Outcome.FAIL if over else Outcome.PASS,
            f"{worst.step_name} reached {format_bytes(peak)} of {format_bytes(limit)}",
            step=worst.step_name,
            steps=tuple(step.step_name for step in over),
            measured=None if peak is None else Quantity(value=peak, unit=Unit.BYTES),
            threshold=None if limit is None else Quantity(value=limit, unit=Unit.BYTES),
            remedy=remedy if over else None,
        )


def _share(step: StepResult) -> float:
    """The peak as a share of the limit; 0 where either is not known, which never wins."""
    peak, limit = step.limited_memory_bytes, step.memory_limit_bytes
    return peak / limit if peak is not None and limit else 0.0
