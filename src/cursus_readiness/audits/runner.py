"""Run every audit over every scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cursus_readiness.audits.base import Advice, Audit, AuditMeta, Evidence, Product
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.registry import AUDITS
from cursus_readiness.errors import ReadinessError
from cursus_readiness.model.audit import AuditResult, Level, OptimizationRecommendation, Outcome
from cursus_readiness.model.comparison import Comparison
from cursus_readiness.model.policy import Budget
from cursus_readiness.model.result import E2ETestResult
from cursus_readiness.resources import InstanceSpec

_SEVERITIES = ("critical", "high", "medium", "low")


def run_audits(
    scenarios: Iterable[E2ETestResult],
    policy: Policy,
    instances: Mapping[str, InstanceSpec],
    audits: Sequence[Audit] = AUDITS,
    *,
    comparison: Comparison | None = None,
    budgets: tuple[Budget, ...] = (),
) -> tuple[list[AuditResult], list[OptimizationRecommendation]]:
    """Audit results in the order of scenarios and audits, and the recommendations among them by impact.

    An audit that breaks is an ERROR of that audit; the others still speak.
    """
    results: list[AuditResult] = []
    recommendations: list[OptimizationRecommendation] = []
    for scenario in scenarios:
        evidence = Evidence(scenario, policy, instances, comparison, budgets)
        for audit in audits:
            products = _evaluate(audit, evidence)
            for product in products:
                results.append(result_of(audit.meta, scenario.scenario_name, product))
                if product.advice:
                    recommendations.append(_recommendation(audit.meta, scenario.scenario_name, product, product.advice))
    recommendations.sort(key=_impact)
    return results, recommendations


def _evaluate(audit: Audit, evidence: Evidence) -> list[Product]:
    try:
        products = list(audit.evaluate(evidence))
    except ReadinessError:  # an interruption, not the audit's own
        raise
    except Exception as error:  # noqa: BLE001 - a broken audit must be seen, and must not take the others with it
        return [Product(Outcome.ERROR, f"the audit broke: {type(error).__name__}: {error}", remedy="Report this.")]
    return products or [_nothing_said(audit.meta, evidence)]


def _nothing_said(meta: AuditMeta, evidence: Evidence) -> Product:
    """An audit without a word has passed only when it is advice, and had all that it needs."""
    steps = evidence.executed_steps
    lacking = [
        step.step_name
        for step in steps
        if step.wall_s is None
        or any(getattr(step.usage, name) is None for name in meta.needs)
        or (meta.needs_diagnosis and step.diagnosis is None and not evidence.is_short(step))
    ]
    if meta.level is Level.GATE or not steps:
        return Product(Outcome.NO_EVIDENCE, "no step was measured", remedy="Run the scenario.")
    if meta.judges_instances and not any(step.instance_type for step in steps):
        return Product(Outcome.NOT_APPLICABLE, "the definition names no instance type")
    if meta.judges_time and all(map(evidence.is_short, steps)):
        return Product(Outcome.NO_EVIDENCE, "no step is long enough to be judged")
    if lacking:
        return Product(Outcome.NO_EVIDENCE, f"not measured: {', '.join(lacking)}")
    return Product(Outcome.PASS, f"nothing to say about {len(steps)} measured steps")


def result_of(meta: AuditMeta, scenario: str | None, product: Product) -> AuditResult:
    """What an audit said of a scenario, or of the project."""
    return AuditResult(
        id=meta.id,
        title=meta.failure_title if product.outcome in (Outcome.WARN, Outcome.FAIL) else meta.title,
        level=meta.level,
        checklist_item=meta.checklist_item,
        outcome=product.outcome,
        message=product.message,
        scenario=scenario,
        step=product.step,
        measured=product.measured,
        threshold=product.threshold,
        remedy=product.remedy,
        steps=product.steps,
        is_must=meta.is_must,
    )


def _recommendation(meta: AuditMeta, scenario: str, product: Product, advice: Advice) -> OptimizationRecommendation:
    return OptimizationRecommendation(
        category=advice.category,
        severity=advice.severity,
        description=product.message,
        suggested_action=product.remedy or "",
        estimated_improvement=advice.improvement,
        audit=meta.id,
        scenario=scenario,
        step=product.step,
        measured=product.measured,
        threshold=product.threshold,
        evidence=advice.evidence,
        confidence=advice.confidence,
        effort=advice.effort,
    )


def _impact(item: OptimizationRecommendation) -> tuple[int, float, str, str]:
    """Severity first, then how far the measured value is from the threshold."""
    distance = 0.0
    if item.measured and item.threshold and item.threshold.value:
        distance = abs(item.measured.value / item.threshold.value - 1)
    return _SEVERITIES.index(item.severity), -distance, item.scenario or "", item.step or ""
