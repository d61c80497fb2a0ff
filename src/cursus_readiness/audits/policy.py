"""Thresholds of the audits, apart from the audits themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from cursus_readiness.analysis.diagnosis import FEWEST_DIAGNOSED_SAMPLES, SHORTEST_DIAGNOSED_S
from cursus_readiness.analysis.standing import Yardstick
from cursus_readiness.model.audit import Quantity, Unit
from cursus_readiness.model.comparison import Figure, Tolerance
from cursus_readiness.units import KIB, MIB


@dataclass(frozen=True, slots=True)
class Policy:
    """What counts as too much or too little. Ratios are shares of a whole, 1.0 is all of it."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    memory_pressure_ratio: float = 0.8
    """A peak at or above this share of the memory limit leaves too little room for a larger batch."""
    memory_headroom_ratio: float = 1.3
    """An instance must have this many times the measured peak."""
    instance_used_ratio: float = 0.25
    """An instance of which memory and vCPUs are both used to less than this is far larger than needed."""
    idle_cpu_ratio: float = 0.3
    """Fewer busy cores than this over a whole step: it waits rather than computes."""
    idle_time_ratio: float = 0.5
    """In this share of its time or more no thread computed or wanted to, or it was not idle but short of CPUs."""
    io_wait_ratio: float = 0.3
    """A larger share of samples with a process waiting for storage: storage is what the step waits for."""
    mover_bytes_per_cpu_s: float = 512 * MIB
    """Who moves so many bytes from and to storage for each second of CPU time does little else."""
    mover_wait_ratio: float = 0.1
    """For those, this share of samples is enough."""
    shortest_judged_s: float = SHORTEST_DIAGNOSED_S
    """Shorter steps are mostly start-up: nothing is said about their CPU and I/O."""
    fewest_judged_samples: int = FEWEST_DIAGNOSED_SAMPLES
    """With fewer samples nothing is said about shares of time."""
    cpu_bound_ratio: float = 0.7
    """A step that computes for this share of its time or more is limited by the CPU."""
    single_thread_count: float = 1.3
    """Up to so many threads that want to compute are one, with what the system does for it."""
    oversubscribed_ratio: float = 1.75
    """So many times the CPUs in threads that want to compute, and so many in each process, are too many."""
    shortest_growth_s: float = 5.0
    """Over a shorter time growth is not told from start-up."""
    least_growth_bytes: int = 3 * MIB
    """Less growth than this is noise of the allocator."""
    growth_bytes_per_s: float = 10 * MIB / 60
    """The slope of memory, at the lower end of its interval, from which on it counts as growth."""
    growth_linearity_ratio: float = 0.9
    """How much of the movement a straight line must explain: a leak is steady."""
    growth_late_ratio: float = 0.6
    """The last half must grow at this share of the whole slope or more, else it was a warm-up."""
    time_tolerance_ratio: float = 0.1
    """Times that differ from the baseline's by less than this share of it are the same."""
    time_tolerance_s: float = 0.5
    """So are times that differ by less than this, however short they are."""
    memory_tolerance_ratio: float = 0.1
    """The same for peak memory."""
    memory_tolerance_bytes: int = 32 * MIB
    """So much more or less is no difference, however small the peak is."""
    output_tolerance_ratio: float = 0.01
    """The size of outputs may differ so much: files hold dates, and compress differently. Rows may not differ."""
    output_tolerance_bytes: int = 1 * KIB
    """So much more or less is no difference."""
    false_alarm_ratio: float = 0.01
    """How often a run without any change may show a regression, whatever the noise of its measurements."""
    fewest_compared_runs: int = 3
    """With fewer runs on a side no difference is proven."""

    @property
    def yardstick(self) -> Yardstick:
        """How a run is compared with its baseline."""
        time = _tolerance(self.time_tolerance_ratio, self.time_tolerance_s, Unit.SECONDS)
        tolerances = {
            Figure.WALL: time,
            Figure.CPU: time,
            Figure.PEAK_MEMORY: _tolerance(self.memory_tolerance_ratio, self.memory_tolerance_bytes, Unit.BYTES),
            Figure.OUTPUT_ROWS: _tolerance(0.0, 0.0, Unit.COUNT),
            Figure.OUTPUT_BYTES: _tolerance(self.output_tolerance_ratio, self.output_tolerance_bytes, Unit.BYTES),
        }
        return Yardstick(tolerances, self.false_alarm_ratio, self.fewest_compared_runs)


def _tolerance(ratio: float, absolute: float, unit: Unit) -> Tolerance:
    return Tolerance(ratio=ratio, absolute=Quantity(value=absolute, unit=unit))
