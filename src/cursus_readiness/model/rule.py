"""What became of one validation rule."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from cursus_readiness.model.base import Model


class RuleResult(Model):
    """One rule on one output of one step. ``held`` is ``None`` when it could not be judged: never taken for held."""

    step: str
    target: str
    rule: str
    held: bool | None
    message: str
    examples: tuple[str, ...] = ()
    measured: dict[str, float] = Field(default_factory=dict, description="Numbers of a file that it judged, by name.")


def metrics_of(rules: Iterable[RuleResult]) -> dict[str, dict[str, float]]:
    """The numbers that the rules of one step judged: files of an output -> path in them -> value."""
    metrics: dict[str, dict[str, float]] = {}
    for rule in rules:
        if rule.measured:
            metrics.setdefault(rule.target, {}).update(rule.measured)
    return metrics
