"""What a project asks of its runs, beside the thresholds: budgets, waivers, environments, evidence, signers."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase

from pydantic import Field, field_validator, model_validator

from cursus_readiness.model.base import Model, Seconds

PROJECT = "project"
"""The scenario of what is judged of the project rather than of a scenario."""
_EVERYTHING = re.compile(r"[*?\[\]!]*")


class Stage(StrEnum):
    """Where a release is to go, the strictest last."""

    DEV = "dev"
    STAGING = "staging"
    PRODUCTION = "production"


class Strictness(StrEnum):
    """How an audit counts: advice, a gate that may be waived, a gate that may not."""

    ADVICE = "advice"
    GATE = "gate"
    MUST = "must"


class Scope(Model):
    """Which steps of which scenarios are meant, as shell patterns."""

    scenario: str = Field(min_length=1, description="A scenario, or a shell pattern of them.")
    step: str = Field(min_length=1, description="A step, or a shell pattern; '*' is every step.")

    def covers(self, scenario: str, step: str) -> bool:
        """Whether a step is meant; the empty step is the scenario as a whole."""
        return fnmatchcase(scenario, self.scenario) and fnmatchcase(step, self.step)


class Budget(Scope):
    """What a step may take. At least one figure."""

    step: str = Field(default="*", min_length=1, description="A step, or a shell pattern; every step when left out.")
    wall_s: Seconds | None = Field(default=None, description="Longest time from start to exit.")
    cpu_s: Seconds | None = Field(default=None, description="Most CPU time.")
    peak_memory_mb: float | None = Field(default=None, ge=0, description="Highest peak of memory, in MiB.")

    @model_validator(mode="after")
    def _has_a_figure(self) -> Budget:
        if self.wall_s is None and self.cpu_s is None and self.peak_memory_mb is None:
            raise ValueError("a budget needs wall_s, cpu_s or peak_memory_mb")
        return self


class PolicyWaiver(Scope):
    """A failure that is accepted for a while. Everything must be said."""

    audit: str = Field(description="The id of the audit that fails.")
    reason: str = Field(min_length=1, description="Why the failure is accepted.")
    owner: str = Field(min_length=1, description="Who sees to it that it ends.")
    issue: str = Field(pattern=r"^https?://\S+$", description="Where the work on it is followed.")
    expires: date = Field(description="The last day on which it applies, at most 90 days ahead.")

    @field_validator("scenario")
    @classmethod
    def _names_something(cls, value: str) -> str:
        if _EVERYTHING.fullmatch(value.strip()):
            raise ValueError("a waiver names a scenario, or 'project'; a pattern for all accepts too much")
        return value

    @field_validator("reason", "owner")
    @classmethod
    def _says_something(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("this must not be empty")
        return value


class StagePolicy(Model):
    """What one environment asks for."""

    required_items: tuple[int, ...] = Field(default=(1, 2), description="Items of the checklist that gate.")
    required_roles: tuple[str, ...] = Field(default=(), description="Roles that must have signed.")

    @field_validator("required_items")
    @classmethod
    def _of_the_checklist(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not set(value) >= {1, 2} or not set(value) <= set(range(1, 9)):
            raise ValueError("items are 1 to 8, and 1 and 2 are always among them")
        return tuple(sorted(set(value)))


def usual_stages() -> dict[Stage, StagePolicy]:
    """What the environments ask for when a policy says nothing of them."""
    return {
        Stage.DEV: StagePolicy(),
        Stage.STAGING: StagePolicy(required_items=(1, 2, 3, 5, 6, 7)),
        Stage.PRODUCTION: StagePolicy(required_items=tuple(range(1, 9)), required_roles=("release-manager",)),
    }


class DiscoverySettings(Model):
    """Which folders hold scenarios."""

    exclude: tuple[str, ...] = Field(default=(), description="Folders that a run of their parents leaves out.")


class ValidationSettings(Model):
    """When the scenarios are complete."""

    min_scenarios: int = Field(default=1, ge=1, description="Fewer judged scenarios are not enough.")
    pipelines: tuple[str, ...] = Field(
        default=(), description="Patterns of pipeline files of which each must have a scenario."
    )


class ProjectSettings(Model):
    """Where the evidence of a project lies; paths are relative to the policy file."""

    evidence: str = Field(default="evidence", min_length=1, description="The folder of evidence records.")
    workflows: tuple[str, ...] = (".github/workflows/*.yml", ".github/workflows/*.yaml")
    user_pages: tuple[str, ...] = Field(default=("README.md",), description="Pages that users need.")
    operator_pages: tuple[str, ...] = Field(default=(), description="Pages that operators need.")
    links: tuple[str, ...] = Field(
        default=("*.md", "docs/**/*.md"), description="Pages whose links must lead somewhere."
    )
    sources: tuple[str, ...] = Field(default=("src",), description="Folders of Python code.")
    secrets_exclude: tuple[str, ...] = Field(default=(), description="Patterns of files that are not scanned.")
    alert_rules: tuple[str, ...] = ("deploy/monitoring/**/*rules.yml", "deploy/monitoring/**/*rules.yaml")


class TrustedSigner(Model):
    """Whose signature counts, and for what."""

    name: str = Field(min_length=1)
    role: str = Field(min_length=1)
    public_key: str = Field(pattern=r"^[A-Za-z0-9+/]{43}=$", description="Base64, as `readiness keygen` prints it.")


class PolicyRecord(Model):
    """``policy.json``: the policy that a run was judged by, and the day on which.

    Judging again gives the same because nothing else is looked at. ``text`` is ``None`` when there was no file;
    ``problem`` says why one that was named could not be read. ``seal`` is the sha256 of all else.
    """

    source: str | None = None
    text: str | None = None
    problem: str | None = None
    stage: Stage = Stage.DEV
    judged_on: date
    seal: str = ""


class WaiverUse(PolicyWaiver):
    """What became of a waiver when a run was judged: ``applied``, ``unused``, ``expired`` or ``too far ahead``."""

    state: str


class PolicyUse(Model):
    """By what a run was judged."""

    source: str | None = None
    sha256: str | None = None
    stage: Stage = Stage.DEV
    judged_on: date
    waivers: tuple[WaiverUse, ...] = ()
