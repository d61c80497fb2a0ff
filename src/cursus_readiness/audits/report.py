"""Judge a run: the one place where audits, checklist and verdict become the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from cursus_readiness.audits.checklist import checklist
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.runner import run_audits
from cursus_readiness.audits.scoring import decide, exit_code
from cursus_readiness.audits.terms import Terms
from cursus_readiness.audits.waiving import waive, waiver_findings
from cursus_readiness.model.comparison import Comparison
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.policy import PolicyUse
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
    terms: Terms | None = None,
) -> ReadinessReport:
    """The report of a run; the same inputs give the same report. Without terms it is judged as of its own day."""
    terms = terms or Terms(judged_on=started_at.date())
    audits, recommendations = run_audits(
        scenarios, policy, instances, comparison=comparison, budgets=terms.policy.budgets
    )
    of_project = terms.judge_project(scenarios, recommendations, is_selection=settings.is_selection)
    audits = terms.with_levels([*audits, *of_project])
    audits, waivers = waive(audits, terms.policy.waivers, terms.judged_on)
    verdict, reason = decide(audits, scenarios, is_complete=is_complete, problems=terms.problems, damage=terms.damage)
    return ReadinessReport(
        run_id=run_id,
        verdict=verdict,
        reason=reason,
        exit_code=exit_code(verdict, scenarios, terms.problems),
        started_at=started_at,
        wall_s=wall_s,
        is_complete=is_complete,
        scenarios=tuple(scenarios),
        audits=tuple(audits),
        recommendations=tuple(recommendations),
        checklist=checklist(audits, recommendations),
        problems=(*terms.problems, *waiver_findings(waivers, terms.judged_on), *_unused_budgets(terms, scenarios)),
        environment=environment,
        settings=settings,
        comparison=comparison,
        policy=PolicyUse(
            source=terms.source, sha256=terms.sha256, stage=terms.stage, judged_on=terms.judged_on, waivers=waivers
        ),
    )


def _unused_budgets(terms: Terms, scenarios: Sequence[E2ETestResult]) -> Iterator[Finding]:
    """A budget of no step is a name that was misspelled."""
    names = [(item.scenario_name, step.step_name) for item in scenarios for step in item.steps]
    for budget in terms.policy.budgets:
        if names and not any(budget.covers(*name) for name in names):
            yield Finding(
                id="unused-budget",
                severity=Severity.WARNING,
                message="no step of this run is meant by it",
                place=f"budget of {budget.scenario}/{budget.step}",
                remedy="Correct its names, or remove it.",
            )
