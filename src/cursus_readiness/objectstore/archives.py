"""``.tar.gz`` archives: deterministic when written, confined when read."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path

_MISPLACED = (NotADirectoryError, IsADirectoryError, FileExistsError)  # members that are in each other's way


class UnsafeArchiveError(Exception):
    """The archive is broken, or has a member that would land outside its folder."""


def pack(folder: Path, archive: Path) -> None:
    """Pack a folder's content; same content, same bytes. Member names have no leading ``./``.

    A link that is there in the archive's place is replaced, not followed.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.unlink(missing_ok=True)
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for path in sorted(folder.rglob("*")):
            if "__pycache__" not in path.relative_to(folder).parts:
                _add(tar, path, path.relative_to(folder).as_posix())


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    member = tar.gettarinfo(path, name)
    if member is None:  # a socket
        return
    member.mtime = 0
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    if member.islnk():  # a second name of a file that is in the archive already
        member.type, member.linkname, member.size = tarfile.REGTYPE, "", path.stat().st_size
    if member.isreg():
        with path.open("rb") as file:
            tar.addfile(member, file)
    else:
        tar.addfile(member)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack into a folder.

    Raises UnsafeArchiveError for a broken archive and for members that would leave the folder.
    """
    try:
        with gzip.open(archive) as zipped, tarfile.open(fileobj=zipped) as tar:
            tar.extractall(folder, filter="data")
            while zipped.read(1 << 20):  # to the end, where the sum is that tells a broken archive
                pass
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, *_MISPLACED) as error:
        raise UnsafeArchiveError(f"cannot unpack {archive.name}: {error}") from error
