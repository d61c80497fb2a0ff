"""What is said of a step that cannot be run without a network here, and so is not run at all."""

from __future__ import annotations

from cursus_readiness.executors.outcome import Outcome
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.result import StepCause, StepStatus


def not_secluded(why: str) -> Outcome:
    """How it ends; ``why`` is what its network cannot be taken away for."""
    return Outcome(StepStatus.FAILED, StepCause.NOT_STARTED, f"not started: it is to have no network, but {why}")


def seclusion_finding(step: str, why: str, remedy: str) -> Finding:
    """Word of it, with what can be done."""
    message = f"the step's network cannot be taken away: {why}"
    return Finding(id="network-not-closed", severity=Severity.ERROR, message=message, step=step, remedy=remedy)
