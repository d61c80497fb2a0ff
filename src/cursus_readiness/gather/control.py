"""Condition and Fail steps: decided by the tool itself, no process runs."""

from __future__ import annotations

from typing import Any

from cursus_readiness.definitions.conditions import ConditionError, decide, describe
from cursus_readiness.definitions.expressions import ExpressionError, settle
from cursus_readiness.gather.answers import Answers
from cursus_readiness.model.plan import Plan, PlannedStep
from cursus_readiness.model.result import StepStatus

Json = Any


def decide_step(step: PlannedStep, plan: Plan, answers: Answers) -> tuple[StepStatus, str, dict[str, Json]]:
    """How a control step ends, why, and what later steps may ask of it: the ``Outcome`` of a condition."""
    try:
        if step.fail_message is not None:
            said = settle(step.fail_message, plan.late, answers)
            return StepStatus.FAILED, f"the pipeline ends here: {said}" if said else "the pipeline ends here", {}
        conditions = settle(step.conditions, plan.late, answers)
        holds = decide(conditions)
    except (ExpressionError, ConditionError) as error:
        return StepStatus.FAILED, str(error), {}
    word = "true" if holds else "false"
    return StepStatus.SUCCEEDED, f"{word}: {describe(conditions)}", {"Outcome": str(holds)}
