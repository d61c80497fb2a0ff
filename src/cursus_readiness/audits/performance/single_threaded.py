"""Steps that compute use the CPUs that they are given."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import Advice, AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.units import format_ratio, format_seconds


class SingleThreaded:
    """Steps that compute nearly all the time, in one thread, on an instance (or here) that has more CPUs."""

    meta = AuditMeta(
        id="single-threaded",
        title="Steps that compute use their CPUs",
        failure_title="Steps compute in a single thread",
        level=Level.ADVICE,
        checklist_item=2,
        needs=frozenset({"cpu_s"}),
        judges_time=True,
        needs_diagnosis=True,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge each step that was diagnosed; one whose threads nobody counted is not called single-threaded."""
        policy = evidence.policy
        for step, found in evidence.diagnosed_steps:
            spec = evidence.instances.get(step.instance_type or "")
            available = spec.vcpu_count if spec else found.cpu_count
            threads, cores = found.runnable_threads, found.busy_cores
            if available is None or available < 2 or threads is None or cores is None or not step.status.has_succeeded:
                continue
            is_one = threads <= policy.single_thread_count and cores <= policy.single_thread_count
            is_bound = found.computing_ratio >= policy.cpu_bound_ratio
            if not is_one or not is_bound or found.storage_wait_ratio > policy.mover_wait_ratio:
                continue
            wall_s = step.wall_s or 0.0
            where = f"{spec.name} has {available} vCPUs" if spec else f"{available} CPUs are there"
            saved_s = wall_s * found.computing_ratio * (1 - 1 / available)
            yield Product(
                Outcome.WARN,
                f"{step.step_name} computes in one thread for {format_ratio(found.computing_ratio)} of its time; "
                f"{where}",
                step=step.step_name,
                measured=Quantity(value=cores, unit=Unit.COUNT),
                threshold=Quantity(value=available, unit=Unit.COUNT),
                remedy=f"Let {step.step_name} work in several processes (n_jobs, a pool over files), or take an "
                "instance with fewer vCPUs.",
                advice=Advice(
                    "concurrency",
                    "medium" if available >= 4 else "low",
                    f"at most {format_seconds(saved_s)} of {format_seconds(wall_s)}, if all of it could be divided",
                    evidence=(
                        f"{threads:.2g} threads wanted a CPU on average while it computed",
                        f"{cores:.2g} cores were busy meanwhile",
                    ),
                    confidence="high",
                    effort="medium",
                ),
            )
