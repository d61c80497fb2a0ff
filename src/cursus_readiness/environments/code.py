"""Read the text files of a step's code: single files, folders and ``.tar.gz`` archives alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from cursus_readiness.objectstore.archives import UnsafeArchiveError, opened
from cursus_readiness.objectstore.files import walk_files

ARCHIVES = (".tar.gz", ".tgz")
_SUFFIXES = (".py", ".sh", ".txt")
_FILE_LIMIT_BYTES = 4 * 1024 * 1024


def read_code(path: Path) -> dict[str, bytes]:
    """Scripts and requirements files below ``path``, by their relative name, as they lie when a step starts.

    A single file is under its own name; the members of an archive are where the archive is. What is larger than 4 MiB
    is no code. Raises UnsafeArchiveError for a broken archive; one among other files has no members.
    """
    if path.is_dir():
        found: dict[str, bytes] = {}
        for file in walk_files(path):
            folder = file.relative_to(path).parent
            with suppress(UnsafeArchiveError):
                found |= {(folder / name).as_posix(): content for name, content in read_code(file).items()}
        return found
    if path.is_file() and path.name.endswith(ARCHIVES):
        return dict(_members(path))
    if path.suffix not in _SUFFIXES or not path.is_file() or path.stat().st_size > _FILE_LIMIT_BYTES:
        return {}
    return {path.name: path.read_bytes()}


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    with opened(archive) as members:
        for tar, member in members:
            is_code = member.isreg() and member.name.endswith(_SUFFIXES) and member.size <= _FILE_LIMIT_BYTES
            content = tar.extractfile(member) if is_code else None
            if content is not None:
                yield PurePosixPath(member.name).as_posix().removeprefix("./").lstrip("/"), content.read()
