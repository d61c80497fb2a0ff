"""``HealthChecker``: every check, one answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cursus_readiness.clock import Clock, SystemClock
from cursus_readiness.health.aws_access import AwsAccess
from cursus_readiness.health.base import HealthCheck, run_check
from cursus_readiness.health.clock_skew import ClockSkew
from cursus_readiness.health.core_components import CoreComponents
from cursus_readiness.health.dependencies import Dependencies
from cursus_readiness.health.disk_space import DiskSpace
from cursus_readiness.health.environments import Environments
from cursus_readiness.health.memory import Memory
from cursus_readiness.health.performance import Performance
from cursus_readiness.health.python import Python
from cursus_readiness.health.workspace_access import WorkspaceAccess
from cursus_readiness.model.health import HealthReport, HealthResult, worst_of
from cursus_readiness.resources import tool_version


class HealthChecker:
    """Checks this machine and installation, and the folder that runs go to.

    With ``needs_aws`` it is a failure that no credentials of AWS are configured; ``bucket`` is where a probe object is
    written, read and removed.
    """

    def __init__(
        self,
        workspace: str | Path | None = None,
        *,
        needs_aws: bool = False,
        bucket: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._workspace = Path(workspace) if workspace is not None else Path.cwd()
        self._aws = AwsAccess(is_needed=needs_aws, bucket=bucket, clock=clock)
        self._clock = clock or SystemClock()

    def check_system_health(self) -> dict[str, Any]:
        """Run every check: ``{"status": worst outcome, "checks": {id: result}, ...}``.

        A check that does not apply does not count.
        """
        report = self.report()
        fields = report.model_dump(mode="json")
        return {**fields, "checks": {check["id"]: check for check in fields["checks"]}}

    def report(self) -> HealthReport:
        """Run every check, one after another: each would disturb what another measures."""
        return self.summed_up(self.results())

    def results(self) -> Iterator[HealthResult]:
        """The result of each check, as soon as it is there."""
        plans = (
            self._check_core_components,
            self._check_dependencies,
            self._check_workspace_access,
            self._check_aws_access,
            self._check_performance,
        )
        yield from (HealthResult.model_validate(check()) for check in plans)
        yield from (run_check(check, self._clock) for check in self._further())

    def summed_up(self, results: Iterable[HealthResult]) -> HealthReport:
        """The answer that these results give together."""
        checks = tuple(results)
        return HealthReport(
            checked_at=self._clock.now(),
            tool_version=tool_version(),
            workspace=str(self._workspace.absolute()),
            status=worst_of([check.outcome for check in checks]),
            checks=checks,
        )

    def _further(self) -> tuple[HealthCheck, ...]:
        return (Environments(), DiskSpace(), Memory(), ClockSkew(self._workspace, clock=self._clock), Python())

    def _check_core_components(self) -> dict[str, Any]:
        return self._run(CoreComponents())

    def _check_dependencies(self) -> dict[str, Any]:
        return self._run(Dependencies())

    def _check_workspace_access(self) -> dict[str, Any]:
        return self._run(WorkspaceAccess(self._workspace))

    def _check_aws_access(self) -> dict[str, Any]:
        return self._run(self._aws)

    def _check_performance(self) -> dict[str, Any]:
        return self._run(Performance(self._workspace, clock=self._clock))

    def _run(self, check: HealthCheck) -> dict[str, Any]:
        return run_check(check, self._clock).model_dump(mode="json")
