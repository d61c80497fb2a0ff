"""Compiled pipelines by the content they were compiled from; an entry is complete or not there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_MANIFEST = "manifest.json"  # written last: sha256 of every other file


def key_of(content: Any) -> str:
    """The name of an entry: the sha256 of what it depends on, as JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class CompileCache:
    """A folder of entries, which several runs may use at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def bytecode(self) -> Path:
        """Where Python keeps what it has compiled, for all entries."""
        return self._folder / "bytecode"

    def load(self, key: str) -> Path | None:
        """The folder of an entry; ``None`` when there is none or when it is not as it was written."""
        entry = self._folder / key
        try:
            manifest = json.loads((entry / _MANIFEST).read_text(encoding="utf-8"))
            return entry if manifest == _checksums(entry) else None
        except (OSError, ValueError):
            return None

    def noted(self, key: str) -> list[str]:
        """The folders that were noted for a key; none when nothing was."""
        try:
            folders: list[str] = json.loads((self._folder / f"{key}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        return folders

    def note(self, key: str, folders: list[str]) -> None:
        """Note folders that a key cannot know of before there is an entry."""
        if folders != self.noted(key):
            with self.writing() as work:
                (work / "note").write_text(json.dumps(folders), encoding="utf-8")
                os.replace(work / "note", self._folder / f"{key}.json")

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """A folder to write a new entry in; gone afterwards unless it was kept."""
        self._folder.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".compiling-", dir=self._folder))
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def keep(self, work: Path, key: str) -> Path:
        """Make a written folder the entry of a key; the one that another run made meanwhile stays.

        Raises OSError when the disk has given out.
        """
        (work / _MANIFEST).write_text(json.dumps(_checksums(work), indent=1), encoding="utf-8")
        entry = self._folder / key
        while True:
            try:
                os.rename(work, entry)
            except OSError:
                kept = self.load(key)
                if kept is not None:
                    return kept
                if not entry.exists():
                    raise
                self._set_aside(entry)
            else:
                return entry

    def _set_aside(self, broken: Path) -> None:
        """By rename first, so that no run sees half of it."""
        with self.writing() as grave:
            try:
                os.rename(broken, grave / "broken")
            except FileNotFoundError:
                return  # another run has just done the same


def _checksums(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / _MANIFEST
    }
