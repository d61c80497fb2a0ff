"""Steps stay clear of their memory limit."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import Advice, AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.units import format_bytes, format_ratio


class MemoryPressure:
    """Steps that fit, but with little room: they are killed on the first larger batch."""

    meta = AuditMeta(
        id="memory-pressure",
        title="Steps stay clear of their memory limit",
        failure_title="Steps run close to their memory limit",
        level=Level.ADVICE,
        checklist_item=2,
        needs=frozenset({"peak_memory_bytes"}),
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge each step that stayed within its limit."""
        threshold = Quantity(value=evidence.policy.memory_pressure_ratio, unit=Unit.RATIO)
        for step in evidence.measured_steps:
            peak, limit = step.limited_memory_bytes, step.memory_limit_bytes
            if peak is None or not limit or not step.status.has_succeeded:
                continue
            used = peak / limit
            if used >= threshold.value:
                needed = peak * evidence.policy.memory_headroom_ratio
                yield Product(
                    Outcome.WARN,
                    f"{step.step_name} peaks at {format_bytes(peak)}, {format_ratio(used)} of its limit",
                    step=step.step_name,
                    measured=Quantity(value=used, unit=Unit.RATIO),
                    threshold=threshold,
                    remedy=f"Read the input of {step.step_name} in chunks, or allow it {format_bytes(needed)}.",
                    advice=Advice("memory", "high", "No saving; it removes the risk of an out-of-memory end."),
                )
