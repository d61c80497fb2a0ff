"""Read the text files of a step's code: single files, folders and ``.tar.gz`` archives alike."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from cursus_readiness.objectstore.files import walk_files

ARCHIVES = (".tar.gz", ".tgz")
_SUFFIXES = (".py", ".sh", ".txt")
_FILE_LIMIT_BYTES = 4 * 1024 * 1024
_BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error)


def read_code(path: Path) -> dict[str, bytes]:
    """Scripts and requirements files below ``path``, by their relative name, as they lie when a step starts.

    A single file is under its own name; the members of an archive are where the archive is. What is larger than 4 MiB
    is no code. A broken archive has no members: placing it says what is wrong.
    """
    if path.is_dir():
        found: dict[str, bytes] = {}
        for file in walk_files(path):
            folder = file.relative_to(path).parent
            found |= {(folder / name).as_posix(): content for name, content in read_code(file).items()}
        return found
    if path.name.endswith(ARCHIVES):
        return dict(_members(path))
    if path.suffix not in _SUFFIXES or not path.is_file() or path.stat().st_size > _FILE_LIMIT_BYTES:
        return {}
    return {path.name: path.read_bytes()}


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(archive, mode="r|gz") as tar:
            for member in tar:
                is_code = member.isreg() and member.name.endswith(_SUFFIXES) and member.size <= _FILE_LIMIT_BYTES
                content = tar.extractfile(member) if is_code else None
                if content is not None:
                    yield PurePosixPath(member.name).as_posix().removeprefix("./").lstrip("/"), content.read()
    except _BROKEN:
        return
