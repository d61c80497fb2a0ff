"""Where a drafted scenario goes, and the files near it that may be its pipeline's code."""

from __future__ import annotations

import os
from pathlib import Path

from cursus_readiness.errors import UsageError

_MOST_FILES = 5_000
_LEFT_OUT = ("__pycache__", "node_modules", "reports")


def place_of(pipeline: Path, out: Path | None) -> Path:
    """The file of the scenario: beside the pipeline unless it is named.

    Raises UsageError when something is there already.
    """
    path = out or pipeline.with_name(f"{pipeline.stem}.scenario.yaml")
    if path.exists():
        raise UsageError(f"{path} is there already", fix="name another file with --out")
    return path


def files_near(folder: Path, relative_to: Path) -> list[str]:
    """Files that may be the code of a pipeline, relative to a folder, the nearest first."""
    found: list[str] = []
    for place, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name[0] != "." and name not in _LEFT_OUT)
        found += [os.path.join(place, name) for name in files]
        if len(found) > _MOST_FILES:
            break
    found.sort(key=lambda item: (item.count(os.sep), item))
    return [relative_path(Path(path), relative_to) for path in found]


def relative_path(path: Path, folder: Path) -> str:
    """A path as a scenario in ``folder`` would name it."""
    return Path(os.path.relpath(path, folder)).as_posix()
