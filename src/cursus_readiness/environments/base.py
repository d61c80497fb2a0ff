"""The seam of environments: what is asked for, and what a step gets to run with."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from cursus_readiness.model.scenario import EnvironmentSpec
from cursus_readiness.resources import PACKAGE_DIR
from cursus_readiness.sandbox.program import HOME
from cursus_readiness.sandbox.view import hidden

PIP_SHIM = PACKAGE_DIR / "sandbox" / "pip_shim"
"""What answers in pip's place: ``bin`` for PATH, ``path`` for PYTHONPATH."""


@dataclass(frozen=True, slots=True)
class EnvironmentRequest:
    """What one step needs to run with; paths of ``spec`` are absolute.

    ``code`` is the step's own code (files, folders, ``.tar.gz``), whose ``requirements.txt`` the container would
    install. ``framework_requirements`` are those that a generator of pipelines knows of.
    """

    step_name: str
    spec: EnvironmentSpec
    image_uri: str | None = None
    code: tuple[Path, ...] = ()
    framework_requirements: tuple[str, ...] = ()


@dataclass(frozen=True)
class PythonEnvironment:
    """An interpreter with its packages, as a step sees it.

    ``prefixes`` are the folders that it consists of, ``paths`` those that it imports from. ``substitutions`` name what
    could not be had as asked for.
    """

    interpreter: Path
    prefixes: tuple[str, ...]
    python_version: str
    paths: tuple[str, ...]
    label: str
    substitutions: tuple[str, ...] = ()

    @cached_property
    def packages(self) -> dict[str, str]:
        """Installed distributions by normalised name; of two of one name, the one that is imported."""
        found: dict[str, str] = {}
        for distribution in importlib.metadata.distributions(path=list(self.paths)):
            name = distribution.metadata["Name"]
            if name:  # a folder that an uninstallation has left half behind has none
                found.setdefault(normalised(name), distribution.version)
        return dict(sorted(found.items()))

    @property
    def minor_version(self) -> str:
        """``3.11`` of ``3.11.7``."""
        return ".".join(self.python_version.split(".")[:2])

    def shown(self, own_paths: Iterable[str]) -> tuple[str, ...]:
        """Folders of the environment that a step would not see: they lie below ``/tmp`` or another of its own."""
        own = tuple(own_paths)
        return tuple(folder for folder in (*self.prefixes, str(PIP_SHIM)) if hidden(folder, own))

    def variables(self, given: Mapping[str, str] | None = None) -> dict[str, str]:
        """A step's environment: ``given`` over a base that has nothing of the caller's own environment.

        The given PYTHONPATH comes before the environment's, the given PATH after it: ``python3`` is always this one.
        """
        path = (f"{PIP_SHIM}/bin", str(self.interpreter.parent), *_SYSTEM_PATH)
        base = {
            "HOME": HOME,
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",  # as the images of SageMaker set it: a killed step keeps its last lines
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin on shared cores take many times as long
        }
        given = given or {}
        return {
            **base,
            **given,
            "PATH": _joined(path, given.get("PATH", "").split(":")),
            "PYTHONPATH": _joined(given.get("PYTHONPATH", "").split(":"), (f"{PIP_SHIM}/path",)),
        }

    def command(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The command with ``python`` meaning this interpreter, whatever names its folder has for it."""
        is_python = argv[0] in ("python", "python3")
        return (str(self.interpreter), *argv[1:]) if is_python else argv


class StepEnvironment(Protocol):
    """What a step runs with, whatever its kind."""

    @property
    def label(self) -> str:
        """What it is, for results."""
        ...

    def shown(self, own_paths: Iterable[str]) -> tuple[str, ...]:
        """Folders of this machine that a step would not see otherwise, with its own at ``own_paths``."""
        ...

    def variables(self, given: Mapping[str, str] | None = None) -> dict[str, str]:
        """A step's environment variables, those ``given`` among them."""
        ...

    def command(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The command as it is to be started."""
        ...


class EnvironmentProvider(Protocol):
    """How environments of one kind come to be."""

    kind: str

    def key(self, request: EnvironmentRequest) -> object:
        """What distinguishes one environment from another: requests of equal keys share one."""
        ...

    def prepare(self, request: EnvironmentRequest, cache: Path, notify: Callable[[str], None]) -> StepEnvironment:
        """The environment, ready to be used; ``notify`` hears of what takes long.

        Raises CannotRunError when it cannot be had.
        """
        ...


def normalised(name: str) -> str:
    """The name of a distribution as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


_SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")


def _joined(first: Iterable[str], second: Iterable[str]) -> str:
    return ":".join(dict.fromkeys(folder for folder in (*first, *second) if folder))
