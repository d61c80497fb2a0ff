"""The content of a request is the same, whichever way it is chunked."""

from __future__ import annotations

import io
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.objectstore.s3.body import Body
from cursus_readiness.objectstore.s3.errors import S3Error


def chunked(content: bytes, size: int, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    chunks = [b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces]
    return b"".join([*chunks, b"0" + extension + b"\r\n", trailer, b"\r\n"])


def a_body(raw: bytes, **headers: str) -> tuple[Body, io.BytesIO]:
    message = Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    source = io.BytesIO(raw)
    return Body(source, message), source


SIGNATURE = b";chunk-signature=" + b"a" * 64
TRAILER = b"x-amz-checksum-crc32:AAAAAA==\r\nx-amz-trailer-signature:00\r\n"


@given(
    content=st.binary(max_size=300),
    inner=st.integers(1, 100),
    outer=st.integers(1, 100),
    extension=st.sampled_from([b"", SIGNATURE]),
    trailer=st.sampled_from([b"", TRAILER]),
    is_chunked=st.booleans(),
    algorithm=st.sampled_from(["", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"]),
    block=st.integers(1, 200),
)
def test_content_is_unwrapped(
    content: bytes,
    inner: int,
    outer: int,
    extension: bytes,
    trailer: bytes,
    is_chunked: bool,
    algorithm: str,
    block: int,
) -> None:
    raw = chunked(content, inner, extension, trailer) if algorithm else content
    headers = {"x_amz_content_sha256": algorithm or "UNSIGNED-PAYLOAD"}
    headers |= {"Transfer_Encoding": "chunked"} if is_chunked else {"Content_Length": str(len(raw))}
    body, source = a_body((chunked(raw, outer) if is_chunked else raw) + b"next", **headers)
    assert b"".join(iter(lambda: body.read(block), b"")) == content
    assert body.finish()
    assert source.read() == b"next"


@pytest.mark.parametrize(
    "raw", [b"", b"5\r\nhel", b"zz\r\nhello\r\n", b"-5\r\nhello\r\n", b"5\r\nhello\r\n", b"hello" * 9999]
)
def test_chunks_that_are_none_are_refused(raw: bytes) -> None:
    body, _ = a_body(raw, Transfer_Encoding="chunked")
    with pytest.raises(S3Error, match="IncompleteBody"):
        body.read_all(1000)
    assert not body.finish()


def test_what_nobody_read_is_read_at_the_end() -> None:
    body, source = a_body(b"hello" + b"next", Content_Length="5")
    assert body.read(2) == b"he"
    assert body.finish()
    assert source.read() == b"next"


def test_the_old_way_to_announce_chunks_is_understood() -> None:
    raw = chunked(b"hello", 2)
    body, _ = a_body(raw, Content_Length=str(len(raw)), Content_Encoding="gzip,aws-chunked")
    assert body.read_all(5) == b"hello"
