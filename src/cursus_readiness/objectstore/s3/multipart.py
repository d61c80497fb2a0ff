"""Uploads in parts that are under way."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cursus_readiness.objectstore.s3.errors import S3Error
from cursus_readiness.objectstore.s3.staging import Staged, Staging

SMALLEST_PART_BYTES = 5 << 20  # but for the last: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
LAST_PART = 10_000


@dataclass(slots=True)
class Upload:
    """An object to be, part by part."""

    bucket: str
    key: str
    headers: dict[str, str]
    parts: dict[int, Staged] = field(default_factory=dict)


class Uploads:
    """Every upload that was begun and neither completed nor aborted."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._open: dict[str, Upload] = {}

    def create(self, bucket: str, key: str, headers: dict[str, str]) -> str:
        """Begin one; its id."""
        upload_id = uuid.uuid4().hex
        self._open[upload_id] = Upload(bucket, key, headers)
        return upload_id

    def find(self, upload_id: str, bucket: str, key: str) -> Upload:
        """One that was begun for this object."""
        upload = self._open.get(upload_id)
        if upload is None or (upload.bucket, upload.key) != (bucket, key):
            raise S3Error("NoSuchUpload", UploadId=upload_id)
        return upload

    def add(self, upload: Upload, number: int, part: Staged) -> None:
        """Take a part in, in place of one with the same number."""
        before = upload.parts.get(number)
        upload.parts[number] = part
        if before is not None:
            before.discard()

    def join(self, upload: Upload, wanted: list[tuple[int, str]]) -> tuple[Staged, str]:
        """The whole content and its ETag, out of the parts (number, ETag) that the client names."""
        numbers = [number for number, _ in wanted]
        if not wanted:
            raise S3Error("MalformedXML")
        if numbers != sorted(set(numbers)):
            raise S3Error("InvalidPartOrder")
        parts = []
        for number, etag in wanted:
            part = upload.parts.get(number)
            if part is None or part.md5.hex() != etag.strip('"'):
                raise S3Error("InvalidPart", PartNumber=str(number), ETag=etag)
            parts.append(part)
        for number, part in zip(numbers[:-1], parts[:-1], strict=True):
            if part.size_bytes < SMALLEST_PART_BYTES:
                sizes = {"ProposedSize": str(part.size_bytes), "MinSizeAllowed": str(SMALLEST_PART_BYTES)}
                raise S3Error("EntityTooSmall", PartNumber=str(number), **sizes)
        whole = self._staging.join(parts)
        return whole, f'"{whole.md5.hex()}-{len(parts)}"'

    def close(self, upload_id: str) -> None:
        """Forget one and remove its parts."""
        upload = self._open.pop(upload_id, None)
        for part in upload.parts.values() if upload else ():
            part.discard()


def modified(part: Staged) -> datetime:
    """When a part was received."""
    return datetime.fromtimestamp(part.path.stat().st_mtime, UTC)
