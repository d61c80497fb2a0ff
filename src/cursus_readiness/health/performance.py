"""The machine is not so busy that measurements mean nothing."""

from __future__ import annotations

import os

import psutil

from cursus_readiness.model.audit import Outcome, Quantity, Unit
from cursus_readiness.model.health import HealthResult
from cursus_readiness.units import GIB

_BUSY_RATIO = 2.0
_ENOUGH_BYTES = 1 * GIB


class Performance:
    """Load per CPU and memory that is available."""

    id = "performance"

    def run(self) -> HealthResult:
        """Read the load average of one minute and the available memory."""
        load_ratio = os.getloadavg()[0] / (os.cpu_count() or 1)
        available = psutil.virtual_memory().available
        if available < _ENOUGH_BYTES:
            return HealthResult(
                id=self.id,
                outcome=Outcome.WARN,
                message="little memory is available",
                measured=Quantity(value=available, unit=Unit.BYTES),
                threshold=Quantity(value=_ENOUGH_BYTES, unit=Unit.BYTES),
                remedy="End what else uses memory.",
            )
        is_busy = load_ratio > _BUSY_RATIO
        return HealthResult(
            id=self.id,
            outcome=Outcome.WARN if is_busy else Outcome.PASS,
            message="the CPUs are busy: times will not be comparable" if is_busy else "CPUs and memory are available",
            measured=Quantity(value=load_ratio, unit=Unit.RATIO),
            threshold=Quantity(value=_BUSY_RATIO, unit=Unit.RATIO),
            remedy="Wait until the machine is quiet." if is_busy else None,
        )
