"""What S3 can be asked about one object."""

from __future__ import annotations

import base64
from email.utils import format_datetime
from typing import BinaryIO
from urllib.parse import unquote

from cursus_readiness.objectstore.s3.bucket_operations import timestamp
from cursus_readiness.objectstore.s3.conditions import check_conditions, conditions, wanted_range
from cursus_readiness.objectstore.s3.errors import S3Error
from cursus_readiness.objectstore.s3.keys import storable_segments
from cursus_readiness.objectstore.s3.objects import Condition, StoredObject
from cursus_readiness.objectstore.s3.request import Request, Response
from cursus_readiness.objectstore.s3.staging import Staged
from cursus_readiness.objectstore.s3.storage import Storage
from cursus_readiness.objectstore.s3.xml import document, text

_KEPT_HEADERS = (
    "Content-Type",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Cache-Control",
    "Expires",
)
_DEFAULT_TYPE = "binary/octet-stream"


def get_object(storage: Storage, request: Request) -> Response:
    """An object, or a range of it."""
    file, found = storage.objects.open(request.bucket, request.key)
    try:
        check_conditions(conditions(request.headers), found)
        part = wanted_range(request.header("Range"), found.size_bytes)
        start, count = part or (0, found.size_bytes)
        headers = {
            "Content-Type": _DEFAULT_TYPE,
            **found.headers,
            "ETag": found.etag,
            "Last-Modified": format_datetime(found.modified.replace(microsecond=0), usegmt=True),
            "Accept-Ranges": "bytes",
            "Content-Length": str(count),
        }
        headers |= {name: request.query[key] for key, name in _OVERRIDES.items() if key in request.query}
        if part:
            headers["Content-Range"] = f"bytes {start}-{start + count - 1}/{found.size_bytes}"
    except BaseException:
        file.close()
        raise
    return Response(206 if part else 200, headers, file=file, offset_bytes=start, size_bytes=count)


_OVERRIDES = {f"response-{name.lower()}": name for name in _KEPT_HEADERS}


def head_object(storage: Storage, request: Request) -> Response:
    """What is known of an object."""
    response = get_object(storage, request)
    if response.file:
        response.file.close()
    return Response(response.status, response.headers)


def put_object(storage: Storage, request: Request) -> Response:
    """Take an object in."""
    storable_segments(request.bucket, request.key)
    staged = receive(storage, request)
    condition = Condition(request.header("If-Match"), is_new=request.header("If-None-Match") == "*")
    try:
        stored = storage.objects.put(
            request.bucket,
            request.key,
            staged,
            etag=staged.etag,
            headers=kept_headers(request),
            condition=condition,
        )
    finally:
        staged.discard()
    return Response(headers={"ETag": stored.etag}, size_bytes=staged.size_bytes)


def copy_object(storage: Storage, request: Request) -> Response:
    """Take an object in that another one is the content of."""
    storable_segments(request.bucket, request.key)
    file, source = open_source(storage, request)
    with file:
        staged = storage.staging.receive(file)
    is_replaced = (request.header("x-amz-metadata-directive") or "COPY").upper() == "REPLACE"
    headers = kept_headers(request) if is_replaced else source.headers
    try:
        stored = storage.objects.put(request.bucket, request.key, staged, etag=staged.etag, headers=headers)
    finally:
        staged.discard()
    content = document("CopyObjectResult", text("LastModified", timestamp(stored.modified)), text("ETag", stored.etag))
    return Response(content=content, size_bytes=staged.size_bytes)


def delete_object(storage: Storage, request: Request) -> Response:
    """Remove an object, if it is there."""
    storage.objects.delete(request.bucket, request.key)
    return Response(204)


def receive(storage: Storage, request: Request) -> Staged:
    """The content of a request, whole and as announced.

    Raises S3Error when it is not.
    """
    if not request.body.is_announced:
        raise S3Error("MissingContentLength")
    staged = storage.staging.receive(request.body)
    announced = request.header("x-amz-decoded-content-length")
    digest = request.header("Content-MD5")
    if announced is not None and announced != str(staged.size_bytes):
        staged.discard()
        raise S3Error("IncompleteBody")
    if digest is not None and digest != base64.b64encode(staged.md5).decode():
        staged.discard()
        raise S3Error("BadDigest")
    return staged


def open_source(storage: Storage, request: Request) -> tuple[BinaryIO, StoredObject]:
    """What is to be copied."""
    path, _, version = (request.header("x-amz-copy-source") or "").partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if version:
        raise S3Error(
            "NotImplemented", "the run's store keeps no versions of an object: leave the version out", Key=key
        )
    file, found = storage.objects.open(bucket, key)
    try:
        check_conditions(conditions(request.headers, "x-amz-copy-source-"), found)
    except S3Error:
        file.close()
        raise
    return file, found


def kept_headers(request: Request) -> dict[str, str]:
    """Headers that an object is given back with."""
    kept = {name: value for name in _KEPT_HEADERS if (value := request.header(name))}
    codings = [item.strip() for item in kept.pop("Content-Encoding", "").split(",")]
    if coding := ",".join(item for item in codings if item and item.lower() != "aws-chunked"):
        kept["Content-Encoding"] = coding
    own = {
        name.lower(): str(value) for name, value in request.headers.items() if name.lower().startswith("x-amz-meta-")
    }
    return kept | own
