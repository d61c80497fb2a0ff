"""Whether two runs of a step left the same: files, rows of tables, values of documents."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from cursus_readiness.model.result import OutputRecord
from cursus_readiness.objectstore.files import walk_files
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.rules.base import UnreadableDataError
from cursus_readiness.rules.equals import Equals
from cursus_readiness.rules.target import Target

_TOLERANCE = 1e-6


def difference(
    outputs: Sequence[OutputRecord], expected: ObjectStore, found: ObjectStore, ignored: Sequence[str] = ()
) -> str | None:
    """What differs between the outputs of a step in two stores, or ``None``.

    Numbers may differ by one millionth. ``ignored`` are patterns of ``OUTPUT/files`` that are not compared.
    """
    for output in outputs:
        pair = expected.path_of(output.uri), found.path_of(output.uri)
        problem = _of_trees(pair[0], pair[1], output.name, ignored)
        if problem:
            return problem
    return None


def _of_trees(expected: Path, found: Path, name: str, ignored: Sequence[str]) -> str | None:
    before, now = _files(expected, name, ignored), _files(found, name, ignored)
    odd = sorted(before.keys() ^ now.keys())
    if odd:
        return f"{odd[0]} is {'missing' if odd[0] in before else 'new'}"
    problems = (_of_files(before[key], now[key], key, ignored) for key in before)
    return next((problem for problem in problems if problem), None)


def _files(place: Path, name: str, ignored: Sequence[str]) -> dict[str, Path]:
    """``OUTPUT/path`` -> file."""
    files = [place] if place.is_file() else list(walk_files(place)) if place.is_dir() else []
    found = {f"{name}/{path.name if place.is_file() else path.relative_to(place)}": path for path in files}
    return {key: path for key, path in found.items() if not any(fnmatch(key, pattern) for pattern in ignored)}


def _of_files(expected: Path, found: Path, name: str, ignored: Sequence[str]) -> str | None:
    if _sum(expected) == _sum(found):
        return None
    if tarfile.is_tarfile(expected) and tarfile.is_tarfile(found):  # archives hold dates
        return _of_archives(expected, found, name, ignored)
    check = Equals().parse({"to": "the baseline", "tolerance": _TOLERANCE})
    golden = Target((expected,))
    try:
        judged = check.judge(Target((found,), refer=lambda _written: golden))
    except UnreadableDataError as error:
        return f"{name}: {error}"
    return None if judged.held else f"{name}: {judged.message}"


def _of_archives(expected: Path, found: Path, name: str, ignored: Sequence[str]) -> str | None:
    with tempfile.TemporaryDirectory(prefix="readiness-") as folder:
        places = [Path(folder, side) for side in ("expected", "found")]
        for archive, place in zip((expected, found), places, strict=True):
            with tarfile.open(archive) as opened:
                opened.extractall(place, filter="data")
        return _of_trees(places[0], places[1], name, ignored)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
