"""Install requirements with uv; what an image has and cannot be had here is loosened, one pin after the other."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from cursus_readiness.environments.base import normalised
from cursus_readiness.environments.interpreters import Interpreter
from cursus_readiness.environments.requirements import Requirements
from cursus_readiness.errors import CannotRunError

_TIMEOUT_S = 1800
_MESSAGE_LIMIT = 500
_HIDDEN = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT")
# Built from source they take minutes and a compiler, and fail in the end: for these, no wheel is a clear answer.
_WHEELS_ONLY = (
    "catboost", "lightgbm", "llvmlite", "matplotlib", "numba", "numpy", "pandas", "pillow", "pyarrow", "scikit-learn",
    "scipy", "tensorflow", "torch", "xgboost", "xgboost-cpu",
)  # fmt: skip
_NAME = r"([A-Za-z0-9][A-Za-z0-9._-]*?)"
_NAMED = re.compile(_NAME + r"(?=\s*[=<>~!]=|\s*[<>]|`)")
_NOT_TO_BE_HAD = re.compile(
    rf"no version of {_NAME}(?=[=<>~! ,])|{_NAME}(?:[=<>~!][^ ]*)? (?:has|have) no |build `{_NAME}(?:==|`)"
)
_NEAREST, _ANY = 2, 3
_DRAWING = re.compile(r"[│├╰─▶\u00d7\s]+")


@cache
def uv_command() -> tuple[str, ...]:
    """How uv is called: the one that was installed with the tool, else the one on ``PATH``.

    Raises CannotRunError when there is none.
    """
    beside = Path(sys.executable).with_name("uv")
    on_path = shutil.which("uv")
    candidates: list[tuple[str, ...]] = [(str(beside),)] if beside.is_file() else []
    candidates += [(sys.executable, "-m", "uv")] if importlib.util.find_spec("uv") else []
    candidates += [(on_path,)] if on_path else []
    for command in candidates:
        try:
            outcome = subprocess.run([*command, "--version"], capture_output=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if outcome.returncode == 0:
            return command
    raise CannotRunError(
        "environments of kind 'uv' need uv, which is not here",
        fix="pip install 'cursus-readiness[environments]', or use environment: host",
    )


def install(
    folder: Path, interpreter: Interpreter, requirements: Requirements, uv: tuple[str, ...], step_name: str
) -> list[tuple[str, str]]:
    """Make a virtual environment in ``folder``; the pins (name, version) that could not be held.

    A pin that cannot be held gives way to another patch level, then to the nearest later version, then to any. Raises
    CannotRunError with uv's own words when what is asked for cannot be installed.
    """
    message = f"the environment of step {step_name!r} cannot be installed on Python {interpreter.version}"
    installer = _Installer(folder, requirements, uv)
    try:
        installer.create(interpreter)
        installer.install()
    except _UvError as error:
        blamed = _blamed(str(error), requirements.asked)
        fix = "change 'requirements' or 'python' of the step's environment in the scenario"
        raise CannotRunError(f"{message}: {blamed}{_words(str(error))}", fix=fix) from error
    return [(name, version) for name, version in requirements.pins if installer.looseness[name]]


class _UvError(Exception):
    """What uv said when it failed."""


class _Installer:
    """One environment being built; ``looseness`` is how far each pin has given way."""

    def __init__(self, folder: Path, requirements: Requirements, uv: tuple[str, ...]) -> None:
        self.looseness = {name: 0 for name, _ in requirements.pins}
        self._folder = folder
        self._wanted = folder / "requirements.txt"
        self._requirements = requirements
        self._uv = uv

    def create(self, interpreter: Interpreter) -> None:
        """Make the environment, without packages."""
        self._call("venv", "--no-project", "--python", str(interpreter.path), str(self._folder))

    def install(self) -> None:
        """Install everything, loosening what a failure is about until it succeeds or nothing is left to loosen."""
        while True:
            try:
                pins = {name: _pin(name, version, self.looseness[name]) for name, version in self._requirements.pins}
                if _NEAREST in self.looseness.values():
                    pins |= self._nearest(pins)
                self._install([*self._requirements.asked, *pins.values()])
            except _UvError as error:
                culprits = _culprits(str(error), {name for name, level in self.looseness.items() if level < _ANY})
                if not culprits:
                    raise
                least = min(self.looseness[name] for name in culprits)
                for name in culprits:
                    self.looseness[name] += self.looseness[name] == least
            else:
                return

    def _install(self, lines: list[str]) -> None:
        if lines:
            # compiled, for steps cannot write bytecode into it, and would compile every import again
            options = self._resolving(lines, self._requirements.constraints)
            self._call("pip", "install", "--compile-bytecode", *options, "-r", str(self._wanted))

    def _nearest(self, pins: dict[str, str]) -> dict[str, str]:
        """The pins as the lowest versions that can be had together, as exact ones."""
        bounds = (*_as_bounds(self._requirements.asked), *self._requirements.constraints)
        options = ["--no-header", "--no-annotate", "--resolution", "lowest-direct"]
        options += self._resolving(list(pins.values()), bounds)
        found = self._call("pip", "compile", *options, str(self._wanted))
        lines = {normalised(line.partition("==")[0]): line for line in found.splitlines() if "==" in line}
        return {name: lines[name] for name in pins if name in lines and self.looseness[name] == _NEAREST}

    def _resolving(self, lines: list[str], bounds: tuple[str, ...]) -> list[str]:
        """The options of a resolution, its requirements and bounds written beside the environment's own files."""
        options = [text for name in _WHEELS_ONLY for text in ("--only-binary", name)]
        limits = self._folder / "constraints.txt"
        self._wanted.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        limits.write_text("".join(f"{line}\n" for line in bounds), encoding="utf-8")
        return [*options, "--python", f"{self._folder}/bin/python", "-c", str(limits)]

    def _call(self, *arguments: str) -> str:
        """Run uv; what it printed. It reads no configuration of the folder that the tool was started in."""
        environment = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
        environment |= {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}
        try:
            outcome = subprocess.run(
                [*self._uv, *arguments],
                cwd=self._folder.parent,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _UvError(f"uv {arguments[0]} does not end within {_TIMEOUT_S} s") from error
        if outcome.returncode != 0:
            raise _UvError(outcome.stderr or outcome.stdout or f"uv exits {outcome.returncode}")
        return outcome.stdout


def _pin(name: str, version: str, level: int) -> str:
    """Exactly that version, another patch level of it, a later one, any."""
    minor = ".".join([*re.findall(r"\d+", version), "0"][:2])
    return (f"{name}=={version}", f"{name}~={minor}.0", f"{name}>={version}", name)[level]


def _as_bounds(asked: tuple[str, ...]) -> list[str]:
    """Requirements as constraints may be: without extras, and no options, paths or repositories."""
    from packaging.requirements import InvalidRequirement, Requirement  # slow to import

    bounds = []
    for text in asked:
        with suppress(InvalidRequirement):
            requirement = Requirement(text)
            marker = f"; {requirement.marker}" if requirement.marker else ""
            if requirement.specifier:
                bounds.append(f"{requirement.name}{requirement.specifier}{marker}")
    return bounds


def _culprits(failure: str, pinned: set[str]) -> set[str]:
    """Pins that a failure is about: those it says are required in vain, else not to be had, else all that it names."""
    text = _DRAWING.sub(" ", failure)
    missing = {normalised(name) for names in _NOT_TO_BE_HAD.findall(text) for name in names if name}
    named = {normalised(name) for name in _NAMED.findall(text)}
    return _required_in_vain(failure) & pinned or missing & pinned or named & pinned


def _required_in_vain(failure: str) -> set[str]:
    clauses = " ".join(re.findall(r"you require (.+?)(?:, we can conclude|$)", _DRAWING.sub(" ", failure)))
    return {normalised(name) for name in re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]*", clauses)}


def _blamed(failure: str, asked: tuple[str, ...]) -> str:
    """The requirements that a failure says are required in vain, to be put before uv's words."""
    names = _required_in_vain(failure)
    blamed = [text for text in asked if normalised(re.split(r"[^A-Za-z0-9._-]", text)[0]) in names]
    return f"{' and '.join(blamed)} cannot be had: " if blamed else ""


def _words(failure: str) -> str:
    """The lines of a failure that say why, on one line; of a long one its end, which has the conclusion."""
    lines = [
        _DRAWING.sub(" ", line).strip().removeprefix("error: ").removeprefix("cause: ") for line in failure.splitlines()
    ]
    said = " ".join(line for line in lines if line and not line.startswith(("warning:", "Using Python")))
    return said if len(said) <= _MESSAGE_LIMIT else f"...{said[-_MESSAGE_LIMIT:]}"
