"""Summaries of runs and promoted baselines: written, found and read."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.summary import RunSummary
from cursus_readiness.store.layout import JOURNAL_NAME, OutLayout, RunLayout
from cursus_readiness.store.schema import dump, load
from cursus_readiness.store.writing import write_text

_RUN_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep others that ask for the same folder waiting."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def run_folders(out: Path) -> list[Path]:
    """The run folders of a folder, the newest first, those that have lost their journal among them."""
    if not out.is_dir():
        return []
    found = [
        entry
        for entry in out.iterdir()
        if not entry.is_symlink()
        and entry.is_dir()
        and (_RUN_NAME.fullmatch(entry.name) or (entry / JOURNAL_NAME).is_file())
    ]
    return sorted(found, key=lambda entry: entry.name, reverse=True)


def read_summary(path: Path) -> RunSummary | None:
    """A summary of a run, or a baseline; ``None`` when there is none.

    Raises InvalidInputError when it cannot be read.
    """
    try:
        return load(RunSummary, path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path}: cannot be read: {error}", fix="remove the file") from error


def write_summary(path: Path, summary: RunSummary) -> None:
    """Write a summary or a baseline: what is not known is left out, so that a difference is easy to read."""
    write_text(path, dump(summary, is_brief=True))


def baseline_names(out: Path) -> list[str]:
    """The baselines of a folder by name."""
    return sorted(path.stem for path in OutLayout(out).baselines.glob("*.json"))


def run_at(out: Path, reference: str) -> RunLayout | None:
    """The run folder that somebody names by its path, or by its name in a folder."""
    for folder in (Path(reference), out / reference):
        if (folder / JOURNAL_NAME).is_file():
            return RunLayout(folder.resolve())
    return None
