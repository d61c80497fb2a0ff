"""Stored shapes that only the run folder knows."""

from __future__ import annotations

from pydantic import AwareDatetime

from cursus_readiness.model.base import Model, Seconds
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.rule import RuleResult


class ScenarioRecord(Model):
    """When a scenario ran, and why it could not.

    ``problem`` is ``invalid`` (its files) or ``cannot_run`` (this machine), else ``None``.
    """

    scenario_name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    started_at: AwareDatetime | None = None
    total_duration_s: Seconds | None = None
    problem: str | None = None
    error_details: str | None = None


class FindingsRecord(Model):
    """What rules and preparation found."""

    rules: tuple[RuleResult, ...] = ()
    findings: tuple[Finding, ...] = ()
