"""What the steps of a plan need to run with."""

from __future__ import annotations

from collections.abc import Collection

from cursus_readiness.environments.base import EnvironmentRequest
from cursus_readiness.environments.entry_point import code_inputs
from cursus_readiness.model.job import Job
from cursus_readiness.model.plan import Plan
from cursus_readiness.objectstore.store import ObjectStore


def environment_requests(
    plan: Plan,
    store: ObjectStore,
    *,
    selected: Collection[str],
) -> list[EnvironmentRequest]:
    """A request for each selected step that can be executed; the plan's code is in the store."""
    return [_request(step.name, step.job, plan, store) for step in plan.steps if step.job and step.name in selected]


def _request(step_name: str, job: Job, plan: Plan, store: ObjectStore) -> EnvironmentRequest:
    spec = plan.scenario.python_of(step_name)
    if job.own_requirements:  # what the image has does not matter to it
        return EnvironmentRequest(step_name, spec, framework_requirements=job.own_requirements)
    return EnvironmentRequest(
        step_name,
        spec,
        image_uri=job.image_uri,
        code=code_inputs(job, store),
        framework_requirements=plan.framework_requirements.get(step_name, ()),
    )
