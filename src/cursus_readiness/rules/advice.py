"""Rules that hold for a useless model, too: told before anything runs."""

from __future__ import annotations

from collections.abc import Iterable

from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.rules.metric import MetricCheck
from cursus_readiness.rules.predictions import PredictionsCheck
from cursus_readiness.rules.registry import BoundRule


def doubts(rules: Iterable[BoundRule]) -> list[Finding]:
    """A warning for each bound on accuracy that nothing else in the scenario backs."""
    rules = list(rules)
    if any(isinstance(rule.check, PredictionsCheck) and rule.check.measures_ranking for rule in rules):
        return []
    metrics = [(rule, rule.check) for rule in rules if isinstance(rule.check, MetricCheck)]
    if any(check.is_telling for _, check in metrics):
        return []
    return [
        Finding(
            id="accuracy-alone",
            severity=Severity.WARNING,
            message=f"{rule.target} is judged by accuracy alone: where one class is rare, "
            "a model that never finds it has a high accuracy, too",
            place=f"validation_rules.{rule.step}",
            remedy="add a bound on auc, f1 or recall, or a 'predictions' rule with 'auc' on the scored rows",
        )
        for rule, check in metrics
        if check.trusts_accuracy_alone
    ]
