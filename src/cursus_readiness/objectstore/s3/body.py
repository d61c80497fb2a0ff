"""The body of a request: whichever way it is chunked, the content as it was meant."""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message
from typing import Protocol

from cursus_readiness.objectstore.s3.errors import S3Error

_MOST_DIGITS = 20
_LINE_LIMIT = 8192  # a chunk's size with its signature, or a trailer


def whole_number(value: str, name: str) -> int:
    """A number that a client wrote.

    Raises S3Error for anything else.
    """
    if not (value.isascii() and value.isdigit() and len(value) < _MOST_DIGITS):
        raise S3Error("InvalidArgument", f"{name} {value[:_MOST_DIGITS]!r} is not a whole number")
    return int(value)


class Source(Protocol):
    """What content is read from; nothing is read at its end."""

    def read(self, count: int, /) -> bytes:
        """At most so many bytes."""
        ...

    def readline(self, limit: int, /) -> bytes:
        """Up to and with the next line feed, at most so many bytes."""
        ...


class Body:
    """The content of one request.

    ``proceed`` is called before the first read: a client that sent ``Expect: 100-continue`` waits for it, and one that
    is refused before never sends its content.
    """

    def __init__(self, source: Source, headers: Message, proceed: Callable[[], None] | None = None) -> None:
        """Raise S3Error for a length that is none."""
        self._proceed = proceed
        length = headers.get("Content-Length")
        is_chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
        size_bytes = 0 if length is None else whole_number(length, "Content-Length")
        self.is_announced = is_chunked or length is not None
        self._raw: Source = _Chunked(source) if is_chunked else _Limited(source, size_bytes)
        is_aws_chunked = headers.get("x-amz-content-sha256", "").startswith("STREAMING-")
        is_aws_chunked = is_aws_chunked or "aws-chunked" in headers.get("Content-Encoding", "").lower()
        self._content: Source = _Chunked(self._raw) if is_aws_chunked else self._raw

    def read(self, count: int) -> bytes:
        """The next bytes of the content, at most ``count``; nothing at its end.

        Raises S3Error when the content ends too early or is not chunked as announced.
        """
        if self._proceed is not None:
            self._proceed()
            self._proceed = None
        return self._content.read(count)

    def read_all(self, limit_bytes: int) -> bytes:
        """The whole content of a small request.

        Raises S3Error when it is larger than the limit.
        """
        content = bytearray()
        while chunk := self.read(limit_bytes + 1 - len(content)):
            content += chunk
            if len(content) > limit_bytes:
                raise S3Error("InvalidArgument", f"a request of more than {limit_bytes} bytes is not understood")
        return bytes(content)

    def finish(self) -> bool:
        """Read what nobody wanted; whether the next request can follow on the same connection."""
        if self._proceed is not None:
            return not self.is_announced
        try:
            while self._raw.read(1 << 20):
                pass
        except S3Error:
            return False
        return True


class _Limited:
    """So many bytes of a source."""

    def __init__(self, source: Source, size_bytes: int) -> None:
        self._source = source
        self._left_bytes = size_bytes

    def read(self, count: int, /) -> bytes:
        data = self._source.read(min(count, self._left_bytes))
        if self._left_bytes and count and not data:
            raise S3Error("IncompleteBody")
        self._left_bytes -= len(data)
        return data

    def readline(self, limit: int, /) -> bytes:
        data = self._source.readline(min(limit, self._left_bytes))
        self._left_bytes -= len(data)
        return data


class _Chunked:
    """Chunks with their size before each, as in HTTP/1.1 and ``aws-chunked``; signatures and trailers are skipped.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left_bytes = 0
        self._is_done = False

    def read(self, count: int, /) -> bytes:
        if not self._left_bytes and not self._is_done:
            self._start_chunk()
        if self._is_done or not count:
            return b""
        data = self._source.read(min(count, self._left_bytes))
        if not data:
            raise S3Error("IncompleteBody")
        self._left_bytes -= len(data)
        if not self._left_bytes:
            self._source.readline(_LINE_LIMIT)
        return data

    def readline(self, limit: int, /) -> bytes:
        line = bytearray()
        while len(line) < limit and not line.endswith(b"\n") and (data := self.read(1)):
            line += data
        return bytes(line)

    def _start_chunk(self) -> None:
        size = self._source.readline(_LINE_LIMIT).partition(b";")[0].strip()
        try:
            self._left_bytes = int(size, 16)
        except ValueError:
            raise S3Error("IncompleteBody", "a chunk does not begin with its size") from None
        if self._left_bytes < 0:
            raise S3Error("IncompleteBody", "a chunk does not begin with its size")
        if not self._left_bytes:
            self._is_done = True
            while self._source.readline(_LINE_LIMIT).strip():
                pass
