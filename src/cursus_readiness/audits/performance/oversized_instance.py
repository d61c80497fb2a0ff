"""The instance is not far larger than what the step uses."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cursus_readiness.audits.base import Advice, AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.model.result import StepResult
from cursus_readiness.resources import InstanceSpec
from cursus_readiness.units import format_bytes, format_ratio


class OversizedInstance:
    """Steps that use a small share of both the memory and the vCPUs of the instance that the definition names."""

    meta = AuditMeta(
        id="oversized-instance",
        title="Instances fit what steps use",
        failure_title="Instances are far larger than needed",
        level=Level.ADVICE,
        checklist_item=2,
        needs=frozenset({"peak_memory_bytes", "cpu_s"}),
        judges_time=True,
        judges_instances=True,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge each step that succeeded on an instance type of the table."""
        for step in evidence.measured_steps:
            is_known = step.usage.peak_memory_bytes is not None and step.usage.cpu_s is not None
            if not step.status.has_succeeded or step.instance_type is None or not is_known:
                continue
            spec = evidence.instances.get(step.instance_type)
            if spec is None:
                remedy = "Compare its memory and vCPUs with the measured values by hand."
                message = f"{step.step_name}: {step.instance_type} is not in the table of instance types"
                yield Product(Outcome.NO_EVIDENCE, message, step=step.step_name, remedy=remedy)
            elif step.wall_s and step.wall_s >= evidence.policy.shortest_judged_s and not spec.gpu_count:
                yield from self._judge(step, spec, evidence)

    @staticmethod
    def _judge(step: StepResult, spec: InstanceSpec, evidence: Evidence) -> Iterator[Product]:
        peak, cores = step.usage.peak_memory_bytes or 0, (step.usage.cpu_s or 0.0) / (step.wall_s or 1.0)
        memory_ratio, cpu_ratio = peak / spec.memory_bytes, cores / spec.vcpu_count
        used = max(memory_ratio, cpu_ratio)
        fitting = _smallest_fitting(peak * evidence.policy.memory_headroom_ratio, cores, spec, evidence)
        if used >= evidence.policy.instance_used_ratio or fitting is None:
            return
        factor = spec.vcpu_count / fitting.vcpu_count
        yield Product(
            Outcome.WARN,
            f"{step.step_name} uses {format_bytes(peak)} of {format_bytes(spec.memory_bytes)} and {cores:.2g} of "
            f"{spec.vcpu_count} vCPUs of {spec.name} on this input",
            step=step.step_name,
            measured=Quantity(value=used, unit=Unit.RATIO),
            threshold=Quantity(value=evidence.policy.instance_used_ratio, unit=Unit.RATIO),
            remedy=f"Use {fitting.name} ({fitting.vcpu_count} vCPUs, {format_bytes(fitting.memory_bytes)}) if input in "
            "production is of this size; measure at that size first.",
            advice=Advice(
                "memory" if memory_ratio <= cpu_ratio else "cpu",
                "medium" if factor >= 8 else "low",
                f"{format_ratio(1 - 1 / factor)} of the vCPUs and "
                f"{format_ratio(1 - fitting.memory_bytes / spec.memory_bytes)} of the memory paid for",
            ),
        )


def _smallest_fitting(
    needed_bytes: float, cores: float, current: InstanceSpec, evidence: Evidence
) -> InstanceSpec | None:
    """The smallest instance of the same family with room for the step; ``None`` when there is no smaller one."""
    fitting = [
        spec
        for spec in evidence.instances.values()
        if spec.family == current.family
        and spec.memory_bytes >= needed_bytes
        and spec.vcpu_count >= math.ceil(cores)
        and spec.vcpu_count < current.vcpu_count
    ]
    return min(fitting, key=lambda spec: (spec.vcpu_count, spec.memory_bytes, spec.name), default=None)
