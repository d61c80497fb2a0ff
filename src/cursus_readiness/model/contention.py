"""What else the machine was busy with while a step ran."""

from __future__ import annotations

from pydantic import Field

from cursus_readiness.model.base import Model

_OTHERS_CORES = 0.25
_STALLED_RATIO = 0.1
_STOLEN_RATIO = 0.05


class Contention(Model):
    """What a step had to share its machine with, from its start to its end. ``None`` means *not measured*.

    Stalled ratios are the kernel's pressure stall information (``/proc/pressure``, *some*): the share of the time in
    which anything on the machine, the step included, waited for the resource.
    """

    concurrent_steps: int = Field(default=1, ge=1, description="Most steps of the run at one time, itself included.")
    load_average: float | None = Field(default=None, ge=0, description="One minute's, at the end.")
    other_cores: float | None = Field(default=None, ge=0, description="Cores that all but the step kept busy.")
    stolen_ratio: float | None = Field(default=None, ge=0, description="Share of CPU time the hypervisor took.")
    cpu_stalled_ratio: float | None = Field(default=None, ge=0)
    memory_stalled_ratio: float | None = Field(default=None, ge=0)
    io_stalled_ratio: float | None = Field(default=None, ge=0)

    @property
    def disturbances(self) -> tuple[str, ...]:
        """Why the step's times cannot be compared with those of a run on a quiet machine; empty when they can."""
        found = []
        if self.concurrent_steps > 1:
            found.append(f"{self.concurrent_steps} steps ran at the same time")
        others, stalled = self.other_cores, self.cpu_stalled_ratio
        if others is not None and others > _OTHERS_CORES and (stalled or 0.0) > _STALLED_RATIO:
            found.append(f"others kept {others:.1f} cores busy, and work waited for CPU {stalled:.0%} of the time")
        if self.stolen_ratio is not None and self.stolen_ratio > _STOLEN_RATIO:
            found.append(f"the hypervisor took {self.stolen_ratio:.0%} of the CPU time")
        return tuple(found)
