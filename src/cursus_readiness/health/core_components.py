"""The sandbox and the sampler work: a process is really run and watched."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cursus_readiness.clock import SystemClock
from cursus_readiness.errors import CannotRunError, ReadinessError
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthResult
from cursus_readiness.sampling.portable import probe_of
from cursus_readiness.sampling.sampler import Sampler
from cursus_readiness.sandbox.client import LauncherClient, StepSpec
from cursus_readiness.sandbox.view import plan_view

_TIMEOUT_S = 20.0


class CoreComponents:
    """Runs ``true`` in a root of its own, and samples this process."""

    id = "core-components"

    def run(self) -> HealthResult:
        """Start the launcher, run a process, look at a process."""
        try:
            isolation = self._run_true()
        except ReadinessError as error:
            return HealthResult(id=self.id, outcome=Outcome.FAIL, message=error.message, remedy=error.fix)
        sampler = Sampler(probe_of(os.getpid()), SystemClock())
        sampler.tick()
        sampler.close()
        if sampler.sample_count == 0:
            return HealthResult(id=self.id, outcome=Outcome.FAIL, message="a process could not be sampled")
        return HealthResult(id=self.id, outcome=Outcome.PASS, message=f"steps run in {isolation}; sampling works")

    @staticmethod
    def _run_true() -> str:
        view = plan_view()
        with tempfile.TemporaryDirectory() as folder, LauncherClient() as launcher:
            root = launcher.root(Path(folder) / "root")
            root.mkdir()
            view.prepare(root)
            spec = StepSpec(
                root=str(root),
                binds=view.binds,
                shown=(),
                folders=(),
                argv=("true",),
                env={"PATH": "/usr/bin:/bin"},
                cwd="/",
                shm_bytes=1 << 20,
                stdout=f"{folder}/stdout",
                stderr=f"{folder}/stderr",
                memory_limit_bytes=None,
                time_limit_s=_TIMEOUT_S,
                interrupt_grace_s=0.0,
                terminate_grace_s=0.0,
            )
            launcher.start(spec)
            end = launcher.wait(_TIMEOUT_S)
            if end is None or end.exit_code != 0:
                raise CannotRunError(f"a process in the sandbox ended with {end}", fix="see docs/troubleshooting.md")
            return launcher.isolation
