"""The runs of a folder, and how figures of their scenarios went on."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import Field

from cursus_readiness.model.base import Bytes, Model, Seconds
from cursus_readiness.model.summary import RunSummary


class HistoryEntry(Model):
    """One run folder: what it measured, or why it cannot be read (``problem``)."""

    run_id: str
    summary: RunSummary | None = None
    problem: str | None = None
    has_page: bool = Field(description="Whether its report is there.")

    @property
    def started_at(self) -> datetime | None:
        """When the run began: as recorded, else as its name says."""
        if self.summary is not None:
            return self.summary.newest.started_at
        try:
            return datetime.strptime(self.run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            return None


class TrendPoint(Model):
    """One scenario in one run; ``None`` is *not measured*, of ``success``: it never came to an end."""

    run_id: str
    success: bool | None = None
    wall_s: Seconds | None = None
    peak_memory_bytes: Bytes | None = None


class Trend(Model):
    """A scenario from run to run, the oldest first.

    ``wall_shifts`` and ``memory_shifts`` are the places of ``points`` from which on a figure was clearly another.
    """

    scenario_name: str
    points: tuple[TrendPoint, ...]
    wall_shifts: tuple[int, ...] = ()
    memory_shifts: tuple[int, ...] = ()


class History(Model):
    """The runs of a folder, the newest first, as far as they are shown; the rest is counted."""

    entries: tuple[HistoryEntry, ...]
    entries_left_out: int = Field(default=0, ge=0)
    trends: tuple[Trend, ...] = ()
    trends_left_out: int = Field(default=0, ge=0)
