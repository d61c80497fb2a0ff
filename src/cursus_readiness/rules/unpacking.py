"""Archives, opened in a folder that is gone afterwards."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cursus_readiness.objectstore.archives import UnsafeArchiveError, unpack
from cursus_readiness.objectstore.files import printable, walk_files
from cursus_readiness.rules.base import UnreadableDataError
from cursus_readiness.units import GIB, format_bytes

_SUFFIXES = (".tar.gz", ".tgz", ".zip")
_LARGEST_BYTES = 4 * GIB


def is_archive(path: Path) -> bool:
    """Whether the name of a file says that it is an archive."""
    return path.name.lower().endswith(_SUFFIXES)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A folder with the members of a ``.tar.gz`` or ``.zip``.

    Raises UnreadableDataError for a broken archive, and for one with members that would land elsewhere.
    """
    with tempfile.TemporaryDirectory(prefix="readiness-") as name:
        folder = Path(name)
        try:
            if path.name.lower().endswith(".zip"):
                _unzip(path, folder)
            else:
                unpack(path, folder)
        except (UnsafeArchiveError, zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            reason = printable(str(error)).replace(name, "").splitlines()[0]
            raise UnreadableDataError(f"{printable(path.name)} is no whole archive: {reason}") from error
        yield folder


def members(folder: Path) -> list[str]:
    """The files of an unpacked archive by their path in it, sorted."""
    return [path.relative_to(folder).as_posix() for path in walk_files(folder) if not path.is_symlink()]


def _unzip(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
        if size > _LARGEST_BYTES:
            raise OSError(f"it holds {format_bytes(size)}")
        archive.extractall(folder)
