"""Stored shapes that only the run folder knows."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, ConfigDict

from cursus_readiness.model.base import Model, Seconds
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.report import RunEnvironment, RunSettings
from cursus_readiness.model.result import StepResult
from cursus_readiness.model.rule import RuleResult


class RunStart(Model):
    """The journal's first event: what was to be run, and where."""

    model_config = ConfigDict(extra="ignore")

    event: Literal["run_started"]
    schema_version: int = 1
    at: AwareDatetime
    scenarios: tuple[str, ...]
    environment: RunEnvironment
    settings: RunSettings = RunSettings()


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


class StepRecord(StepResult):
    """``result.json``: what was measured of a step, with what rules and findings say of it."""

    rules: tuple[RuleResult, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def result(self) -> StepResult:
        """What was measured alone."""
        return StepResult.model_construct(**{name: getattr(self, name) for name in StepResult.model_fields})


class FindingsRecord(Model):
    """What preparation found. Rules and findings of steps stand with each step (runs before had all of them here)."""

    rules: tuple[RuleResult, ...] = ()
    findings: tuple[Finding, ...] = ()
