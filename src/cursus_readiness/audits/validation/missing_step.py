"""Every expected step was executed."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.model.result import StepResult, StepStatus

# By whether a step has failed: a step is blocked, too, when what it needs cannot run here.
_KEPT_OUT = {True: (StepStatus.BLOCKED, StepStatus.NOT_TAKEN), False: (StepStatus.NOT_TAKEN,)}


class MissingStep:
    """The number of expected steps that were not executed.

    A step that a failure or a condition kept from running fails the gate; one that cannot run here (or was not
    selected) leaves it without evidence.
    """

    meta = AuditMeta(
        id="missing-step",
        title="All expected steps are executed",
        failure_title="Expected steps are not executed",
        level=Level.GATE,
        checklist_item=1,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge the expected steps."""
        scenario = evidence.scenario
        steps = {step.step_name: step for step in scenario.steps}
        if not steps:
            yield Product(Outcome.NO_EVIDENCE, "no step was planned", remedy="Correct the scenario.")
            return
        missing = [
            steps[name]
            for name in scenario.expected_steps
            if not (steps[name].status.has_failed or steps[name].status.has_succeeded)
        ]
        has_failure = any(step.status.has_failed for step in scenario.steps)
        kept_out = [step for step in missing if step.status in _KEPT_OUT[has_failure]]
        unavailable = [step for step in missing if step not in kept_out]
        allowed = Quantity(value=0, unit=Unit.COUNT)
        measured = Quantity(value=len(missing), unit=Unit.COUNT)
        if not missing:
            message = f"all {len(scenario.expected_steps)} expected steps were executed"
            yield Product(Outcome.PASS, message, measured=measured, threshold=allowed)
            return
        first = (kept_out or unavailable)[0]
        message = f"{len(missing)} of {len(scenario.expected_steps)} expected steps were not executed, first "
        message += f"{first.step_name}: {first.reason or first.status.value}"
        yield Product(
            Outcome.FAIL if kept_out else Outcome.NO_EVIDENCE,
            message,
            step=first.step_name,
            steps=tuple(step.step_name for step in missing),
            measured=measured,
            threshold=allowed,
            remedy=_remedy(first, kept_out),
        )


def _remedy(first: StepResult, kept_out: list[StepResult]) -> str:
    if first.status is StepStatus.NOT_TAKEN:
        return "Find out why the condition went the other way, or leave the step out of expected_steps."
    return "Mend the step that failed." if kept_out else "Run it where it can be executed."
