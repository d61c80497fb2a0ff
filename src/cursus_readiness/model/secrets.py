"""Values that must not reach any file of a run folder."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cursus_readiness.model.plan import Plan, PlannedStep

_SECRET_NAME = re.compile(
    r"SECRET|TOKEN|PASSW(OR)?D|PASSPHRASE|CREDENTIAL|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY", re.IGNORECASE
)
HIDDEN = "***"


def hide_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the values of variables that are named like secrets hidden."""
    return {name: HIDDEN if _SECRET_NAME.search(name) else value for name, value in environment.items()}


def without_secrets(plan: Plan) -> Plan:
    """A plan as it may be stored."""
    scenario = plan.scenario.model_copy(
        update={
            "environment_variables": hide_secrets(plan.scenario.environment_variables),
            "steps": {
                name: override.model_copy(
                    update={"environment_variables": hide_secrets(override.environment_variables)}
                )
                for name, override in plan.scenario.steps.items()
            },
        }
    )
    return plan.model_copy(update={"scenario": scenario, "steps": tuple(map(_hide_in_step, plan.steps))})


def _hide_in_step(step: PlannedStep) -> PlannedStep:
    if step.job is None:
        return step
    files = {path: text for path, text in step.job.files.items() if not _holds_environment(path)}
    job = step.job.model_copy(update={"environment": hide_secrets(step.job.environment), "files": files})
    return step.model_copy(update={"job": job})


def _holds_environment(path: str) -> bool:
    """Whether a file of the container contract repeats the environment."""
    return path.endswith("/processingjobconfig.json")
