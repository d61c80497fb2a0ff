"""The interpreter that Cursus is installed in, and whether it is the Cursus that is meant."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cursus_readiness.errors import CannotRunError
from cursus_readiness.model.scenario import CursusSettings, E2ETestScenario

DRIVER_DIR = Path(__file__).parent / "inside"
DRIVER = "cursus_driver"
_PROBE_TIMEOUT_S = 60
_FIX_PYTHON = "set cursus.python to the interpreter of the environment that Cursus is installed in"
_REPOSITORY = "https://github.com/TianpeiLuke/cursus"


@dataclass(frozen=True, slots=True)
class Installation:
    """One interpreter with a Cursus that can compile. ``identity`` changes with any of its parts."""

    interpreter: Path
    source: Path | None
    package: Path
    versions: dict[str, str]
    sha256: str

    @property
    def identity(self) -> dict[str, Any]:
        """What a compiled pipeline depends on."""
        return {
            "interpreter": str(self.interpreter),
            "sha256": self.sha256,
            "package": str(self.package),
            **self.versions,
        }

    def environment(self, home: Path, bytecode: Path) -> dict[str, str]:
        """The driver's environment: nothing of the caller's, above all no credentials.

        ``bytecode`` keeps what Python compiles: nothing is written beside other people's code.
        """
        return {**_environment(self.source, home), "PYTHONPYCACHEPREFIX": str(bytecode)}


def find_installation(scenario: E2ETestScenario) -> Installation:
    """The Cursus of a scenario. Starts its interpreter, and imports nothing in it.

    Raises CannotRunError where there is none, where it is another project's, or where its SDK is not the 2.x.
    """
    settings = scenario.cursus
    if settings is None:
        raise CannotRunError(
            f"scenario {scenario.scenario_name!r} is a Cursus configuration, and does not say where Cursus is",
            fix=f"{_FIX_PYTHON}; docs/cursus.md shows how",
        )
    interpreter = _interpreter(scenario, settings)
    source = scenario.path_of(settings.source) / "src" if settings.source else None
    if source is not None and not (source / "cursus").is_dir():
        raise CannotRunError(f"cursus.source: {source / 'cursus'} is not there", fix="name a checkout of Cursus")
    with tempfile.TemporaryDirectory(prefix="readiness-") as home:
        found = _probe(interpreter, source, Path(home))
    _require_cursus(interpreter, found)
    versions = {name: str(found[name]) for name in ("cursus", "sagemaker", "boto3", "python")}
    return Installation(interpreter, source, Path(found["cursus_package"]), versions, str(found["cursus_sha256"]))


def _interpreter(scenario: E2ETestScenario, settings: CursusSettings) -> Path:
    """Not resolved: the link in a virtual environment is what makes the environment."""
    if "/" not in settings.python:
        found = shutil.which(settings.python)
        if found is None:
            raise CannotRunError(f"cursus.python: no {settings.python!r} is found", fix=_FIX_PYTHON)
        return Path(found)
    base = scenario.source_file.parent if scenario.source_file else Path.cwd()
    return Path(os.path.normpath(base / Path(settings.python).expanduser()))


def _probe(interpreter: Path, source: Path | None, home: Path) -> dict[str, Any]:
    answer = home / "probe.json"
    command = [str(interpreter), "-m", DRIVER, "probe", str(answer)]
    environment = {**_environment(source, home), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        outcome = subprocess.run(
            command, env=environment, cwd=home, capture_output=True, text=True, timeout=_PROBE_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = error.strerror if isinstance(error, OSError) else "it does not answer"
        raise CannotRunError(f"cursus.python: {interpreter} cannot be started: {reason}", fix=_FIX_PYTHON) from error
    if outcome.returncode != 0 or not answer.is_file():
        said = (outcome.stderr.strip().splitlines() or ["nothing"])[-1]
        fix = f"{_FIX_PYTHON} (Python 3.8 or later)"
        raise CannotRunError(f"cursus.python: {interpreter} exits {outcome.returncode}, saying: {said}", fix=fix)
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return found


def _require_cursus(interpreter: Path, found: dict[str, Any]) -> None:
    install = f"clone {_REPOSITORY} and set cursus.source to it, or install it: {interpreter} -m pip install CHECKOUT"
    if found["cursus_origin"] is None:
        raise CannotRunError(f"{interpreter} has no Cursus", fix=install)
    if not found["has_compiler"]:
        where = found["cursus_origin"]
        message = f"the package 'cursus' in {where} is another project of that name: it has no pipeline compiler"
        raise CannotRunError(message, fix=f"the package index has only that one: {install}")
    if found["sagemaker"] is None or int(found["sagemaker"].partition(".")[0]) >= 3:
        has = f"the SageMaker SDK {found['sagemaker']}" if found["sagemaker"] else "no SageMaker SDK"
        fix = f'{interpreter} -m pip install "sagemaker>=2.248,<3"'
        raise CannotRunError(f"{interpreter} has {has}; Cursus compiles with the 2.x", fix=fix)


def _environment(source: Path | None, home: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(str(path) for path in (DRIVER_DIR, source) if path),
        "PYTHONHASHSEED": "0",
    }
