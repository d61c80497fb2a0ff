"""What steps that have ended told those after them, kept for a run that goes on from there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

Json = Any


class KnownFile:
    """Appends a line for each step; no file while there is none. Secrets may be in it: nobody but a run reads it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def keep(self, step: str, properties: dict[str, Json]) -> None:
        """Keep what a step told."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8", errors="backslashreplace")
        self._file.write(json.dumps({"step": step, "properties": properties}) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Nothing more is kept."""
        if self._file is not None:
            self._file.close()


def read_known(path: Path) -> dict[str, dict[str, Json]]:
    """What each step told, by its name; empty when it is not there any more."""
    found = {}
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    for line in lines:
        try:
            told = json.loads(line)
            found[told["step"]] = told["properties"]
        except (ValueError, KeyError, TypeError):  # half a line, of a run that was killed
            continue
    return found
