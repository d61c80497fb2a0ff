"""``.tar.gz`` archives: deterministic when written, confined when read."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path


class UnsafeArchiveError(Exception):
    """The archive is broken, or has a member that would land outside its folder."""


def pack(folder: Path, archive: Path) -> None:
    """Pack a folder's content; same content, same bytes. Member names have no leading ``./``."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for path in sorted(folder.rglob("*")):
            if "__pycache__" not in path.parts:
                tar.add(path, path.relative_to(folder).as_posix(), recursive=False, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = 0
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def unpack(archive: Path, folder: Path) -> None:
    """Unpack into a folder.

    Raises UnsafeArchiveError for a broken archive and for members that would leave the folder.
    """
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        raise UnsafeArchiveError(f"cannot unpack {archive.name}: {error}") from error
