"""Steps do not wait for storage."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import Advice, AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.units import format_bytes, format_ratio, format_seconds


class IoWait:
    """Steps with a process in uninterruptible sleep, which is waiting for storage, in many of their samples."""

    meta = AuditMeta(
        id="io-wait",
        title="Steps do not wait for storage",
        failure_title="Steps wait for storage",
        level=Level.ADVICE,
        checklist_item=2,
        needs=frozenset({"io_wait_ratio"}),
        judges_time=True,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge each step with enough samples."""
        policy = evidence.policy
        for step in evidence.measured_steps:
            usage, wall_s = step.usage, step.wall_s or 0.0
            if evidence.is_short(step) or usage.io_wait_ratio is None or usage.io_wait_ratio <= policy.io_wait_ratio:
                continue
            moved = f"{format_bytes(usage.read_bytes)} read, {format_bytes(usage.written_bytes)} written"
            yield Product(
                Outcome.WARN,
                f"{step.step_name} waits for storage in {format_ratio(usage.io_wait_ratio)} of its samples ({moved})",
                step=step.step_name,
                measured=Quantity(value=usage.io_wait_ratio, unit=Unit.RATIO),
                threshold=Quantity(value=policy.io_wait_ratio, unit=Unit.RATIO),
                remedy=f"Let {step.step_name} move less: fewer columns, Parquet instead of CSV, larger blocks.",
                advice=Advice("io", "medium", f"up to {format_seconds(usage.io_wait_ratio * wall_s)}"),
            )
