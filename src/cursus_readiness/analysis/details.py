"""What a step was given, from its plan."""

from __future__ import annotations

import shlex

from cursus_readiness.model.attachments import StepDetail, StepInput
from cursus_readiness.model.plan import PlannedStep


def step_detail(
    scenario: str, planned: PlannedStep, *, scenarios: str, out: str, instance_memory_bytes: int | None
) -> StepDetail:
    """What the job of a step was given, and the command that runs it again.

    ``scenarios`` and ``out`` are what the command names. Values that are named like secrets are hidden in a stored plan
    already.
    """
    job = planned.job
    only = f"{scenario}/{planned.name}"
    return StepDetail(
        scenario=scenario,
        step=planned.name,
        variables=dict(job.environment) if job else {},
        inputs=tuple(StepInput(name=each.name, uri=each.uri, path=each.path) for each in job.inputs) if job else (),
        instance_memory_bytes=instance_memory_bytes,
        rerun=shlex.join(["readiness", "run", scenarios, "--only", only, "--cached", "--out", out]) if job else None,
    )
