"""Every expected step was executed."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.model.result import StepStatus


class MissingStep:
    """The number of expected steps that were not executed.

    A step that a failure kept from running fails the gate; one that cannot run here (or was not selected) leaves it
    without evidence.
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
        unavailable = [step for step in missing if step.status is not StepStatus.BLOCKED]
        kept_out = [step for step in missing if step.status is StepStatus.BLOCKED]
        has_failure = any(step.status.has_failed for step in scenario.steps)
        allowed = Quantity(value=0, unit=Unit.COUNT)
        measured = Quantity(value=len(missing), unit=Unit.COUNT)
        if not missing:
            message = f"all {len(scenario.expected_steps)} expected steps were executed"
            yield Product(Outcome.PASS, message, measured=measured, threshold=allowed)
            return
        first = (kept_out if has_failure and kept_out else unavailable or kept_out)[0]
        message = f"{len(missing)} of {len(scenario.expected_steps)} expected steps were not executed, first "
        message += f"{first.step_name}: {first.reason or first.status.value}"
        is_failure = has_failure and bool(kept_out)
        yield Product(
            Outcome.FAIL if is_failure else Outcome.NO_EVIDENCE,
            message,
            step=first.step_name,
            measured=measured,
            threshold=allowed,
            remedy="Mend the step that failed." if is_failure else "Run it where it can be executed.",
        )
