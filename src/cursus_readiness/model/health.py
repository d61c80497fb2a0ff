"""What one health check found."""

from __future__ import annotations

from cursus_readiness.model.audit import Outcome, Quantity
from cursus_readiness.model.base import Model, Seconds


class HealthResult(Model):
    """One check of this machine and installation."""

    id: str
    outcome: Outcome
    message: str
    measured: Quantity | None = None
    threshold: Quantity | None = None
    remedy: str | None = None
    duration_s: Seconds = 0.0
