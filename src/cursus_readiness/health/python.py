"""The interpreter is one that the tool is made for, with all of its standard library."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Callable
from importlib import metadata

from packaging.specifiers import SpecifierSet

from cursus_readiness.health.base import summed_up
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthPart, HealthResult

_TOOL = "cursus-readiness"
_MODULES = ("_bz2", "_ctypes", "_hashlib", "_lzma", "_socket", "_sqlite3", "_ssl", "zlib")
_REMEDIES = {
    "version": "Install cursus-readiness with a Python that it is made for: `uv venv --python 3.12`.",
    "library": "Build Python again with the headers of these libraries installed, or take your distribution's Python.",
    "encoding": "Set LANG=C.UTF-8, or PYTHONUTF8=1: names of steps and files may be of any language.",
}


class Python:
    """Version, the parts of the standard library that a build may lack, and the encoding of file names."""

    id = "python"
    timeout_s = 5.0

    def __init__(self, *, version: Callable[[], str] = platform.python_version) -> None:
        self._version = version

    def run(self) -> HealthResult:
        """Look at the interpreter that runs this."""
        version = self._version()
        wanted = metadata.metadata(_TOOL)["Requires-Python"]
        fits = SpecifierSet(wanted).contains(version, prereleases=True)
        missing = [name.lstrip("_") for name in _MODULES if importlib.util.find_spec(name) is None]
        encoding = sys.getfilesystemencoding()
        parts = [
            HealthPart(
                name="version",
                outcome=Outcome.PASS if fits else Outcome.FAIL,
                message=f"Python {version}" if fits else f"Python {version} is not {wanted}",
            ),
            HealthPart(
                name="library",
                outcome=Outcome.FAIL if missing else Outcome.PASS,
                message=f"this Python was built without {', '.join(missing)}" if missing else "it is complete",
            ),
            HealthPart(
                name="encoding",
                outcome=Outcome.PASS if encoding == "utf-8" else Outcome.WARN,
                message=f"file names are {encoding}",
            ),
        ]
        return summed_up(self.id, parts, _REMEDIES, good=parts[0].message)
