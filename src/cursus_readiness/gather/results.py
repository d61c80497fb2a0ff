"""The result of a step, from what its plan says and what was measured."""

from __future__ import annotations

from collections.abc import Mapping

from cursus_readiness.model.plan import Plan, PlannedStep
from cursus_readiness.model.result import StepKind, StepResult
from cursus_readiness.model.secrets import without_secrets


class ResultForm:
    """Fills in what is the same for every result of a plan's steps; commands as they may be stored."""

    def __init__(self, plan: Plan, shown: Plan) -> None:
        self._plan = plan
        self._scenario = plan.scenario
        self._commands = {step.name: step.job.command for step in shown.steps if step.job}

    def result(self, step: PlannedStep, measured: Mapping[str, object]) -> StepResult:
        """The result of a step; its job, if there is one, is the one that was run."""
        job = step.job
        fields: dict[str, object] = {
            "step_name": step.name,
            "step_type": step.step_type,
            "depends_on": step.depends_on,
            "kind": _kind(step),
            **self.limits(step),
        }
        if job:
            fields |= {
                "instance_type": job.instance_type,
                "instance_count": job.instance_count,
                "command": self._command(step),
            }
        return StepResult.model_validate({**fields, **measured})

    def limits(self, step: PlannedStep) -> dict[str, object]:
        """The limits that hold for a step."""
        limit_s = self._scenario.time_limit_s(step.name) or (step.job.max_runtime_s if step.job else None)
        return {"memory_limit_bytes": self._scenario.memory_limit_bytes(step.name), "time_limit_s": limit_s}

    def _command(self, step: PlannedStep) -> tuple[str, ...]:
        """The command as it may be stored; that of the plan unless only the run told it."""
        if step.arguments is None:
            return self._commands[step.name]
        shown = without_secrets(self._plan.model_copy(update={"steps": (step,)})).steps[0]
        return shown.job.command if shown.job else ()


def _kind(step: PlannedStep) -> StepKind:
    if step.is_control:
        return StepKind.CONTROL
    return StepKind.FIXTURE if step.has_fixture else StepKind.PROCESS
