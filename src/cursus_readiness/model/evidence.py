"""Evidence about a project: records that tools and people leave, and facts that were looked up."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime, Field

from cursus_readiness.model.base import Model

MOST_PROBLEMS = 20


class EvidenceKind(StrEnum):
    """What a record can be of; the file of a record is named so."""

    CI_RUN = "ci-run"
    IMAGE = "image"
    DOCUMENTED_COMMANDS = "documented-commands"
    VULNERABILITIES = "vulnerabilities"
    CODE_SECURITY = "code-security"
    BILL_OF_MATERIALS = "bill-of-materials"
    RECOVERY_DRILL = "recovery-drill"
    MEMORY_REDUCTION = "memory-reduction"


class EvidenceRecord(Model):
    """What was found by whom, when, and until when it counts. ``seal`` is the sha256 of all else.

    ``file`` lies beside the record; ``sha256`` is its content's. What a tool did not find needs no name; what a person
    vouches for has one in ``by``.
    """

    kind: EvidenceKind
    source: str = Field(min_length=1, description="The command or person that it comes from.")
    recorded_on: date
    expires_on: date
    file: str = Field(min_length=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    by: str | None = None
    seal: str = ""


class Fact(Model):
    """What was looked up for one audit of the project.

    ``examined_count`` is ``None`` when nothing was there to look at; then ``missing`` says what. Only the first
    problems are kept, ``problem_count`` counts all.
    """

    id: str
    examined_count: int | None = Field(default=None, ge=0)
    unit: str = "files"
    problem_count: int = Field(default=0, ge=0)
    problems: tuple[str, ...] = ()
    missing: str | None = None
    is_applicable: bool = True
    source: str | None = None
    recorded_on: date | None = None
    expires_on: date | None = None


class ProjectRecord(Model):
    """``project.json``: what was looked up about the project when the run was made."""

    collected_at: AwareDatetime
    facts: tuple[Fact, ...] = ()


def examined(fact_id: str, count: int, problems: list[str], unit: str = "files") -> Fact:
    """A fact of something that was there to look at."""
    kept = tuple(problems[:MOST_PROBLEMS])
    return Fact(id=fact_id, examined_count=count, unit=unit, problem_count=len(problems), problems=kept)
