"""What the steps of a plan need to run with."""

from __future__ import annotations

from collections.abc import Collection

from cursus_readiness.environments.base import EnvironmentRequest
from cursus_readiness.environments.entry_point import code_inputs
from cursus_readiness.model.plan import Plan
from cursus_readiness.objectstore.store import ObjectStore


def environment_requests(
    plan: Plan,
    store: ObjectStore,
    *,
    selected: Collection[str],
) -> list[EnvironmentRequest]:
    """A request for each selected step that can be executed; the plan's code is in the store."""
    return [
        EnvironmentRequest(
            step_name=step.name,
            spec=plan.scenario.python_of(step.name),
            image_uri=step.job.image_uri,
            code=code_inputs(step.job, store),
            framework_requirements=plan.framework_requirements.get(step.name, ()),
        )
        for step in plan.steps
        if step.job and step.name in selected
    ]
