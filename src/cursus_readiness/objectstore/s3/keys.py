"""Which buckets and keys the folder that stands for S3 can hold, and where."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from cursus_readiness.objectstore.s3.errors import S3Error

_BUCKET = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}"
)  # what clients let through, but nothing that begins with a dot
_LONGEST_KEY_BYTES = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_LONGEST_SEGMENT_BYTES = 255  # a file's name
REWORD = "S3 can do this, the run's store cannot; use another key"


def is_bucket_name(name: str) -> bool:
    """Whether a bucket can have this name; such a name is one segment and leads nowhere else."""
    return _BUCKET.fullmatch(name) is not None


def segments(key: str) -> list[str] | None:
    """The folders and the file that stand for a key; ``None`` for a key that none can stand for.

    Raises S3Error for a key that is too long for S3 itself.
    """
    if len(key.encode()) > _LONGEST_KEY_BYTES:
        raise S3Error("KeyTooLongError", MaxSizeAllowed=str(_LONGEST_KEY_BYTES))
    parts = key.removesuffix("/").split("/")
    is_storable = "\0" not in key and all(
        part not in ("", ".", "..") and len(part.encode()) <= _LONGEST_SEGMENT_BYTES for part in parts
    )
    return parts if is_storable else None


def storable_segments(bucket: str, key: str) -> list[str]:
    """The segments of a key that is to be written.

    Raises S3Error for a bucket or key that cannot be.
    """
    if not is_bucket_name(bucket):
        raise S3Error("InvalidBucketName", BucketName=bucket)
    parts = segments(key)
    if parts is None:
        what = "the key has a NUL or a segment that is empty, '.', '..' or longer than 255 bytes"
        raise S3Error("NotImplemented", f"{what}: {REWORD}", Key=key)
    return parts


def is_folder(path: Path) -> bool:
    """Whether a folder is there, and not a link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def leads_through_folders(folder: Path, parts: list[str]) -> bool:
    """Whether everything between a folder and the last of the segments below it is a real folder."""
    return all(is_folder(folder.joinpath(*parts[:depth])) for depth in range(1, len(parts)))
