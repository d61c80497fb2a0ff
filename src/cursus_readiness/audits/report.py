"""Judge a run: the one place where audits, checklist and verdict become the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from cursus_readiness.audits.checklist import checklist
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.runner import run_audits
from cursus_readiness.audits.scoring import decide, exit_code
from cursus_readiness.model.comparison import Comparison
from cursus_readiness.model.report import PLAIN_RUN, ReadinessReport, RunEnvironment, RunSettings
from cursus_readiness.model.result import E2ETestResult
from cursus_readiness.resources import InstanceSpec


def judge_run(
    scenarios: Sequence[E2ETestResult],
    *,
    run_id: str,
    started_at: datetime,
    wall_s: float | None,
    is_complete: bool,
    environment: RunEnvironment,
    settings: RunSettings = PLAIN_RUN,
    policy: Policy,
    instances: Mapping[str, InstanceSpec],
    comparison: Comparison | None = None,
) -> ReadinessReport:
    """The report of a run; the same inputs give the same report."""
    audits, recommendations = run_audits(scenarios, policy, instances, comparison=comparison)
    verdict, reason = decide(audits, scenarios, is_complete=is_complete)
    return ReadinessReport(
        run_id=run_id,
        verdict=verdict,
        reason=reason,
        exit_code=exit_code(verdict, scenarios),
        started_at=started_at,
        wall_s=wall_s,
        is_complete=is_complete,
        scenarios=tuple(scenarios),
        audits=tuple(audits),
        recommendations=tuple(recommendations),
        checklist=checklist(audits, recommendations),
        environment=environment,
        settings=settings,
        comparison=comparison,
    )
