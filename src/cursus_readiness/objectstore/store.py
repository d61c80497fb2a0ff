"""Objects by ``s3://`` URI in a local folder: place them into a container, collect them from one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cursus_readiness.model.job import JobInput, JobOutput, Packing
from cursus_readiness.objectstore.archives import pack, unpack
from cursus_readiness.objectstore.files import copy_file, link_file, printable


class MissingObjectError(Exception):
    """A URI under which the store holds nothing."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What an output held, and links in it that led out of the container and were left behind."""

    file_count: int
    size_bytes: int
    left_out: tuple[str, ...] = ()


class ObjectStore:
    """A folder ``<root>/<bucket>/<key>``. Files served from outside lie in it as symbolic links."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, uri: str) -> Path:
        """Where the object or prefix lies. URIs are checked when the plan is made."""
        return self.root / uri.removeprefix("s3://").strip("/")

    def place(self, wanted: JobInput, container_root: Path) -> int:
        """Put an input where the job expects it; how many files that were.

        The folder must be there. A single object lands as ``<path>/<basename>``, a prefix as the tree below it.
        Raises MissingObjectError when there is no such object or prefix, UnsafeArchiveError for archives that cannot be
        unpacked.
        """
        source = self.path_of(wanted.uri)
        target = container_root / wanted.path.lstrip("/")
        if wanted.packing is Packing.TAR_GZ:
            if not source.is_file():
                raise MissingObjectError(f"no object {wanted.uri}")
            unpack(source, target)
            return 1
        if source.is_file():
            copy_file(source, target / source.name)
            return 1
        if not source.is_dir():
            raise MissingObjectError(f"no objects under {wanted.uri}; SageMaker would fail to download it")
        return _copy_tree(source, target)

    def collect(self, output: JobOutput, container_root: Path) -> Collected:
        """Take an output into the store, as the upload at the end of a job does.

        Files are hard-linked: the step has ended, nobody writes them any more.
        """
        source = container_root / output.path.lstrip("/")
        target = self.path_of(output.uri)
        if not _is_inside(source, container_root):
            return Collected(0, 0, (output.path,))
        if output.packing is Packing.TAR_GZ:
            if not source.is_dir() or not any(source.iterdir()):
                return Collected(0, 0)
            pack(source, target)
            return Collected(1, target.stat().st_size)
        count, size, left_out = 0, 0, []
        for path in _files_below(source):
            relative = path.relative_to(source)
            real = _inside(path, container_root)
            if real is None:
                left_out.append(printable(relative.as_posix()))
                continue
            destination = target / relative
            destination.parent.mkdir(parents=True, exist_ok=True)
            link_file(real, destination)
            count += 1
            size += real.stat().st_size
        return Collected(count, size, tuple(left_out))


def _copy_tree(source: Path, target: Path) -> int:
    count = 0
    for folder, names, files in os.walk(source):
        names.sort()
        place = target / Path(folder).relative_to(source)
        place.mkdir(parents=True, exist_ok=True)
        for name in sorted(files):
            copy_file(Path(folder) / name, place / name)
            count += 1
    return count


def _files_below(source: Path) -> list[Path]:
    """Everything below an output folder that is not a folder, links to folders too."""
    if not source.is_dir():
        return []
    found = []
    for folder, names, files in os.walk(source, onerror=_raise):
        names.sort()
        found += [Path(folder) / name for name in sorted(files)]
        found += [Path(folder) / name for name in names if (Path(folder) / name).is_symlink()]
    return found


def _inside(path: Path, container_root: Path) -> Path | None:
    """The regular file that a path of the container means; ``None`` when it leads out of the container."""
    for _ in range(40):  # as many links as the kernel follows
        if not path.is_symlink():
            break
        link = os.readlink(path)
        path = container_root / link.lstrip("/") if link.startswith("/") else path.parent / link
        path = Path(os.path.normpath(path))
    if not _is_inside(path.parent, container_root) or path.is_symlink() or not path.is_file():
        return None
    return path


def _is_inside(path: Path, container_root: Path) -> bool:
    """Whether a path leads nowhere out of the container. (``Path.resolve`` would raise for links in a circle.)"""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(container_root))


def _raise(error: OSError) -> None:
    raise error
