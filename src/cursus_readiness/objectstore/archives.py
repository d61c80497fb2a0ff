"""``.tar.gz`` archives: deterministic when written, confined when read."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cursus_readiness.units import format_bytes

# zlib packs zeros 1,000 times; what people pack is 2 to 20 times smaller.
_LARGEST_RATIO = 200
_ALWAYS_ALLOWED_BYTES = 1 << 30
_MOST_MEMBERS = 500_000
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
    """Unpack into a folder, in one pass.

    Raises UnsafeArchiveError for a broken archive, for members that would leave the folder, and for an archive that is
    made to fill the disk.
    """
    with opened(archive) as members:
        for tar, member in members:
            tar.extract(member, folder, filter="data")


@contextmanager
def opened(archive: Path) -> Iterator[Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]]:
    """The members in turn, each to be extracted before the next is asked for; raises as ``unpack`` does."""
    try:
        yield _members(archive)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, *_MISPLACED) as error:
        raise UnsafeArchiveError(f"cannot unpack {archive.name}: {error}") from error


def _members(archive: Path) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    most_bytes = max(_ALWAYS_ALLOWED_BYTES, archive.stat().st_size * _LARGEST_RATIO)
    with gzip.open(archive) as zipped:
        source = _Bounded(zipped, most_bytes)
        with tarfile.open(fileobj=source, mode="r|") as tar:  # type: ignore[call-overload]
            for count, member in enumerate(tar):
                if count >= _MOST_MEMBERS:
                    raise tarfile.ReadError(f"more than {_MOST_MEMBERS:,} members")
                source.check(member.size)  # a sparse member is larger than what is read for it
                yield tar, member
        while source.read(1 << 20):  # to the end, where the sum is that tells a broken archive
            pass


class _Bounded:
    """The bytes of an archive, as many as can be believed."""

    def __init__(self, source: gzip.GzipFile, most_bytes: int) -> None:
        self._source = source
        self._left_bytes = self._most_bytes = most_bytes

    def read(self, size: int) -> bytes:
        data = self._source.read(size)
        self._left_bytes -= len(data)
        self.check(0)
        return data

    def check(self, size: int) -> None:
        """Raise when there is more than can be believed."""
        if size > self._most_bytes or self._left_bytes < 0:
            raise tarfile.ReadError(f"it holds more than {format_bytes(self._most_bytes)}, far more than its own size")
