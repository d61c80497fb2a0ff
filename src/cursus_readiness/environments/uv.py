"""Environments that uv installs once, and keeps under the hash of what they consist of."""

from __future__ import annotations

import fcntl
import hashlib
import json
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cursus_readiness.environments.base import EnvironmentRequest, PythonEnvironment
from cursus_readiness.environments.images import known_image
from cursus_readiness.environments.installing import install, uv_command
from cursus_readiness.environments.interpreters import Interpreter, ask, find_interpreter
from cursus_readiness.environments.requirements import Requirements, requirements_of
from cursus_readiness.errors import CannotRunError

_MARKER = ".complete"
_OWN_MINOR = ".".join(map(str, sys.version_info[:2]))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The interpreter (a version or a path) and what is installed; ``is_exact`` when no other interpreter will do."""

    python: str
    is_exact: bool
    requirements: Requirements


class Uv:
    """What the scenario asks for, else what the step's image is known to have and its code would install."""

    kind = "uv"

    def key(self, request: EnvironmentRequest) -> object:
        """Interpreter and requirements."""
        return _wanted(request)

    def prepare(self, request: EnvironmentRequest, cache: Path, notify: Callable[[str], None]) -> PythonEnvironment:
        """The environment from the cache, else built there; two runs at once build it once.

        Raises CannotRunError naming what cannot be installed.
        """
        wanted = _wanted(request)
        interpreter, substitutions = _interpreter(wanted)
        digest = _digest(interpreter, wanted.requirements)
        folder = cache / digest
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with _locked(cache / f"{digest}.lock"):
                if not _is_complete(folder):
                    count = len(wanted.requirements.asked) + len(wanted.requirements.pins)
                    notify(f"building Python {interpreter.version} with {count} requirements for {request.step_name}")
                    _build(folder, interpreter, wanted.requirements, request.step_name)
                record = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
        except OSError as error:
            fix = "set XDG_CACHE_HOME to a folder with space that can be written to"
            raise CannotRunError(f"environments cannot be kept in {cache}: {error.strerror}", fix=fix) from error
        return PythonEnvironment(
            interpreter=folder / "bin" / "python",
            prefixes=(str(folder), *interpreter.prefixes),
            python_version=interpreter.version,
            paths=tuple(record["paths"]),
            label=f"uv: Python {interpreter.version}, {record['package_count']} packages, {digest[:6]}",
            substitutions=(*substitutions, *record["substitutions"]),
        )


def _wanted(request: EnvironmentRequest) -> _Wanted:
    image = known_image(request.image_uri)
    named = request.spec.python
    python = named or (image.python if image else None) or _OWN_MINOR
    return _Wanted(python, named is not None, requirements_of(request))


def _interpreter(wanted: _Wanted) -> tuple[Interpreter, list[str]]:
    fix = "set 'python' of the environment to a version such as \"3.10\", or to the path of an interpreter"
    if "/" in wanted.python:
        return ask(wanted.python, fix), []
    parts = wanted.python.split(".")
    if len(parts) < 2 or parts[0] != "3" or not all(part.isdigit() for part in parts):
        raise CannotRunError(f"{wanted.python!r} is no version of Python", fix=fix)
    minor = ".".join(parts[:2])
    found = find_interpreter(minor, is_exact=wanted.is_exact)
    if found.minor != minor:
        return found, [f"Python {minor} is not installed here: {found.version} was taken"]
    return found, []


def _digest(interpreter: Interpreter, requirements: Requirements) -> str:
    parts = [str(interpreter.path), interpreter.version, platform.machine(), *sorted(requirements.asked)]
    parts += [f"{name}=={version}" for name, version in requirements.pins]
    parts += [f"<{constraint}" for constraint in sorted(requirements.constraints)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _is_complete(folder: Path) -> bool:
    return (folder / _MARKER).is_file() and (folder / "bin" / "python").exists()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(folder: Path, interpreter: Interpreter, requirements: Requirements, step_name: str) -> None:
    """Build in place, for its own path is written all over an environment; the marker says that it was finished."""
    shutil.rmtree(folder, ignore_errors=True)
    substitutions = install(folder, interpreter, requirements, uv_command(), step_name)
    python = ask(str(folder / "bin" / "python"), "remove the folder and run again")
    made = PythonEnvironment(python.path, python.prefixes, python.version, python.paths, "")
    record = {
        "paths": python.paths,
        "package_count": len(made.packages),
        "substitutions": [
            f"{name}=={version} cannot be installed here: {made.packages.get(name, 'nothing')} was taken"
            for name, version in substitutions
        ],
    }
    temporary = folder / f"{_MARKER}.new"
    temporary.write_text(json.dumps(record), encoding="utf-8")
    temporary.replace(folder / _MARKER)
