"""By what a run is judged: the policy, the day, the environment, what was looked up, what was lost."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from cursus_readiness.audits.criteria import CRITERIA, judge_fact
from cursus_readiness.audits.project_policy import ProjectPolicy, broken_policy, parse_policy
from cursus_readiness.audits.runner import result_of
from cursus_readiness.model.audit import AuditResult, Level, OptimizationRecommendation, Outcome
from cursus_readiness.model.evidence import Fact, ProjectRecord, examined
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.policy import PolicyRecord, Stage
from cursus_readiness.model.result import E2ETestResult

ITEMS_OF_A_RUN = frozenset({1, 2})
_GRAVE = ("critical", "high")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a verdict rests on beside the run itself.

    ``problems`` are the mistakes of the policy, ``damage`` the files of the run folder that were changed or lost: with
    either, nothing can be concluded.
    """

    judged_on: date
    policy: ProjectPolicy = field(default_factory=ProjectPolicy)
    stage: Stage = Stage.DEV
    source: str | None = None
    sha256: str | None = None
    problems: tuple[Finding, ...] = ()
    project: ProjectRecord | None = None
    damage: tuple[str, ...] = ()

    @property
    def required_items(self) -> frozenset[int]:
        """The items of the checklist that gate."""
        return frozenset(self.policy.environments[self.stage].required_items)

    def with_levels(self, audits: Sequence[AuditResult]) -> list[AuditResult]:
        """The audits as strict as the policy has them: advice that is a gate there fails where it would warn."""
        return [self._with_level(audit) if audit.id in self.policy.levels else audit for audit in audits]

    def _with_level(self, audit: AuditResult) -> AuditResult:
        if not self.policy.is_gate(audit.id) or audit.scenario is None:
            return audit.model_copy(update={"is_must": self.policy.is_must(audit.id)})
        fails = audit.level is Level.ADVICE and audit.outcome is Outcome.WARN
        fields = {
            "level": Level.GATE,
            "is_must": self.policy.is_must(audit.id),
            "outcome": Outcome.FAIL if fails else audit.outcome,
        }
        return audit.model_copy(update=fields)

    def judge_project(
        self,
        scenarios: Sequence[E2ETestResult],
        recommendations: Sequence[OptimizationRecommendation],
        *,
        is_selection: bool = False,
    ) -> list[AuditResult]:
        """The audits of the project; those of items that the environment does not ask for are advice.

        A run that looked nothing up, for an environment that needs nothing of it, has only that of its scenarios; a
        selection of them is enough in development, and nowhere else.
        """
        is_enough = is_selection and self.stage is Stage.DEV
        facts = [self._scenario_count(len(scenarios), is_enough=is_enough), _open(recommendations, len(scenarios))]
        is_asked = self.project is not None or not self.required_items <= ITEMS_OF_A_RUN
        chosen = CRITERIA if is_asked else CRITERIA[:1]
        facts += self.project.facts if self.project else ()
        results = []
        for criterion in chosen:
            result = result_of(criterion.meta, None, judge_fact(criterion, facts, self.judged_on))
            is_gate = criterion.meta.checklist_item in self.required_items and self.policy.is_gate(criterion.meta.id)
            results.append(result.model_copy(update={"level": Level.GATE if is_gate else Level.ADVICE}))
        return results

    def _scenario_count(self, count: int, *, is_enough: bool) -> Fact:
        if is_enough and count:
            return Fact(id="few-scenarios", is_applicable=False, missing="only some scenarios were asked for")
        least = self.policy.validation.min_scenarios
        problems = [f"{count} of at least {least} scenarios were judged"] if count < least else []
        return examined("few-scenarios", count, problems if count else [], "scenarios")


def terms_of(
    record: PolicyRecord, *, project: ProjectRecord | None = None, damage: tuple[str, ...] = (), is_whole: bool = True
) -> Terms:
    """The terms that a record makes. ``is_whole``: whether the record is as it was written."""
    source = record.source or "policy.json"
    policy, problems = (None, ()) if record.text is None else parse_policy(record.text, source)
    if record.problem:
        problems = (broken_policy(source, record.problem),)
    if not is_whole:
        damage = (*damage, "policy.json")
    return Terms(
        judged_on=record.judged_on,
        stage=record.stage,
        source=record.source,
        policy=policy or ProjectPolicy(),
        sha256=None if record.text is None else hashlib.sha256(record.text.encode()).hexdigest(),
        problems=problems,
        project=project,
        damage=damage,
    )


def _open(recommendations: Sequence[OptimizationRecommendation], scenario_count: int) -> Fact:
    grave = [item.description for item in recommendations if item.severity in _GRAVE and not item.verified]
    return examined("open-recommendation", scenario_count, grave, "scenarios")
