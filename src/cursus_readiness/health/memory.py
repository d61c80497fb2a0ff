"""Enough memory is available for steps, of the machine and of this process's control group."""

from __future__ import annotations

from cursus_readiness.environments.capacity import usable_memory_bytes
from cursus_readiness.model.audit import Outcome, Quantity, Unit
from cursus_readiness.model.health import HealthResult
from cursus_readiness.units import GIB, MIB, format_bytes

_ENOUGH_BYTES = 1 * GIB
_LEAST_BYTES = 256 * MIB


class Memory:
    """What a run would give to its steps together."""

    id = "memory"
    timeout_s = 5.0

    def run(self) -> HealthResult:
        """Ask as a run with ``--jobs`` does."""
        usable = usable_memory_bytes()
        if usable is None:
            return HealthResult(id=self.id, outcome=Outcome.NO_EVIDENCE, message="nobody tells how much there is")
        outcome = Outcome.FAIL if usable < _LEAST_BYTES else Outcome.WARN if usable < _ENOUGH_BYTES else Outcome.PASS
        return HealthResult(
            id=self.id,
            outcome=outcome,
            message=f"steps may use {format_bytes(usable)}",
            measured=Quantity(value=usable, unit=Unit.BYTES),
            threshold=Quantity(value=_ENOUGH_BYTES, unit=Unit.BYTES),
            remedy=None if outcome is Outcome.PASS else "End what else uses memory, or raise the container's limit.",
        )
