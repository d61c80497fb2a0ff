"""A checksum is compared where S3 gives one of the whole object, and only there."""

from __future__ import annotations

import base64
import hashlib
import zlib
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness.sources.aws.checksums import wrong_checksum

BODY = b"some bytes"
MD5 = hashlib.md5(BODY).hexdigest()
OTHER = "0" * 32


def coded(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


RIGHT: dict[str, dict[str, Any]] = {
    "ETag": {"ETag": f'"{MD5}"'},
    "ChecksumSHA256": {"ChecksumSHA256": coded(hashlib.sha256(BODY).digest())},
    "ChecksumSHA1": {"ChecksumSHA1": coded(hashlib.sha1(BODY).digest())},
    "ChecksumCRC32": {"ChecksumCRC32": coded(zlib.crc32(BODY).to_bytes(4, "big")), "ChecksumType": "FULL_OBJECT"},
}


@pytest.mark.parametrize(("name", "answer"), RIGHT.items(), ids=RIGHT.keys())
def test_each_checksum_is_compared(tmp_path: Path, name: str, answer: dict[str, Any]) -> None:
    path = tmp_path / "x"
    path.write_bytes(BODY)
    assert wrong_checksum(path, answer) is None
    path.write_bytes(BODY[::-1])
    assert wrong_checksum(path, answer) == name


@pytest.mark.parametrize(
    "answer",
    [
        {"ETag": f'"{OTHER}-3"'},
        {"ETag": f'"{OTHER}"', "ServerSideEncryption": "aws:kms"},
        {"ETag": f'"{OTHER}"', "SSECustomerAlgorithm": "AES256"},
        {"ETag": '"not-an-md5"'},
        {"ChecksumSHA256": f"{coded(bytes(32))}-3"},
        {"ChecksumCRC32": coded(bytes(4)), "ChecksumType": "COMPOSITE"},
        {"ChecksumCRC64NVME": coded(bytes(8))},
        {},
    ],
)
def test_what_is_no_checksum_of_the_whole_proves_nothing(tmp_path: Path, answer: dict[str, Any]) -> None:
    path = tmp_path / "x"
    path.write_bytes(BODY)
    assert wrong_checksum(path, answer) is None


def test_a_bucket_that_encrypts_by_itself_has_md5s(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(BODY)
    assert wrong_checksum(path, {"ETag": f'"{OTHER}"', "ServerSideEncryption": "AES256"}) == "ETag"
