"""Steps have no more threads that compute than there are CPUs."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import Advice, AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit


class OversubscribedThreads:
    """Steps whose threads wait for each other's CPUs. A pool of processes with one thread each is not meant."""

    meta = AuditMeta(
        id="oversubscribed-threads",
        title="Threads do not outnumber the CPUs",
        failure_title="Threads outnumber the CPUs",
        level=Level.ADVICE,
        checklist_item=2,
        needs=frozenset({"cpu_s"}),
        judges_time=True,
        needs_diagnosis=True,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge each step that was diagnosed, by the CPUs of the machine that it ran on."""
        policy = evidence.policy
        for step, found in evidence.diagnosed_steps:
            threads, cpus = found.runnable_threads, found.cpu_count
            if threads is None or cpus is None or not step.status.has_succeeded:
                continue
            each = threads / max(found.process_count, 1.0)
            is_crowded = threads >= policy.oversubscribed_ratio * cpus and each >= policy.oversubscribed_ratio
            if not is_crowded or found.computing_ratio < policy.idle_cpu_ratio:
                continue
            yield Product(
                Outcome.WARN,
                f"{step.step_name} has {threads:.2g} threads that want to compute at the same time, for {cpus} CPUs",
                step=step.step_name,
                measured=Quantity(value=threads, unit=Unit.COUNT),
                threshold=Quantity(value=policy.oversubscribed_ratio * cpus, unit=Unit.COUNT),
                remedy=f"Set OMP_NUM_THREADS (and what else sizes its pools) of {step.step_name} to the vCPUs of its "
                "instance, by the number of its processes; `readiness optimize` tries it.",
                advice=Advice(
                    "concurrency",
                    "high" if threads >= 4 * cpus else "medium",
                    "CPU time that is spent on changing between threads; the trial tells how much",
                    evidence=(
                        f"{threads:.3g} threads wanted a CPU on average while it computed, {cpus} could have one",
                        f"{found.peak_thread_count} threads at most, in {found.process_count:.2g} processes",
                    ),
                    confidence="high",
                    effort="low",
                ),
            )
