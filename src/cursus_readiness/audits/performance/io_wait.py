"""Steps do not wait for storage."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import Advice, AuditMeta, Evidence, Product
from cursus_readiness.audits.policy import Policy
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.model.result import Usage
from cursus_readiness.units import format_bytes, format_ratio, format_seconds


class IoWait:
    """Steps that wait for storage: in many of their samples, or in some while they hardly compute on what they move."""

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
            if evidence.is_short(step) or usage.io_wait_ratio is None:
                continue
            threshold = policy.mover_wait_ratio if _is_mover(usage, wall_s, policy) else policy.io_wait_ratio
            if usage.io_wait_ratio <= threshold:
                continue
            moved = f"{format_bytes(usage.read_bytes)} read, {format_bytes(usage.written_bytes)} written"
            yield Product(
                Outcome.WARN,
                f"{step.step_name} waits for storage in {format_ratio(usage.io_wait_ratio)} of its samples ({moved})",
                step=step.step_name,
                measured=Quantity(value=usage.io_wait_ratio, unit=Unit.RATIO),
                threshold=Quantity(value=threshold, unit=Unit.RATIO),
                remedy=f"Let {step.step_name} move less: fewer columns, Parquet instead of CSV, larger blocks.",
                advice=Advice(
                    "io",
                    "medium",
                    f"up to {format_seconds(usage.io_wait_ratio * wall_s)}",
                    evidence=(
                        f"{format_ratio(usage.io_wait_ratio)} of {usage.sample_count} samples",
                        f"{moved} from and to storage in {format_seconds(usage.cpu_s)} of CPU time",
                    ),
                    confidence="medium",  # the storage of an instance is another one
                    effort="medium",
                ),
            )


def _is_mover(usage: Usage, wall_s: float, policy: Policy) -> bool:
    """Whether a step does little with what it moves: on a busy machine it is then found waiting for a CPU, too."""
    if usage.read_bytes is None or usage.written_bytes is None or not usage.cpu_s:
        return False
    moved = usage.read_bytes + usage.written_bytes
    return moved >= policy.mover_bytes_per_cpu_s * usage.cpu_s and usage.cpu_s < 0.5 * wall_s
