"""Thresholds of the audits, apart from the audits themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What counts as too much or too little. Ratios are shares of a whole, 1.0 is all of it."""

    memory_pressure_ratio: float = 0.8
    """A peak at or above this share of the memory limit leaves too little room for a larger batch."""
    memory_headroom_ratio: float = 1.3
    """An instance must have this many times the measured peak."""
    instance_used_ratio: float = 0.25
    """An instance of which memory and vCPUs are both used to less than this is far larger than needed."""
    idle_cpu_ratio: float = 0.3
    """Fewer busy cores than this over a whole step: it waits rather than computes."""
    io_wait_ratio: float = 0.3
    """A larger share of samples with a process waiting for storage: storage is what the step waits for."""
    shortest_judged_s: float = 2.0
    """Shorter steps are mostly start-up: nothing is said about their CPU and I/O."""
    fewest_judged_samples: int = 10
    """With fewer samples nothing is said about shares of time."""
