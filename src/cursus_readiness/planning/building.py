"""The job of a step: from its resolved Arguments, once before the run and once more when all is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cursus_readiness.definitions.expressions import settle
from cursus_readiness.jobs.base import JobContext, UnsupportedJobError
from cursus_readiness.jobs.registry import JOB_TYPES
from cursus_readiness.model.job import Job
from cursus_readiness.model.plan import Plan, PlannedStep
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.planning.naming import REGION, execution_variables, job_name

Json = Any
_DEFAULT_TRIALS = 2


def job_context(
    name: str,
    scenario: E2ETestScenario,
    members: Mapping[str, Json] | None = None,
    models: Mapping[str, Mapping[str, Json]] | None = None,
) -> JobContext:
    """What a step's job has to know beyond its own Arguments."""
    override = scenario.steps.get(name)
    return JobContext(
        job_name=job_name(name),
        region=REGION,
        members=members or {},
        function=override.function if override else None,
        trial_count=(override.trials if override else None) or _DEFAULT_TRIALS,
        models=models or {},
        execution_arn=execution_variables(scenario.scenario_name, "")["PipelineExecutionArn"],
    )


def build_job(step_type: str, name: str, arguments: Mapping[str, Json], context: JobContext, at: str) -> Job:
    """The job of resolved Arguments, whose step stands at ``at``; raises as ``JobType.build`` does."""
    job = JOB_TYPES[step_type].build(name, arguments, context)
    inputs = tuple(item.model_copy(update={"at": f"{at}.Arguments{item.at}"}) for item in job.inputs)
    outputs = tuple(item.model_copy(update={"at": f"{at}.Arguments{item.at}"}) for item in job.outputs)
    return job.model_copy(update={"inputs": inputs, "outputs": outputs})


def settled_job(planned: PlannedStep, plan: Plan, answer: Callable[[Json], Json]) -> Job:
    """The job of a planned step with all that is known when its turn has come.

    Raises ExpressionError for what even now cannot be known, ArgumentsError when the values do not fit.
    """
    if planned.arguments is None:
        if planned.job is None:
            raise UnsupportedJobError(planned.reason or "it has no job")
        return planned.job
    arguments, members, models = (
        settle(value, plan.late, answer) for value in (planned.arguments, planned.members, _models_of(planned, plan))
    )
    context = job_context(planned.name, plan.scenario, members, models)
    return build_job(planned.step_type, planned.name, arguments, context, planned.at)


def _models_of(planned: PlannedStep, plan: Plan) -> dict[str, dict[str, Json]]:
    """The model that a step uses: what others hold need not be known yet."""
    name = (planned.arguments or {}).get("ModelName")
    return {name: plan.models[name]} if isinstance(name, str) and name in plan.models else {}
