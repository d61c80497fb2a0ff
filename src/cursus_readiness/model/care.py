"""Care after deployment: what has to be done how often, when it was done last, and what there is to look at."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from cursus_readiness.model.audit import OptimizationRecommendation
from cursus_readiness.model.base import Bytes, Model, Seconds
from cursus_readiness.model.health import HealthReport
from cursus_readiness.model.summary import RunStamp
from cursus_readiness.model.verdict import Verdict


class Duty(Model):
    """Something that is due again ``every_days`` after it was done; ``how`` is the command to begin with."""

    id: str
    title: str
    every_days: int = Field(ge=1)
    how: str
    tasks: tuple[str, ...] = ()


DUTIES = (
    Duty(id="health", title="Daily health check", every_days=1, how="readiness health-check"),
    Duty(
        id="performance",
        title="Weekly performance review",
        every_days=7,
        how="readiness care review performance",
        tasks=(
            "Every regression below is explained, or has somebody who works on it.",
            "High and critical recommendations are followed, or have a date.",
            "Scenarios that did not pass are understood.",
            "The baseline is still the one to compare with (`readiness baseline list`).",
        ),
    ),
    Duty(
        id="security",
        title="Monthly security update",
        every_days=30,
        how="readiness care review security",
        tasks=(
            "`pip-audit --strict` finds nothing in the packages of tool and pipelines; what it skips is not passed.",
            "Packages and base images are updated, and the scenarios pass with them.",
            "Credentials that are due are renewed; who may read buckets and secrets is still right.",
            "Waivers that have expired are gone.",
        ),
    ),
    Duty(
        id="features",
        title="Quarterly feature review",
        every_days=91,
        how="readiness care review features",
        tasks=(
            "Every pipeline that is deployed has a scenario.",
            "Steps below that no scenario executes are tested otherwise, or their risk is accepted.",
            "Thresholds, limits and baselines still say what is wanted.",
            "What was learned from incidents has become a rule or a scenario.",
        ),
    ),
)


class CareRecord(Model):
    """That a duty was done: when, and by whom."""

    duty: str
    done_at: AwareDatetime
    by: str = Field(min_length=1)
    note: str | None = None


class CareRecords(Model):
    """All of them, the oldest first."""

    records: tuple[CareRecord, ...] = ()


class CareState(Model):
    """A duty at one time. ``None`` of ``done_at`` and ``due_at``: there is no evidence that it was ever done."""

    duty: Duty
    done_at: AwareDatetime | None = None
    by: str | None = None
    due_at: AwareDatetime | None = None
    is_due: bool
    problem: str | None = Field(default=None, description="Why evidence that is there does not count.")


class ScenarioReview(Model):
    """A scenario in a period beside all that is known of it before; medians, ``None`` is *not measured*."""

    scenario_name: str
    run_count: int
    passed_count: int
    wall_s: Seconds | None = None
    wall_before_s: Seconds | None = None
    peak_memory_bytes: Bytes | None = None
    peak_memory_before_bytes: Bytes | None = None
    has_shifted: bool = Field(default=False, description="Whether a figure went to another level in the period.")


class CareReview(Model):
    """What there is to look at for one duty."""

    duty: Duty
    since: AwareDatetime
    until: AwareDatetime
    verdicts: dict[Verdict, int]
    incomplete_count: int
    unreadable: tuple[str, ...] = ()
    newest: RunStamp | None = None
    scenarios: tuple[ScenarioReview, ...] = ()
    regressions: tuple[str, ...] = ()
    recommendations: tuple[OptimizationRecommendation, ...] = ()
    changes: tuple[str, ...] = Field(default=(), description="Of tool, Python and packages, since before the period.")
    not_executed: tuple[str, ...] = ()
    health: HealthReport | None = None
