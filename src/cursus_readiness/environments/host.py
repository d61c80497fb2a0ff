"""The interpreter of this machine that stands for the container's."""

from __future__ import annotations

import platform
import re
import shutil
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from cursus_readiness.environments.base import EnvironmentRequest, PythonEnvironment
from cursus_readiness.environments.interpreters import Interpreter, ask, find_interpreter
from cursus_readiness.errors import CannotRunError

_FIX = "set 'python' to an interpreter that starts, or leave it out"


class Host:
    """An interpreter as it is: the tool's own, a version, a name on ``PATH`` or a path. Nothing is installed."""

    kind = "host"

    def key(self, request: EnvironmentRequest) -> object:
        """The interpreter that is named."""
        return request.spec.python

    def prepare(self, request: EnvironmentRequest, cache: Path, notify: Callable[[str], None]) -> PythonEnvironment:  # noqa: ARG002
        """The environment of the interpreter that is named, else of the tool's own, which is not started for it."""
        return host_environment(request.spec.python)


def host_environment(python: str | None) -> PythonEnvironment:
    """The environment of an interpreter of this machine: the tool's own when none is named.

    Raises CannotRunError for an interpreter that is not found or does not start.
    """
    if python is None:
        return _own_environment()
    found = _found(python)
    return PythonEnvironment(found.path, found.prefixes, found.version, found.paths, f"host: Python {found.version}")


@cache
def _own_environment() -> PythonEnvironment:
    version = platform.python_version()
    return PythonEnvironment(
        Path(sys.executable),
        tuple(dict.fromkeys((sys.prefix, sys.base_prefix))),
        version,
        tuple(path for path in sys.path if path),
        f"host: Python {version}",
    )


def _found(python: str) -> Interpreter:
    if re.fullmatch(r"3\.\d+", python):
        return find_interpreter(python, is_exact=True)
    path = python if "/" in python else shutil.which(python)
    if path is None:
        raise CannotRunError(f"python {python!r} is not found", fix=_FIX)
    return ask(path, _FIX)
