"""Whether a file has the checksums that S3 gives for its object."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
_BLOCK_BYTES = 1 << 20


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


# Member of an answer -> what calculates it. CRC32C and CRC64NVME need another library.
_DIGESTS: dict[str, Callable[[], _Digest]] = {
    "ChecksumSHA256": hashlib.sha256,
    "ChecksumSHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "ChecksumCRC32": _Crc32,
}


def wrong_checksum(path: Path, answer: Mapping[str, Any]) -> str | None:
    """The first checksum of S3's answer for an object that its file does not have; ``None`` when all are right.

    Checksums of the parts of a multipart upload say nothing about the whole and are left out, and so are ETags that
    are no MD5 (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html).
    """
    wanted = _wanted(answer)
    digests = {name: _DIGESTS[name]() if name in _DIGESTS else _md5() for name in wanted}
    if not digests:
        return None
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            for digest in digests.values():
                digest.update(block)
    return next((name for name, digest in digests.items() if digest.digest() != wanted[name]), None)


def _md5() -> _Digest:
    return hashlib.md5(usedforsecurity=False)


def _wanted(answer: Mapping[str, Any]) -> dict[str, bytes]:
    """Name -> bytes of each checksum of the whole object that can be calculated here."""
    found = {}
    for name in _DIGESTS:
        value = answer.get(name)
        if value and "-" not in value and answer.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT":
            found[name] = base64.b64decode(value)
    etag = _MD5.fullmatch(answer.get("ETag", ""))
    is_md5 = answer.get("ServerSideEncryption") in (None, "AES256") and "SSECustomerAlgorithm" not in answer
    if etag and is_md5:
        found["ETag"] = bytes.fromhex(etag[1])
    return found
