"""Judge a run folder that has been read."""

from __future__ import annotations

from cursus_readiness.analysis.diagnosis import with_diagnoses
from cursus_readiness.analysis.scenario import summarise
from cursus_readiness.audits.report import judge_run
from cursus_readiness.audits.terms import Terms, terms_of
from cursus_readiness.model.comparison import Comparison
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult
from cursus_readiness.resources import instance_specs
from cursus_readiness.store.reading import StoredRun, StoredScenario, read_samples
from cursus_readiness.store.sealing import is_whole


def stored_terms(stored: StoredRun) -> Terms:
    """By what a run is judged: as it was told when it was made, or when another policy was given since.

    A run that has lost its policy cannot be judged; one that never had any is judged by the usual one, of its own day.
    """
    record = stored.policy
    if record is None:
        return Terms(judged_on=stored.started_at.date(), damage=stored.damage)
    return terms_of(record, project=stored.project, damage=stored.damage, is_whole=is_whole(record))


def judge(
    stored: StoredRun, comparison: Comparison | None = None, *, judged: ReadinessReport | None = None
) -> ReadinessReport:
    """The report of a run folder that has been read; an earlier one (``judged``) saves reading samples again."""
    manifest, terms = stored.manifest, stored_terms(stored)
    found = judge_run(
        judged.scenarios if judged else [_result(stored, scenario) for scenario in stored.scenarios],
        run_id=stored.layout.run_id,
        started_at=stored.started_at,
        wall_s=manifest.wall_s if manifest else None,
        is_complete=manifest is not None,
        environment=stored.environment,
        settings=stored.settings,
        policy=terms.policy.thresholds,
        instances=instance_specs(),
        comparison=comparison,
        terms=terms,
    )
    return found.model_copy(update={"problems": (*stored.problems, *found.problems)})


def _result(stored: StoredRun, scenario: StoredScenario) -> E2ETestResult:
    files = stored.layout.scenario(scenario.record.scenario_name)
    return with_diagnoses(
        summarise(scenario),
        lambda step: read_samples(files.step(step).samples),
        stored.environment.cpu_count,
    )
