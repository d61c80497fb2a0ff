"""``HealthChecker``: every check, one answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cursus_readiness.clock import Clock, SystemClock
from cursus_readiness.health.aws_access import AwsAccess
from cursus_readiness.health.base import HealthCheck
from cursus_readiness.health.core_components import CoreComponents
from cursus_readiness.health.dependencies import Dependencies
from cursus_readiness.health.performance import Performance
from cursus_readiness.health.workspace_access import WorkspaceAccess
from cursus_readiness.model.audit import Outcome

_WORST_FIRST = (Outcome.FAIL, Outcome.ERROR, Outcome.NO_EVIDENCE, Outcome.WARN, Outcome.PASS)


class HealthChecker:
    """Checks this machine and installation."""

    def __init__(self, workspace: str | Path | None = None, *, clock: Clock | None = None) -> None:
        self._workspace = Path(workspace) if workspace is not None else None
        self._clock = clock or SystemClock()

    def check_system_health(self) -> dict[str, Any]:
        """Run every check: ``{"status": worst outcome, "checks": {id: result}}``.

        A check that does not apply does not count.
        """
        checks = [
            self._check_core_components(),
            self._check_dependencies(),
            self._check_workspace_access(),
            self._check_aws_access(),
            self._check_performance(),
        ]
        counted = [Outcome(check["outcome"]) for check in checks if check["outcome"] != Outcome.NOT_APPLICABLE]
        status = min(counted, key=_WORST_FIRST.index)
        return {"status": status.value, "checks": {check["id"]: check for check in checks}}

    def _check_core_components(self) -> dict[str, Any]:
        return self._run(CoreComponents())

    def _check_dependencies(self) -> dict[str, Any]:
        return self._run(Dependencies())

    def _check_workspace_access(self) -> dict[str, Any]:
        return self._run(WorkspaceAccess(self._workspace))

    def _check_aws_access(self) -> dict[str, Any]:
        return self._run(AwsAccess())

    def _check_performance(self) -> dict[str, Any]:
        return self._run(Performance())

    def _run(self, check: HealthCheck) -> dict[str, Any]:
        started = self._clock.monotonic()
        result = check.run()
        timed = result.model_copy(update={"duration_s": self._clock.monotonic() - started})
        return timed.model_dump(mode="json")
