"""The seam of health checks."""

from __future__ import annotations

from typing import Protocol

from cursus_readiness.model.health import HealthResult


class HealthCheck(Protocol):
    """Looks at one thing. ``id`` equals its file name with dashes."""

    id: str

    def run(self) -> HealthResult:
        """Check now; a failure is a result, not an exception."""
        ...
