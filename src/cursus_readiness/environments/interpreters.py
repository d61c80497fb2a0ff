"""Find the Python interpreters of this machine, and ask one what it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cursus_readiness.errors import CannotRunError

_START_TIMEOUT_S = 60
_SEEN_MINORS = range(6, 20)
_QUESTION = (
    "import platform, sys; print(sys.prefix); print(sys.base_prefix); print(platform.python_version());"
    " print('\\n'.join(path for path in sys.path if path))"
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter that has been started, and what it said of itself."""

    path: Path
    version: str
    prefixes: tuple[str, ...]
    paths: tuple[str, ...]

    @property
    def minor(self) -> str:
        """``3.11`` of ``3.11.7``."""
        return ".".join(self.version.split(".")[:2])


def ask(path: str, fix: str) -> Interpreter:
    """Start an interpreter, without the user's own packages and variables.

    Raises CannotRunError with ``fix`` when it does not start.
    """
    try:
        outcome = subprocess.run(
            [path, "-I", "-c", _QUESTION], capture_output=True, text=True, timeout=_START_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRunError(f"python {path} cannot be started: {_reason(error)}", fix=fix) from error
    answer = outcome.stdout.splitlines()
    if outcome.returncode != 0 or len(answer) < 3:
        said = (outcome.stderr.strip().splitlines() or ["nothing"])[-1]
        raise CannotRunError(f"python {path} exits {outcome.returncode}, saying: {said}", fix=fix)
    prefix, base, version, *paths = answer
    return Interpreter(Path(path), version, tuple(dict.fromkeys((prefix, base))), tuple(paths))


def find_interpreter(minor: str, *, is_exact: bool) -> Interpreter:
    """An installed interpreter of version ``minor`` (such as ``3.10``), else of the nearest one unless ``is_exact``.

    Of two that are equally near, the newer one is taken. Raises CannotRunError when there is none.
    """
    fix = f"install Python {minor} (pyenv install {minor}, uv python install {minor}), or name another"
    for version, path in sorted(_candidates(), key=lambda found: _distance(found[0], minor)):
        if is_exact and version != minor:
            break
        try:
            found = ask(path, fix)
        except CannotRunError:  # the shim of a version that is not active, a broken link
            continue
        if found.minor == version:
            return found
    known = ", ".join(sorted({version for version, _ in _candidates()}, key=_number))
    raise CannotRunError(f"Python {minor} is not installed; found: {known or 'none'}", fix=fix)


def _candidates() -> Iterator[tuple[str, str]]:
    """Versions (``3.10``) and paths of what may be interpreters, each version's likeliest first."""
    yield ".".join(map(str, sys.version_info[:2])), _own()
    roots = [os.environ.get("PYENV_ROOT"), os.path.expanduser("~/.pyenv")]
    shims = [f"{root}/shims" for root in roots if root]
    for minor in _SEEN_MINORS:
        name = f"python3.{minor}"
        for folder in (*os.environ.get("PATH", "").split(":"), "/usr/local/bin", "/usr/bin"):
            found = shutil.which(name, path=folder) if folder and folder not in shims else None
            if found:  # pyenv's shims start the active version, whatever they are called
                yield f"3.{minor}", found
    for root in dict.fromkeys(root for root in roots if root):
        yield from _versioned(Path(root), "versions/3.*/bin/python3")
    uv_root = os.environ.get("UV_PYTHON_INSTALL_DIR", os.path.expanduser("~/.local/share/uv/python"))
    yield from _versioned(Path(uv_root), "cpython-3.*/bin/python3")


def _versioned(root: Path, pattern: str) -> Iterator[tuple[str, str]]:
    """Interpreters whose folder names their version, the newest patch level first."""
    found = []
    for path in root.glob(pattern):
        matched = re.search(r"(3\.\d+)\.(\d+)", path.parents[1].name)
        if matched:
            found.append((int(matched[2]), matched[1], str(path)))
    for _, version, interpreter in sorted(found, reverse=True):
        yield version, interpreter


def _own() -> str:
    """The interpreter that the tool's own environment was made of: an environment made of it stands by itself."""
    return getattr(sys, "_base_executable", None) or sys.executable


def _number(version: str) -> int:
    return int(version.split(".")[1])


def _distance(version: str, wanted: str) -> tuple[int, bool]:
    return abs(_number(version) - _number(wanted)), _number(version) < _number(wanted)


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it does not answer"
