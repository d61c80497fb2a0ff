"""Content on its way into the store: whole before it becomes an object."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_BLOCK_BYTES = 1 << 20


class Content(Protocol):
    """What can be read to its end."""

    def read(self, count: int, /) -> bytes:
        """At most so many bytes, nothing at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Staged:
    """Content that was received and is not an object yet."""

    path: Path
    size_bytes: int
    md5: bytes

    @property
    def etag(self) -> str:
        """The ETag of an object that is put in one piece."""
        return f'"{self.md5.hex()}"'

    def discard(self) -> None:
        """Remove it, if it is still there."""
        self.path.unlink(missing_ok=True)


class Staging:
    """A folder on the file system of the store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def receive(self, content: Content, size_bytes: int | None = None) -> Staged:
        """Take content in, to its end or so many bytes of it."""
        path = self._new()
        digest, count = hashlib.md5(usedforsecurity=False), 0
        try:
            with path.open("xb") as file:
                while block := content.read(
                    _BLOCK_BYTES if size_bytes is None else min(_BLOCK_BYTES, size_bytes - count)
                ):
                    file.write(block)
                    digest.update(block)
                    count += len(block)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Staged(path, count, digest.digest())

    def join(self, parts: Iterable[Staged]) -> Staged:
        """The parts one after the other; its MD5 is that of theirs, as S3 has it for a multipart upload."""
        path, digest, size = self._new(), hashlib.md5(usedforsecurity=False), 0
        try:
            with path.open("xb") as file:
                for part in parts:
                    digest.update(part.md5)
                    size += part.size_bytes
                    with part.path.open("rb") as reader:
                        while os.sendfile(file.fileno(), reader.fileno(), None, 1 << 30):
                            pass
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Staged(path, size, digest.digest())

    def close(self) -> None:
        """Remove what never became an object."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _new(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / uuid.uuid4().hex
