"""AWS as far as compiling needs it: answered in this process, everything else refused."""

from __future__ import annotations

import functools
import importlib
import io
import re
import sys
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import unquote, urlsplit

ACCOUNT = "000000000000"
_STS = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{0}:role/readiness</Arn><UserId>readiness</UserId><Account>{0}</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""
_BUCKETS = """<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>0</ID></Owner>
<Buckets><Bucket><Name>{0}</Name><CreationDate>2020-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets>
</ListAllMyBucketsResult>"""
_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?(?P<service>s3|sts)[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?")


class NoNetworkError(Exception):
    """Compiling asked for something that only AWS could answer."""


class LocalAws:
    """Answers what the SDK asks while it compiles: who am I, which buckets are there, and uploads to files."""

    def __init__(self, uploads: Path, bucket: str) -> None:
        self._uploads = uploads
        self._bucket = bucket

    def __call__(self, request: Any, **_: Any) -> Any:
        """Botocore's ``before-send`` event: the answer that is given instead of sending."""
        url = urlsplit(request.url)
        host = _HOST.fullmatch(url.netloc)
        if host and host["service"] == "sts":
            return self._answer(request, _STS.format(ACCOUNT))
        if host and host["service"] == "s3":
            path = unquote(url.path).lstrip("/")
            bucket, _slash, key = (host["bucket"], "/", path) if host["bucket"] else path.partition("/")
            if request.method == "PUT" and key and ".." not in key.split("/"):
                return self._store(request, self._uploads / bucket / key)
            if request.method == "GET" and not bucket:
                return self._answer(request, _BUCKETS.format(self._bucket))
            if request.method in ("HEAD", "PUT") and not key:
                return self._answer(request, "")
        raise NoNetworkError(f"{request.method} {request.url.partition('?')[0]}: compiling has no network")

    def _store(self, request: Any, target: Path) -> Any:
        body = request.body
        data = body.read() if hasattr(body, "read") else (body or b"")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data if isinstance(data, bytes) else data.encode())
        return self._answer(request, "", {"ETag": '"0"'})

    @staticmethod
    def _answer(request: Any, text: str, headers: dict[str, str] | None = None) -> Any:
        shapes = importlib.import_module("botocore.awsrequest")
        return shapes.AWSResponse(request.url, 200, shapes.HeadersDict(headers or {}), _Body(text.encode()))


class _Body(io.BytesIO):
    """An answer's body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def refuse_network() -> None:
    """Let every connection fail at once, whichever client tries it."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        is_address = event == "socket.connect" and isinstance(arguments[1], tuple)
        if is_address or event == "socket.getaddrinfo":
            where = arguments[1] if is_address else arguments[0]
            raise NoNetworkError(f"connection to {where}: compiling has no network")

    sys.addaudithook(refuse)


def local_session(region: str, bucket: str, uploads: Path) -> Any:
    """A pipeline session of the SageMaker SDK that reaches nothing but this process."""
    boto3: Any = importlib.import_module("boto3")
    session = boto3.Session("x", "x", region_name=region)
    session.events.register("before-send", LocalAws(uploads, bucket))
    boto3.DEFAULT_SESSION = session
    config = importlib.import_module("boto3.s3.transfer").TransferConfig  # one PUT for each object, however large
    config.__init__ = functools.partialmethod(config.__init__, multipart_threshold=1 << 40)
    context = importlib.import_module("sagemaker.workflow.pipeline_context")
    return context.PipelineSession(boto_session=session, default_bucket=bucket)
