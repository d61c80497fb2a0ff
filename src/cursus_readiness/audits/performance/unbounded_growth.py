"""The memory of steps comes to rest."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import Advice, AuditMeta, Evidence, Product
from cursus_readiness.audits.policy import Policy
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.model.diagnosis import Growth, StepDiagnosis
from cursus_readiness.model.result import StepResult
from cursus_readiness.units import format_bytes, format_seconds

_MINUTE_S = 60.0


class UnboundedGrowth:
    """Steps whose memory rises in a straight line until their end, as a leak does and a warm-up does not."""

    meta = AuditMeta(
        id="unbounded-growth",
        title="Memory comes to rest",
        failure_title="Memory grows until the end",
        level=Level.ADVICE,
        checklist_item=2,
        needs=frozenset({"peak_memory_bytes"}),
        judges_time=True,
        needs_diagnosis=True,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge each step that was watched long enough, whether it succeeded or not: a leak may be why it did not."""
        for step, found in evidence.diagnosed_steps:
            if found.growth is not None and _is_unbounded(found.growth, evidence.policy):
                yield _product(step, found, found.growth, evidence.policy)


def _is_unbounded(growth: Growth, policy: Policy) -> bool:
    return (
        growth.span_s >= policy.shortest_growth_s
        and growth.grown_bytes >= policy.least_growth_bytes
        and growth.slope_lower_bytes_per_s >= policy.growth_bytes_per_s
        and growth.linearity_ratio >= policy.growth_linearity_ratio
        and growth.late_slope_bytes_per_s >= policy.growth_late_ratio * growth.slope_bytes_per_s
    )


def _product(step: StepResult, found: StepDiagnosis, growth: Growth, policy: Policy) -> Product:
    slope, lower, upper = (
        format_bytes(value * _MINUTE_S)
        for value in (growth.slope_bytes_per_s, growth.slope_lower_bytes_per_s, growth.slope_upper_bytes_per_s)
    )
    room = (step.memory_limit_bytes or 0) - (found.steady_memory_bytes or 0)
    reached = f"; its limit after {format_seconds(room / growth.slope_bytes_per_s)} more" if room > 0 else ""
    return Product(
        Outcome.WARN,
        f"{step.step_name} takes {slope} more each minute until its end{reached}",
        step=step.step_name,
        measured=Quantity(value=growth.slope_bytes_per_s * _MINUTE_S, unit=Unit.BYTES),
        threshold=Quantity(value=policy.growth_bytes_per_s * _MINUTE_S, unit=Unit.BYTES),
        remedy=f"Find what {step.step_name} keeps: lists that only grow, caches without a bound, frames that are "
        "appended to; `memray run` names the line.",
        advice=Advice(
            "memory",
            "high",
            f"{format_bytes(growth.grown_bytes)} in {format_seconds(growth.span_s)}, and more the longer it runs",
            evidence=(
                f"slope {slope} a minute, 95 % interval {lower} to {upper}",
                f"a straight line explains {growth.linearity_ratio:.0%} of it; no slower in the last half",
            ),
            confidence="high" if growth.span_s >= 2 * _MINUTE_S else "medium" if growth.span_s >= 20 else "low",
            effort="high",
        ),
    )
