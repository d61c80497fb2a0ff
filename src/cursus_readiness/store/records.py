"""Stored shapes that only the run folder knows."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, ConfigDict

from cursus_readiness.model.base import Model, Seconds
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.report import RunEnvironment
from cursus_readiness.model.rule import RuleResult


class RunStart(Model):
    """The journal's first event: what was to be run, and where."""

    model_config = ConfigDict(extra="ignore")

    event: Literal["run_started"]
    at: AwareDatetime
    scenarios: tuple[str, ...]
    environment: RunEnvironment


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
