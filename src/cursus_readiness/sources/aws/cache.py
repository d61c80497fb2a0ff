"""Objects that were downloaded, kept from run to run; several processes may use it at the same time."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

from cursus_readiness.sources.aws.listing import RemoteObject


class ObjectCache:
    """Whole objects by what they are: address, bucket, key, ETag and size. Their files are never written again.

    A file is in ``objects`` only when it was downloaded and checked; what is under way lies in ``partial``. What this
    process uses is held by a file in ``held`` that it keeps locked while it lives: nobody evicts that meanwhile.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self._folder = folder
        self._address = address
        self._objects, self._partial, self._held = (folder / name for name in ("objects", "partial", "held"))
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)  # data of whoever has the right to read it there
        for path in (self._objects, self._partial, self._held):
            path.mkdir(exist_ok=True)
        with self._locked("eviction"):  # else it could be taken for one that nobody keeps any more
            self._name = uuid4().hex
            self._holder = os.open(
                self._held / self._name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            fcntl.flock(self._holder, fcntl.LOCK_EX)

    def name_of(self, item: RemoteObject) -> str:
        """What an object is called here."""
        known = [self._address, item.bucket, item.key, item.etag, item.size_bytes]
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()

    def hold(self, items: Iterable[RemoteObject]) -> None:
        """Keep these from being evicted, there already or not, as long as this process lives."""
        with self._locked("eviction"):
            os.write(self._holder, "".join(f"{self.name_of(item)}\n" for item in items).encode())

    def find(self, item: RemoteObject) -> Path | None:
        """The file of an object, if it is there; that it was used now is noted."""
        path = self._path(item)
        try:
            if path.stat().st_size != item.size_bytes:
                return None
            os.utime(path)
        except OSError:
            return None
        return path

    def partial(self, item: RemoteObject) -> Path:
        """Where an object is to be downloaded to."""
        return self._partial / self.name_of(item)

    def keep(self, item: RemoteObject) -> Path:
        """Take in what was downloaded to ``partial``: whole, checked, and read-only from now on."""
        partial, path = self.partial(item), self._path(item)
        path.parent.mkdir(exist_ok=True)
        partial.chmod(0o444)
        os.replace(partial, path)
        return path

    @contextmanager
    def downloading(self, bucket: str) -> Iterator[None]:
        """Be the only process that downloads from a bucket: what two need is then downloaded once."""
        name = hashlib.sha256(f"{self._address} {bucket}".encode()).hexdigest()[:16]
        with self._locked(name):
            yield

    def evict(self, limit_bytes: int) -> int:
        """Remove what was not used for longest, until no more than the limit is left; how many bytes that were.

        What a process holds stays, even over the limit.
        """
        with self._locked("eviction"):
            held = self._names_held()
            files = [(path, path.stat()) for path in self._files()]
            files.sort(key=lambda item: item[1].st_mtime_ns)
            too_many = total = sum(stat.st_size for _, stat in files)
            for path, stat in files:
                if too_many <= limit_bytes:
                    break
                if path.name.partition(".")[0] not in held:
                    path.unlink(missing_ok=True)
                    too_many -= stat.st_size
            return total - too_many

    def _path(self, item: RemoteObject) -> Path:
        name = self.name_of(item)
        return self._objects / name[:2] / name

    def _files(self) -> list[Path]:
        return [path for folder in (self._objects, self._partial) for path in folder.rglob("*") if path.is_file()]

    def _names_held(self) -> Collection[str]:
        """What living processes hold; the files of those that are gone are removed."""
        names: set[str] = set()
        for path in self._held.iterdir():
            with path.open(encoding="ascii") as file:
                if path.name != self._name and _is_free(file.fileno()):
                    path.unlink(missing_ok=True)
                else:
                    names.update(file.read().split())
        return names

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with (self._folder / f"{name}.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@cache
def cache_in(folder: Path, address: str) -> ObjectCache:
    """The cache of this process, which holds what it uses to its end."""
    return ObjectCache(folder, address)


def _is_free(descriptor: int) -> bool:
    """Whether nobody has the lock of a file."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
