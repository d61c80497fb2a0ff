"""What S3 can be asked about buckets."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from urllib.parse import quote

from cursus_readiness.objectstore.s3.body import whole_number
from cursus_readiness.objectstore.s3.errors import S3Error
from cursus_readiness.objectstore.s3.listing import Page, page
from cursus_readiness.objectstore.s3.request import Request, Response
from cursus_readiness.objectstore.s3.storage import Storage
from cursus_readiness.objectstore.s3.xml import document, node, parse, text

_LARGEST_PAGE = 1000
_DELETE_LIMIT_BYTES = 4 << 20  # a thousand keys of the greatest length
_OLDEST_REGION = "us-east-1"  # its buckets have no location, and can be made twice
_OWNER = node("Owner", text("ID", "readiness"), text("DisplayName", "readiness"))


def timestamp(instant: datetime) -> str:
    """An instant as S3 writes it in XML."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def list_buckets(storage: Storage, request: Request) -> Response:
    """Every folder that is a bucket."""
    del request
    buckets = [
        node("Bucket", text("Name", name), text("CreationDate", timestamp(made)))
        for name, made in storage.objects.buckets()
    ]
    return Response(content=document("ListAllMyBucketsResult", _OWNER, node("Buckets", *buckets)))


def create_bucket(storage: Storage, request: Request) -> Response:
    """Make a bucket; one that is there already is the caller's own."""
    if not storage.objects.create_bucket(request.bucket) and request.region != _OLDEST_REGION:
        raise S3Error("BucketAlreadyOwnedByYou", BucketName=request.bucket)
    return Response(headers={"Location": f"/{request.bucket}"})


def head_bucket(storage: Storage, request: Request) -> Response:
    """Whether a bucket is there."""
    storage.objects.bucket(request.bucket)
    return Response(headers={"x-amz-bucket-region": request.region})


def delete_bucket(storage: Storage, request: Request) -> Response:
    """Remove an empty bucket."""
    storage.objects.delete_bucket(request.bucket)
    return Response(204)


def get_bucket_location(storage: Storage, request: Request) -> Response:
    """Every bucket is in the region that the request was signed for."""
    storage.objects.bucket(request.bucket)
    location = "" if request.region == _OLDEST_REGION else request.region
    return Response(content=document("LocationConstraint", location))


def list_objects(storage: Storage, request: Request) -> Response:
    """Keys, version 1: a page goes on after the key that ``marker`` names."""
    query = request.query
    marker = query.get("marker", "")
    found, common = _list(storage, request, marker)
    last = [text("NextMarker", _encoded(query, found.last))] if found.last else []
    return Response(content=document("ListBucketResult", *common, text("Marker", _encoded(query, marker)), *last))


def list_objects_v2(storage: Storage, request: Request) -> Response:
    """Keys, version 2: a page goes on after the key that a token holds."""
    query = request.query
    token, start_after = query.get("continuation-token"), query.get("start-after", "")
    found, common = _list(storage, request, start_after if token is None else _from_token(token))
    more = [text("KeyCount", len(found.keys) + len(found.prefixes))]
    if start_after:
        more.append(text("StartAfter", _encoded(query, start_after)))
    if token is not None:
        more.append(text("ContinuationToken", token))
    if found.last:
        more.append(text("NextContinuationToken", base64.urlsafe_b64encode(found.last.encode()).decode()))
    return Response(content=document("ListBucketResult", *common, *more))


def delete_objects(storage: Storage, request: Request) -> Response:
    """Remove up to a thousand objects; each that cannot be is named in the answer."""
    root = parse(request.body.read_all(_DELETE_LIMIT_BYTES))
    keys = [found.findtext("Key") for found in root.findall("Object")]
    if root.tag != "Delete" or not keys or len(keys) > _LARGEST_PAGE:
        raise S3Error("MalformedXML")
    is_quiet = root.findtext("Quiet") == "true"
    storage.objects.bucket(request.bucket)
    answers = []
    for key in keys:
        try:
            storage.objects.delete(request.bucket, key or "")
        except S3Error as error:
            answers.append(
                node("Error", text("Key", key or ""), text("Code", error.code), text("Message", error.message))
            )
        else:
            answers += [] if is_quiet else [node("Deleted", text("Key", key or ""))]
    return Response(content=document("DeleteResult", *answers))


def _list(storage: Storage, request: Request, after: str) -> tuple[Page, list[str]]:
    query = request.query
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    limit = min(whole_number(query.get("max-keys", str(_LARGEST_PAGE)), "max-keys"), _LARGEST_PAGE)
    entries = storage.objects.walk(request.bucket, prefix, after, collapse=delimiter == "/")
    found = page(entries, prefix, delimiter, after, limit)
    elements = [
        text("Name", request.bucket),
        text("Prefix", _encoded(query, prefix)),
        text("MaxKeys", limit),
        text("IsTruncated", "true" if found.last else "false"),
    ]
    if delimiter:
        elements.append(text("Delimiter", _encoded(query, delimiter)))
    if query.get("encoding-type"):
        elements.append(text("EncodingType", "url"))
    for key, entry in found.keys:
        try:
            stored = storage.objects.describe(entry.path, entry.stat())
        except FileNotFoundError:  # gone since it was seen
            continue
        elements.append(
            node(
                "Contents",
                text("Key", _encoded(query, key)),
                text("LastModified", timestamp(stored.modified)),
                text("ETag", stored.etag),
                text("Size", stored.size_bytes),
                text("StorageClass", "STANDARD"),
                _OWNER,
            )
        )
    elements += [node("CommonPrefixes", text("Prefix", _encoded(query, item))) for item in found.prefixes]
    return found, elements


def _encoded(query: dict[str, str], value: str) -> str:
    return quote(value, safe="/") if query.get("encoding-type") == "url" else value


def _from_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError) as error:
        raise S3Error("InvalidArgument", "The continuation token provided is incorrect") from error
