"""The settings of a project: the nearest ``readiness.toml``, or ``pyproject.toml`` with ``[tool.readiness]``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

SETTINGS_FILE = "readiness.toml"
_PYPROJECT = "pyproject.toml"
_SECTION = re.compile(r"^\s*\[+\s*tool\s*\.\s*readiness\b", re.MULTILINE)


class ProjectFile(NamedTuple):
    """A settings file as it was read; ``problem`` says why it could not be."""

    path: Path
    text: str | None
    problem: str | None = None

    @property
    def folder(self) -> Path:
        """What paths in it are relative to."""
        return self.path.parent

    def table(self) -> dict[str, Any]:
        """What it says, unchecked; empty when it is no TOML."""
        try:
            found: Any = tomllib.loads(self.text or "")
        except tomllib.TOMLDecodeError:
            return {}
        for name in ("tool", "readiness") if self.path.name == _PYPROJECT else ():
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}


def find_project_file(start: Path) -> ProjectFile | None:
    """The nearest settings file, in ``start`` or above."""
    for folder in (start, *start.parents):
        settings = folder / SETTINGS_FILE
        if settings.is_file():
            return read_project_file(settings)
        pyproject = folder / _PYPROJECT
        if pyproject.is_file():
            found = read_project_file(pyproject)
            if found.text is not None and _SECTION.search(found.text):
                return found
    return None


def read_project_file(path: Path) -> ProjectFile:
    """Read one settings file; what keeps it from being read is its problem."""
    try:
        return ProjectFile(path, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return ProjectFile(path, None, "not UTF-8 text")
    except OSError as error:
        return ProjectFile(path, None, error.strerror or str(error))
