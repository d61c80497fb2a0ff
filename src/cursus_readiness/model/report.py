"""The readiness report: what was judged, and the verdict. Every rendered format comes from this one shape."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field, model_validator

from cursus_readiness.model.audit import AuditResult, OptimizationRecommendation, Outcome
from cursus_readiness.model.base import Bytes, Model, Seconds
from cursus_readiness.model.comparison import Comparison
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.notebook import html_table
from cursus_readiness.model.policy import PolicyUse, Stage
from cursus_readiness.model.result import E2ETestResult
from cursus_readiness.model.verdict import Verdict as Verdict  # noqa: PLC0414 - all else finds it here
from cursus_readiness.units import format_seconds

SCHEMA_VERSION = 1


class RunEnvironment(Model):
    """Where a run took place: what one needs to know before comparing it with another."""

    tool_version: str
    python_version: str
    platform: str
    cpu_model: str | None = None
    cpu_count: int | None = None
    memory_bytes: Bytes | None = None
    commit: str | None = None
    is_commit_dirty: bool | None = None
    packages: dict[str, str] = Field(default_factory=dict)


class RunSettings(Model):
    """What was asked for when a run was started. ``scenarios`` is where its scenario files were looked for."""

    scenarios: str = ""
    only: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    jobs: int = Field(default=1, ge=1)
    resumed_from: str | None = None
    is_cached: bool = Field(default=False, description="Whether steps of earlier runs were to be reused.")
    from_step: str | None = Field(default=None, description="The first step that is run.")
    execution: str | None = Field(default=None, description="What has the outputs of the steps before it.")
    pipeline_started_at: AwareDatetime | None = Field(
        default=None, description="What pipelines are told as their start, when it is that of the run that goes on."
    )
    baseline: str | None = Field(
        default=None, description="What the run is compared with: a baseline, a run, 'none'; None: the usual baseline."
    )

    stage: Stage = Field(default=Stage.DEV, description="The environment whose checklist items gate.")
    policy: str | None = Field(default=None, description="The policy file that was named; None: the nearest one.")
    is_sealed: bool = Field(default=False, description="Whether the folder must hold the sums of its files.")

    @model_validator(mode="before")
    @classmethod
    def _first_version(cls, value: Any) -> Any:
        """Runs before this shape was made had texts, names joined by blanks."""
        if isinstance(value, dict):
            return {
                key: tuple(item.split()) if key in ("only", "tags") and isinstance(item, str) else item
                for key, item in value.items()
            }
        return value

    @property
    def is_selection(self) -> bool:
        """Whether it was asked for some of the scenarios or steps: such a run says nothing of how many there are."""
        is_file = self.scenarios.endswith((".yaml", ".yml", ".json"))
        return bool(self.only or self.tags or self.from_step) or is_file


PLAIN_RUN = RunSettings()


class RunManifest(Model):
    """``run.json``: written last, so that its presence says that the run is complete."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    started_at: AwareDatetime
    finished_at: AwareDatetime
    wall_s: Seconds
    environment: RunEnvironment
    scenarios: tuple[str, ...]
    settings: RunSettings = RunSettings()


class Evidence(Model):
    """One fact that a checklist item rests on."""

    statement: str
    outcome: Outcome
    audit: str | None = None


class ChecklistItem(Model):
    """One of the plan's eight items, judged from evidence."""

    item: int = Field(ge=1, le=8)
    title: str
    outcome: Outcome
    evidence: tuple[Evidence, ...] = ()
    remedy: str | None = None


class ReadinessReport(Model):
    """The judgement of one run."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    verdict: Verdict
    reason: str
    exit_code: int
    started_at: AwareDatetime
    wall_s: Seconds | None
    is_complete: bool
    scenarios: tuple[E2ETestResult, ...]
    audits: tuple[AuditResult, ...]
    recommendations: tuple[OptimizationRecommendation, ...]
    checklist: tuple[ChecklistItem, ...]
    problems: tuple[Finding, ...] = ()
    environment: RunEnvironment
    settings: RunSettings = RunSettings()
    comparison: Comparison | None = Field(default=None, description="Beside its baseline, if there is one.")
    policy: PolicyUse | None = Field(default=None, description="By what it was judged, and on which day.")

    def _repr_html_(self) -> str:
        """The judgement as a notebook shows it."""
        rows = [
            (
                scenario.scenario_name,
                "passed" if scenario.success else "not passed",
                f"{scenario.steps_executed} / {len(scenario.steps)}",
                format_seconds(scenario.total_duration),
            )
            for scenario in self.scenarios
        ]
        caption = f"{self.verdict.value.replace('_', ' ')}: {self.reason}"
        return html_table(caption, ("Scenario", "Result", "Steps executed", "Time"), rows)
