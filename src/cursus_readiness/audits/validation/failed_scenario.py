"""Every step that was executed has succeeded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cursus_readiness.audits.base import AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.model.result import StepKind, StepResult, StepStatus


class FailedScenario:
    """The number of steps that failed."""

    meta = AuditMeta(
        id="failed-scenario",
        title="All steps succeed",
        failure_title="Steps fail",
        level=Level.GATE,
        checklist_item=1,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge the scenario by its failed steps."""
        scenario = evidence.scenario
        if scenario.problem == "invalid":
            yield Product(Outcome.NO_EVIDENCE, _first_line(scenario.error_details), remedy="Correct the file.")
            return
        if scenario.problem:
            remedy = "Make this machine able to run it, then run again."
            yield Product(Outcome.NO_EVIDENCE, _first_line(scenario.error_details), remedy=remedy)
            return
        failed = [step for step in scenario.steps if step.status.has_failed]
        flaky = [step for step in scenario.steps if step.is_flaky]
        allowed = Quantity(value=0, unit=Unit.COUNT)
        if failed:
            first = failed[0]
            yield Product(
                Outcome.FAIL,
                f"{len(failed)} of {scenario.steps_executed} executed steps failed, first {first.step_name}: "
                f"{first.reason or first.status.value}",
                step=first.step_name,
                steps=tuple(step.step_name for step in failed),
                measured=Quantity(value=len(failed), unit=Unit.COUNT),
                threshold=allowed,
                remedy=_remedy(first),
            )
        elif not scenario.is_complete or not evidence.executed_steps or any(map(_was_cut_off, scenario.steps)):
            is_cut_off = not scenario.is_complete or any(map(_was_cut_off, scenario.steps))
            why = "the run did not come to its end" if is_cut_off else "no process of a step was executed"
            yield Product(Outcome.NO_EVIDENCE, why, remedy="Run the scenario to its end.")
        elif flaky:
            yield _flaky(flaky, scenario.max_flaky)
        else:
            message = f"{scenario.steps_executed} of {len(scenario.steps)} steps were executed, none failed"
            reused = sum(step.status is StepStatus.REUSED for step in scenario.steps)
            message += f"; {reused} reused from an earlier run" if reused else ""
            yield Product(Outcome.PASS, message, measured=allowed, threshold=allowed)


def _flaky(flaky: Sequence[StepResult], accepted: int | None) -> Product:
    """Steps that succeeded only when they were tried again are never simply passed."""
    is_over = accepted is not None and len(flaky) > accepted
    budget = "" if accepted is None else f" (max_flaky: {accepted})"
    return Product(
        Outcome.FAIL if is_over else Outcome.WARN,
        f"{len(flaky)} passed only when tried again{budget}: {', '.join(step.step_name for step in flaky)}",
        step=flaky[0].step_name,
        steps=tuple(step.step_name for step in flaky),
        measured=Quantity(value=len(flaky), unit=Unit.COUNT),
        threshold=None if accepted is None else Quantity(value=accepted, unit=Unit.COUNT),
        remedy="Find out why the first attempt fails.",
    )


def _remedy(step: StepResult) -> str:
    if step.kind is StepKind.CONTROL:
        return "Look at what leads to this step: it says why the pipeline ends."
    return f"Read the log of {step.step_name}, and the findings on it."


def _was_cut_off(step: StepResult) -> bool:
    return step.status is StepStatus.INTERRUPTED


def _first_line(text: str | None) -> str:
    return (text or "it could not be run").splitlines()[0]
