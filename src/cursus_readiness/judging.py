"""Judge a run folder that has been read."""

from __future__ import annotations

from cursus_readiness.analysis.scenario import summarise
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.report import judge_run
from cursus_readiness.model.comparison import Comparison
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.resources import instance_specs
from cursus_readiness.store.reading import StoredRun


def judge(stored: StoredRun, comparison: Comparison | None = None) -> ReadinessReport:
    """The report of a run folder that has been read."""
    manifest = stored.manifest
    judged = judge_run(
        [summarise(scenario) for scenario in stored.scenarios],
        run_id=stored.layout.run_id,
        started_at=stored.started_at,
        wall_s=manifest.wall_s if manifest else None,
        is_complete=manifest is not None,
        environment=stored.environment,
        settings=stored.settings,
        policy=Policy(),
        instances=instance_specs(),
        comparison=comparison,
    )
    return judged.model_copy(update={"problems": stored.problems})
