"""Where the time and the memory of one step went: figures, without a judgement."""

from __future__ import annotations

from pydantic import Field

from cursus_readiness.model.base import Bytes, Model, Seconds

_SHARED_RATIO = 1.5  # resident sizes that add up to more than this much of what is held are the same pages


class Growth(Model):
    """A straight line through the floors of resident memory, start-up left out, with the 95 % interval of its slope.

    A program that leaks raises the floor until its end; one that warms up does so at first. ``late_slope_bytes_per_s``
    is of the last half alone. ``linearity_ratio`` is the share of the movement that the line explains.
    """

    slope_bytes_per_s: float
    slope_lower_bytes_per_s: float
    slope_upper_bytes_per_s: float
    late_slope_bytes_per_s: float
    linearity_ratio: float = Field(ge=0, le=1)
    grown_bytes: float = Field(description="From the first floor to the last.")
    span_s: Seconds


class StepDiagnosis(Model):
    """What the samples of a step tell. ``None`` means *not measured*.

    Each moment is one of three: a process waits for storage, else a thread computes or wants to, else all of them wait
    for something else. ``runnable_threads`` is the mean number of threads that computed or wanted to, while any did.
    """

    cpu_count: int | None = Field(default=None, ge=1, description="Of the machine that it ran on.")
    effective_cores: float | None = Field(default=None, ge=0, description="CPU time by wall time.")
    computing_ratio: float = Field(ge=0, le=1)
    storage_wait_ratio: float = Field(ge=0, le=1)
    idle_ratio: float = Field(ge=0, le=1)
    runnable_threads: float | None = Field(default=None, ge=0)
    busy_cores: float | None = Field(default=None, ge=0, description="Mean while it computed.")
    process_count: float = Field(ge=0, description="Mean number of its processes while it computed, else at all.")
    peak_thread_count: int = Field(ge=0)
    staging_s: Seconds | None = Field(default=None, description="From the step's start to that of its process.")
    steady_memory_bytes: Bytes | None = Field(default=None, description="Median of the second half.")
    resident_to_held_ratio: float | None = Field(
        default=None, ge=0, description="Largest sum of resident sizes by peak memory: above 1, pages are shared."
    )
    growth: Growth | None = None

    @property
    def shares_memory(self) -> bool:
        """Whether its processes hold much of their memory together, so that a sum of their sizes misleads."""
        return self.resident_to_held_ratio is not None and self.resident_to_held_ratio >= _SHARED_RATIO
