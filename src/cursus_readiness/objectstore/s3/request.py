"""One request to AWS and its answer, as operations see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message
from typing import BinaryIO
from urllib.parse import parse_qsl, unquote_to_bytes

from cursus_readiness.objectstore.s3.body import Body
from cursus_readiness.objectstore.s3.errors import S3Error

_DEFAULT_REGION = "us-east-1"


@dataclass(slots=True)
class Request:
    """A request; ``service`` and ``region`` are those that it was signed for, ``""`` when it is not signed."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: Body
    service: str = ""
    region: str = _DEFAULT_REGION

    @property
    def bucket(self) -> str:
        """First segment of the path."""
        return self.path[1:].partition("/")[0]

    @property
    def key(self) -> str:
        """Everything after the bucket, ``""`` for a request about the bucket."""
        return self.path[1:].partition("/")[2]

    @property
    def uri(self) -> str | None:
        """The object or bucket."""
        if not self.bucket:
            return None
        return f"s3://{self.bucket}/{self.key}" if self.key else f"s3://{self.bucket}"

    def header(self, name: str) -> str | None:
        """A header's value, whichever case its name is in."""
        value = self.headers.get(name)
        return None if value is None else str(value)


@dataclass(slots=True)
class Response:
    """An answer: ``content``, or a part of an open file, which whoever sends it closes.

    ``size_bytes`` is the content of the object that was sent or received. ``uri`` is the object that the answer is
    about, when the request does not say.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    file: BinaryIO | None = None
    offset_bytes: int = 0
    size_bytes: int = 0
    uri: str | None = None


def read_request(method: str, target: str, headers: Message, body: Body) -> Request:
    """Make sense of a request's first line and headers.

    Raises S3Error for a path that is not percent-encoded UTF-8.
    """
    raw_path, _, raw_query = target.partition("?")
    try:
        path = unquote_to_bytes(raw_path.encode("latin-1")).decode()
        query = dict(parse_qsl(raw_query, keep_blank_values=True, errors="strict"))
    except ValueError as error:
        raise S3Error("InvalidURI") from error
    if not path.startswith("/"):
        raise S3Error("InvalidURI")
    region, service = _scope(headers.get("Authorization", ""), query)
    return Request(method, path, query, headers, body, service=service, region=region)


def _scope(authorization: str, query: dict[str, str]) -> tuple[str, str]:
    """Region and service out of ``Credential=ID/DATE/REGION/SERVICE/aws4_request``, of a header or a presigned URL.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    credential = query.get("X-Amz-Credential") or authorization.partition("Credential=")[2].partition(",")[0]
    parts = credential.strip().rsplit("/", 4)
    return (parts[2], parts[3]) if len(parts) == 5 else (_DEFAULT_REGION, "")
