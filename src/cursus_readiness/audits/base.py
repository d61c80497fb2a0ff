"""The seam of audits: meta, evidence, product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cursus_readiness.audits.policy import Policy
from cursus_readiness.model.audit import Level, Outcome, Quantity
from cursus_readiness.model.comparison import Comparison
from cursus_readiness.model.diagnosis import StepDiagnosis
from cursus_readiness.model.policy import Budget
from cursus_readiness.model.result import E2ETestResult, StepResult
from cursus_readiness.resources import InstanceSpec


@dataclass(frozen=True, slots=True)
class AuditMeta:
    """What an audit is; ``id`` equals its file name with dashes.

    ``needs`` are the fields of Usage without which advice has nothing to go by; ``judges_time`` says that it leaves out
    steps that are too short, ``judges_instances`` that it is about instance types, ``needs_diagnosis`` that it goes by
    what the samples of a step tell, ``is_must`` that a failure cannot be waived.
    """

    id: str
    title: str
    failure_title: str
    level: Level
    checklist_item: int
    needs: frozenset[str] = frozenset()
    judges_time: bool = False
    judges_instances: bool = False
    is_must: bool = False
    needs_diagnosis: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an audit may look at."""

    scenario: E2ETestResult
    policy: Policy
    instances: Mapping[str, InstanceSpec]
    comparison: Comparison | None = None
    budgets: tuple[Budget, ...] = ()

    def is_short(self, step: StepResult) -> bool:
        """Whether a step is too short, or was looked at too seldom, to say how it spends its time."""
        too_few = step.usage.sample_count < self.policy.fewest_judged_samples
        return too_few or step.wall_s is None or step.wall_s < self.policy.shortest_judged_s

    @property
    def diagnosed_steps(self) -> list[tuple[StepResult, StepDiagnosis]]:
        """The steps that are long enough, each with what its samples tell."""
        return [
            (step, step.diagnosis)
            for step in self.measured_steps
            if step.diagnosis is not None and not self.is_short(step)
        ]

    @property
    def executed_steps(self) -> list[StepResult]:
        """The steps of which a process ran, whether it was measured or not."""
        return [step for step in self.scenario.steps if step.had_process]

    @property
    def measured_steps(self) -> list[StepResult]:
        """The steps of which a process ran to an end here."""
        return [step for step in self.executed_steps if step.wall_s is not None]


@dataclass(frozen=True, slots=True)
class Advice:
    """What turns an audit that did not pass into a recommendation; the fields are OptimizationRecommendation's."""

    category: str
    severity: str
    improvement: str
    evidence: tuple[str, ...] = ()
    confidence: str = "medium"
    effort: str = "medium"


@dataclass(frozen=True, slots=True)
class Product:
    """What an audit says; ``steps`` are all those that a failure is about, where ``step`` is but the first."""

    outcome: Outcome
    message: str
    step: str | None = None
    measured: Quantity | None = None
    threshold: Quantity | None = None
    remedy: str | None = None
    advice: Advice | None = None
    steps: tuple[str, ...] = ()


class Audit(Protocol):
    """Judges one scenario: a pure function of the evidence."""

    meta: AuditMeta

    def evaluate(self, evidence: Evidence) -> Iterable[Product]:
        """One product for the scenario, or one per step that there is something to say about."""
        ...
