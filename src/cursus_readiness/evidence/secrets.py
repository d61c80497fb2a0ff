"""No credentials in what a repository tracks, nor in a run folder."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from cursus_readiness.model.evidence import Fact, examined
from cursus_readiness.rules.no_secrets import FORMS

_MOST_BYTES = 64 * 2**20  # a larger file of a repository is data; it is told, not looked at
_UNSEARCHED = ("password in a url",)  # documentation is full of them


def secret_fact(root: Path, excluded: Sequence[str], run: Path) -> Fact:
    """Where something of the form of a secret stands; never the secret itself."""
    tracked = _tracked(root)
    if tracked is None:
        return Fact(id="leaked-secret", missing="git cannot say which files the repository has")
    kept = [name for name in tracked if not any(fnmatchcase(name, pattern) for pattern in excluded)]
    files = [(name, root / name) for name in kept]
    files += [(f"run folder: {path.relative_to(run)}", path) for path in _run_files(run)]
    problems = [f"{name}: {problem}" for name, path in files for problem in _found(path)]
    return examined("leaked-secret", len(files), problems)


def _tracked(root: Path) -> list[str] | None:
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        outcome = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if outcome.returncode != 0:
        return None
    names = [name.decode("utf-8", "surrogateescape") for name in outcome.stdout.split(b"\0") if name]
    return [name for name in names if (root / name).is_file() and not (root / name).is_symlink()]


def _run_files(run: Path) -> Iterator[Path]:
    for path in sorted(run.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.relative_to(run).parts[0] != ".work":
            yield path


def _found(path: Path) -> Iterator[str]:
    if path.stat().st_size > _MOST_BYTES:
        yield "too large to be looked at"
        return
    content = path.read_bytes()
    for name, form in FORMS.items():
        match = form.expression.search(content) if name not in _UNSEARCHED and form.may_be_in(content) else None
        if match:
            line = content.count(b"\n", 0, match.start()) + 1
            yield f"line {line} looks like a secret ({name})"
