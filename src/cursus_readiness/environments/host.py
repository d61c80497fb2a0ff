"""The interpreter of this machine that stands for the container's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cursus_readiness.errors import CannotRunError
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.sandbox.view import HOME, hidden

_START_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class HostEnvironment:
    """A step's view of Python: where ``python3`` is found, and the folders that it consists of."""

    interpreter: Path
    prefixes: tuple[str, ...]

    def shown(self, own_paths: Iterable[str]) -> tuple[str, ...]:
        """Folders of the interpreter that a step would not see: they lie below ``/tmp`` or another of its own."""
        own = tuple(own_paths)
        return tuple(prefix for prefix in self.prefixes if hidden(prefix, own))

    def variables(self) -> dict[str, str]:
        """The base of a step's environment: nothing of the caller's own environment but the search path's folder."""
        return {
            "PATH": f"{self.interpreter.parent}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
            "HOME": HOME,
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",  # as the images of SageMaker set it: a killed step keeps its last lines
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
        }

    def command(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The command with ``python`` meaning this interpreter, whatever names its folder has for it."""
        is_python = argv[0] in ("python", "python3")
        return (str(self.interpreter), *argv[1:]) if is_python else argv


def host_environment(scenario: E2ETestScenario) -> HostEnvironment:
    """The environment that a scenario's steps run with: ``python`` of the scenario, else the tool's own.

    Raises CannotRunError for an interpreter that does not start.
    """
    if scenario.python is None:
        return HostEnvironment(Path(sys.executable), tuple({sys.prefix, sys.base_prefix}))
    is_path = "/" in scenario.python
    found = str(_absolute(scenario)) if is_path else shutil.which(scenario.python)
    fix = "set 'python' of the scenario to an interpreter that starts, or leave it out"
    if found is None:
        raise CannotRunError(f"python {scenario.python!r} of scenario {scenario.scenario_name!r} is not found", fix=fix)
    try:
        outcome = subprocess.run(
            [found, "-c", "import sys; print(sys.prefix); print(sys.base_prefix)"],
            capture_output=True,
            text=True,
            timeout=_START_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRunError(f"python {found} cannot be started: {_reason(error)}", fix=fix) from error
    if outcome.returncode != 0:
        said = (outcome.stderr.strip().splitlines() or ["nothing"])[-1]
        raise CannotRunError(f"python {found} exits {outcome.returncode}, saying: {said}", fix=fix)
    return HostEnvironment(Path(found), tuple(set(outcome.stdout.splitlines())))


def _absolute(scenario: E2ETestScenario) -> Path:
    """Not resolved: the link in a virtual environment is what makes the environment."""
    base = scenario.source_file.parent if scenario.source_file else Path.cwd()
    return Path(os.path.normpath(base / Path(scenario.python or "").expanduser()))


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it does not answer"
