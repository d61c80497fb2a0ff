"""Steps compute rather than wait."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import Advice, AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.model.result import StepResult
from cursus_readiness.units import format_ratio, format_seconds


class IdleCpu:
    """Steps that keep less than a fraction of one core busy and do not wait for storage either."""

    meta = AuditMeta(
        id="idle-cpu",
        title="Steps keep the CPU busy",
        failure_title="Steps leave the CPU idle",
        level=Level.ADVICE,
        checklist_item=2,
        needs=frozenset({"cpu_s", "io_wait_ratio"}),
        judges_time=True,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge each step that is long enough."""
        policy = evidence.policy
        for step in evidence.measured_steps:
            usage, wall_s = step.usage, step.wall_s or 0.0
            if evidence.is_short(step) or usage.cpu_s is None or usage.io_wait_ratio is None:
                continue
            cores, found = usage.cpu_s / wall_s, step.diagnosis
            if found is not None and found.idle_ratio < policy.idle_time_ratio:
                continue  # it would compute, had others not had the CPUs
            if cores < policy.idle_cpu_ratio and usage.io_wait_ratio <= policy.io_wait_ratio:
                idle_s = wall_s - usage.cpu_s
                yield Product(
                    Outcome.WARN,
                    f"{step.step_name} computes for {format_seconds(usage.cpu_s)} of {format_seconds(wall_s)}",
                    step=step.step_name,
                    measured=Quantity(value=cores, unit=Unit.RATIO),
                    threshold=Quantity(value=policy.idle_cpu_ratio, unit=Unit.RATIO),
                    remedy=f"Find what {step.step_name} waits for: sleeps, locks, network calls, retries.",
                    advice=Advice(
                        "cpu",
                        "medium",
                        f"up to {format_seconds(idle_s)} of {format_seconds(wall_s)}",
                        evidence=_evidence(step),
                        confidence="medium" if found is None else "high",
                        effort="medium",
                    ),
                )


def _evidence(step: StepResult) -> tuple[str, ...]:
    totals = (f"{format_seconds(step.usage.cpu_s)} of CPU time in {format_seconds(step.wall_s)}",)
    found = step.diagnosis
    if found is None:
        return totals
    return (*totals, f"no thread computed or waited for storage in {format_ratio(found.idle_ratio)} of its time")
