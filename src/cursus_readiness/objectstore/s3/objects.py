"""Buckets and objects as folders and files: nothing outside the root is read or written, whatever a key says."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from cursus_readiness.objectstore.s3.errors import S3Error
from cursus_readiness.objectstore.s3.keys import (
    REWORD,
    is_bucket_name,
    is_folder,
    leads_through_folders,
    segments,
    storable_segments,
)
from cursus_readiness.objectstore.s3.listing import Entry, walk
from cursus_readiness.objectstore.s3.staging import Staged


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What is known of an object. ``headers`` are those that it was put with, if it was put through the endpoint."""

    size_bytes: int
    modified: datetime
    etag: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of the object that is there for it to be replaced."""

    etag: str | None = None
    is_new: bool = False


class Objects:
    """A folder ``<root>/<bucket>/<key>``.

    Folders are real: one that is a link is not looked into. A file may be a link that the tool made: it is read through
    and replaced, never written through. Nobody but the tool changes the folder, so that what was looked at is still so
    when it is used.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[tuple[int, ...], str, dict[str, str]]] = {}  # path -> which file, ETag, headers
        self._markers: set[str] = set()  # "bucket/folder/": keys that end in a slash

    def buckets(self) -> list[tuple[str, datetime]]:
        """Name and age of every bucket."""
        found = []
        with suppress(FileNotFoundError), os.scandir(self._root) as entries:
            for entry in entries:
                if is_bucket_name(entry.name) and entry.is_dir(follow_symlinks=False):
                    found.append((entry.name, _instant(entry.stat().st_mtime)))
        return sorted(found)

    def bucket(self, name: str) -> Path:
        """The folder of a bucket that is there."""
        if not is_bucket_name(name):
            raise S3Error("InvalidBucketName", BucketName=name)
        if not is_folder(self._root / name):
            raise S3Error("NoSuchBucket", BucketName=name)
        return self._root / name

    def create_bucket(self, name: str) -> bool:
        """Make a bucket; whether it was not there before."""
        if not is_bucket_name(name):
            raise S3Error("InvalidBucketName", BucketName=name)
        with self._lock:
            if is_folder(self._root / name):
                return False
            self._make_folders(name, [], "")
            return True

    def delete_bucket(self, name: str) -> None:
        """Remove an empty bucket."""
        folder = self.bucket(name)
        try:
            folder.rmdir()
        except OSError as error:
            raise S3Error("BucketNotEmpty", BucketName=name) from error

    def open(self, bucket: str, key: str) -> tuple[BinaryIO, StoredObject]:
        """An object's content and what is known of it."""
        folder, parts = self.bucket(bucket), segments(key)
        missing = S3Error("NoSuchKey", Key=key, BucketName=bucket)
        if parts is None or not leads_through_folders(folder, parts):
            raise missing
        path = folder.joinpath(*parts)
        if key.endswith("/"):
            if f"{bucket}/{key}" not in self._markers:
                raise missing
            return Path(os.devnull).open("rb"), self.describe(path, path.stat())
        try:
            if not path.is_file():
                raise missing
            file = path.open("rb")
        except PermissionError as error:
            raise S3Error("AccessDenied", Key=key) from error
        except OSError as error:  # a link in a circle, or gone since
            raise missing from error
        return file, self.describe(path, os.fstat(file.fileno()))

    def describe(self, path: str | Path, status: os.stat_result) -> StoredObject:
        """What is known of a file, or of a folder that is a marker.

        The ETag is that of S3 when the object was put through the endpoint. Else it has the form of a multipart
        upload's, which nobody takes for the MD5 of the content, and is another when the file is.
        """
        if stat.S_ISDIR(status.st_mode):
            return StoredObject(0, _instant(status.st_mtime), f'"{_md5(b"")}"', {})
        identity = _identity(status)
        kept, etag, headers = self._kept.get(str(path), (None, "", {}))
        if kept != identity:
            etag, headers = f'"{_md5(repr(identity).encode())}-1"', {}
        return StoredObject(status.st_size, _instant(status.st_mtime), etag, headers)

    def put(
        self,
        bucket: str,
        key: str,
        staged: Staged,
        *,
        etag: str,
        headers: dict[str, str],
        condition: Condition | None = None,
    ) -> StoredObject:
        """Make what was received an object, in place of one that is there. A bucket that is missing is made."""
        parts = storable_segments(bucket, key)
        if key.endswith("/") and staged.size_bytes:
            raise S3Error("NotImplemented", f"a key that ends in '/' is a folder, without content: {REWORD}", Key=key)
        with self._lock:
            if condition:
                self._check(condition, bucket, key)
            if key.endswith("/"):
                path = self._make_folders(bucket, parts, key)
                self._markers.add(f"{bucket}/{key}")
                return self.describe(path, path.stat())
            path = self._make_folders(bucket, parts[:-1], key) / parts[-1]
            try:
                os.replace(staged.path, path)
            except IsADirectoryError as error:
                raise _collision(key, f"there are objects below '{key}/'") from error
            status = path.stat()
            self._kept[str(path)] = (_identity(status), etag, headers)
            return self.describe(path, status)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object, if it is there, and the folders that were there for it alone."""
        folder, parts = self.bucket(bucket), segments(key)
        with self._lock:
            if parts is None or not leads_through_folders(folder, parts):
                return
            path = folder.joinpath(*parts)
            if key.endswith("/"):
                self._markers.discard(f"{bucket}/{key}")
            elif not is_folder(path):
                path.unlink(missing_ok=True)
                self._kept.pop(str(path), None)
                path = path.parent
            while path != folder and f"{bucket}/{path.relative_to(folder).as_posix()}/" not in self._markers:
                try:
                    path.rmdir()
                except OSError:  # something else is in it, or it was never there
                    return
                path = path.parent

    def walk(self, bucket: str, prefix: str, after: str, *, collapse: bool) -> Iterator[Entry]:
        """The keys of a bucket in S3's order, as ``listing.walk`` has them."""
        folder = str(self.bucket(bucket))
        return walk(folder, prefix, after, lambda key: f"{bucket}/{key}" in self._markers, collapse=collapse)

    def _check(self, condition: Condition, bucket: str, key: str) -> None:
        try:
            file, found = self.open(bucket, key)
        except S3Error:
            if condition.etag is not None:
                raise
            return
        file.close()
        if condition.is_new or condition.etag not in (None, found.etag, found.etag.strip('"')):
            raise S3Error("PreconditionFailed", Condition="If-None-Match" if condition.is_new else "If-Match")

    def _make_folders(self, bucket: str, names: list[str], key: str) -> Path:
        path = self._root
        path.mkdir(parents=True, exist_ok=True)
        for name in (bucket, *names):
            path /= name
            if not is_folder(path):
                try:
                    path.mkdir()
                except FileExistsError as error:
                    taken = path.relative_to(self._root).as_posix()
                    raise _collision(key, f"'{taken}' is a file") from error
        return path


def _collision(key: str, why: str) -> S3Error:
    return S3Error("NotImplemented", f"a folder cannot be a file too, and {why}: {REWORD}", Key=key)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    """What tells one file from another that took its place."""
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _instant(timestamp_s: float) -> datetime:
    return datetime.fromtimestamp(timestamp_s, UTC)


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
