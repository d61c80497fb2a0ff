"""Environment, sandbox and sampler work together: a Python process is really run and watched."""

from __future__ import annotations

import tempfile
from pathlib import Path

from cursus_readiness.clock import SystemClock
from cursus_readiness.environments.base import PythonEnvironment
from cursus_readiness.environments.host import host_environment
from cursus_readiness.errors import CannotRunError, ReadinessError
from cursus_readiness.model.audit import Outcome, Quantity, Unit
from cursus_readiness.model.health import HealthResult
from cursus_readiness.sampling.procfs import ProcfsProbe
from cursus_readiness.sampling.sampler import Sampler
from cursus_readiness.sandbox.client import LauncherClient, StepEnd, StepSpec
from cursus_readiness.sandbox.view import plan_view

_FIX = "see docs/troubleshooting.md"
_STEP = """
import os, time
while not os.path.exists("/opt/ml/seen"):
    time.sleep(0.002)
open("/opt/ml/written", "w").close()
"""


class CoreComponents:
    """Runs Python of the host's environment in a root of its own until it has been sampled."""

    id = "core-components"
    timeout_s = 20.0

    def run(self) -> HealthResult:
        """Start the launcher, run a step that writes, see it in the samples, let it end."""
        try:
            isolation, peak_bytes = self._run_step(host_environment(None))
        except ReadinessError as error:
            return HealthResult(id=self.id, outcome=Outcome.FAIL, message=error.message, remedy=error.fix)
        return HealthResult(
            id=self.id,
            outcome=Outcome.PASS,
            message=f"steps run in {isolation}; environment and sampling work",
            measured=Quantity(value=peak_bytes, unit=Unit.BYTES),
        )

    def _run_step(self, environment: PythonEnvironment) -> tuple[str, int]:
        """How the step was kept apart, and the largest memory that was seen of it. Raises CannotRunError."""
        view = plan_view()
        with tempfile.TemporaryDirectory(prefix="readiness-") as folder, LauncherClient() as launcher:
            root = launcher.root(Path(folder) / "root")
            root.mkdir(exist_ok=True)
            view.prepare(root)
            spec = StepSpec(
                root=str(root),
                binds=view.binds,
                shown=environment.shown(()),
                folders=(),
                argv=environment.command(("python3", "-c", _STEP)),
                env=environment.variables(),
                cwd="/",
                shm_bytes=1 << 20,
                stdout=f"{folder}/stdout",
                stderr=f"{folder}/stderr",
                memory_limit_bytes=None,
                time_limit_s=self.timeout_s,
                interrupt_grace_s=0.0,
                terminate_grace_s=0.0,
            )
            clock = SystemClock()
            sampler = Sampler(ProcfsProbe(launcher.pid), clock, interval_s=0.01)
            launcher.start(spec)
            end = self._watched(launcher, sampler, clock, root)
            if end.exit_code != 0:
                stderr = Path(f"{folder}/stderr").read_text(encoding="utf-8", errors="replace").strip()
                said = stderr.splitlines()[-1] if stderr else f"exit code {end.exit_code}, signal {end.signal}"
                raise CannotRunError(f"a step in the sandbox failed: {end.error or said}", fix=_FIX)
            if not (root / "opt/ml/written").is_file():
                raise CannotRunError("what a step in the sandbox wrote is not where it is looked for", fix=_FIX)
            return launcher.isolation, max(map(int, sampler.columns["rss_bytes"]), default=0)

    def _watched(self, launcher: LauncherClient, sampler: Sampler, clock: SystemClock, root: Path) -> StepEnd:
        give_up = clock.monotonic() + self.timeout_s / 2
        try:
            while (end := launcher.wait(max(sampler.next_due - clock.monotonic(), 0.0))) is None:
                sampler.tick()
                if sampler.sample_count:
                    (root / "opt/ml/seen").touch()
                if clock.monotonic() > give_up:
                    what = "has been sampled, and does not end" if sampler.sample_count else "could not be sampled"
                    raise CannotRunError(f"a step in the sandbox {what}", fix=_FIX)
        finally:
            sampler.close()
        return end
