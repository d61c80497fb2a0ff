"""What the end of a step means: its status, what caused it, and a sentence about it. Pure."""

from __future__ import annotations

import signal
from typing import NamedTuple

from cursus_readiness.model.result import StepCause, StepStatus
from cursus_readiness.sandbox.client import StepEnd
from cursus_readiness.units import format_bytes, format_seconds


class Limits(NamedTuple):
    """The limits of a step."""

    time_s: float
    memory_bytes: int
    disk_bytes: int | None


class Outcome(NamedTuple):
    """How a step ended; ``cause`` and ``reason`` are ``None`` when it succeeded."""

    status: StepStatus
    cause: StepCause | None = None
    reason: str | None = None


def broken(limit: StepCause, limits: Limits) -> Outcome:
    """A step that was stopped because of a limit."""
    if limit is StepCause.TIME_LIMIT:
        return Outcome(StepStatus.TIMED_OUT, limit, f"stopped at its time limit of {format_seconds(limits.time_s)}")
    if limit is StepCause.DISK_LIMIT:
        size = format_bytes(limits.disk_bytes)
        return Outcome(StepStatus.FAILED, limit, f"stopped at the disk limit of {size} for all steps together")
    size = format_bytes(limits.memory_bytes)
    return Outcome(StepStatus.OUT_OF_MEMORY, limit, f"stopped at its memory limit of {size}")


def ended(end: StepEnd, limits: Limits, *, largest_bytes: int | None, has_machine_killed: bool) -> Outcome:
    """A step that came to its end by itself, or by the kernel.

    ``largest_bytes`` is the memory of its largest process where only looking holds the limit.
    """
    limit = format_bytes(limits.memory_bytes)
    if end.has_exhausted_memory:
        reason = f"killed by the kernel at its memory limit of {limit}"
        return Outcome(StepStatus.OUT_OF_MEMORY, StepCause.MEMORY_LIMIT, reason)
    if (largest_bytes or 0) > limits.memory_bytes:
        reason = f"went over its memory limit of {limit}: a process reached {format_bytes(end.max_rss_bytes)}"
        return Outcome(StepStatus.OUT_OF_MEMORY, StepCause.MEMORY_LIMIT, reason)
    if end.exit_code == 0:
        return Outcome(StepStatus.SUCCEEDED)
    return Outcome(StepStatus.FAILED, *_failure(end, has_machine_killed=has_machine_killed))


def _failure(end: StepEnd, *, has_machine_killed: bool) -> tuple[StepCause, str]:
    if end.error:
        return StepCause.NOT_STARTED, end.error
    if has_machine_killed:
        reason = "killed by the kernel: this machine, or the container of this run, is out of memory"
        return StepCause.MACHINE_OUT_OF_MEMORY, reason
    if end.signal is not None:
        return StepCause.SIGNAL, f"ended by signal {end.signal} ({signal.strsignal(end.signal)})"
    return StepCause.EXIT_CODE, f"exit code {end.exit_code}"
