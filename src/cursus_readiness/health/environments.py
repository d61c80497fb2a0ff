"""Every kind of environment that this machine has the means for is really made, or its engine asked."""

from __future__ import annotations

import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cursus_readiness.environments.base import EnvironmentRequest
from cursus_readiness.environments.engines import find_engine
from cursus_readiness.environments.host import host_environment
from cursus_readiness.environments.installing import uv_command
from cursus_readiness.environments.uv import Uv
from cursus_readiness.errors import CannotRunError
from cursus_readiness.health.base import summed_up
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthPart, HealthResult
from cursus_readiness.model.scenario import EnvironmentKind, EnvironmentSpec


class Environments:
    """Builds an empty environment with uv and asks the container engine; a kind without its means does not apply.

    A kind that does not work is a warning: scenarios that ask for another one run all the same.
    """

    id = "environments"
    timeout_s = 30.0

    def run(self) -> HealthResult:
        """Try each kind."""
        remedies: dict[str, str] = {}
        host = HealthPart(name="host", outcome=Outcome.PASS, message=host_environment(None).label)
        with ThreadPoolExecutor() as pool:  # both wait for other programs
            parts = [host, *pool.map(lambda attempt: attempt(remedies), (self._uv, self._container))]
        usable = ", ".join(part.name for part in parts if part.outcome is Outcome.PASS)
        return summed_up(self.id, parts, remedies, good=f"steps can run in these kinds of environments: {usable}")

    def _uv(self, remedies: dict[str, str]) -> HealthPart:
        try:
            uv_command()
        except CannotRunError as error:
            return HealthPart(name="uv", outcome=Outcome.NOT_APPLICABLE, message=error.message)
        request = EnvironmentRequest(self.id, EnvironmentSpec(kind=EnvironmentKind.UV, python=sys.executable))
        with tempfile.TemporaryDirectory(prefix="readiness-") as folder:
            try:
                made = Uv().prepare(request, Path(folder), lambda _: None)
            except CannotRunError as error:
                remedies["uv"] = error.fix or "See docs/environments.md."
                return HealthPart(name="uv", outcome=Outcome.WARN, message=f"uv makes no environment: {error.message}")
        return HealthPart(name="uv", outcome=Outcome.PASS, message=made.label)

    def _container(self, remedies: dict[str, str]) -> HealthPart:
        if not (shutil.which("docker") or shutil.which("podman")):
            message = "no container engine is on PATH"
            return HealthPart(name="container", outcome=Outcome.NOT_APPLICABLE, message=message)
        try:
            engine = find_engine()
        except CannotRunError as error:
            remedies["container"] = error.fix or "See docs/environments.md."
            return HealthPart(name="container", outcome=Outcome.WARN, message=error.message)
        return HealthPart(name="container", outcome=Outcome.PASS, message=str(engine))
