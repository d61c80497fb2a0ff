"""What S3 can be asked about an upload in parts."""

from __future__ import annotations

from cursus_readiness.objectstore.s3.body import whole_number
from cursus_readiness.objectstore.s3.bucket_operations import timestamp
from cursus_readiness.objectstore.s3.conditions import wanted_range
from cursus_readiness.objectstore.s3.errors import S3Error
from cursus_readiness.objectstore.s3.keys import storable_segments
from cursus_readiness.objectstore.s3.multipart import LAST_PART, Upload, modified
from cursus_readiness.objectstore.s3.object_operations import kept_headers, open_source, receive
from cursus_readiness.objectstore.s3.objects import Condition
from cursus_readiness.objectstore.s3.request import Request, Response
from cursus_readiness.objectstore.s3.storage import Storage
from cursus_readiness.objectstore.s3.xml import document, node, parse, text

_LARGEST_PAGE = 1000
_COMPLETE_LIMIT_BYTES = 8 << 20  # ten thousand parts with all their checksums


def create_multipart_upload(storage: Storage, request: Request) -> Response:
    """Begin an upload."""
    storable_segments(request.bucket, request.key)
    upload_id = storage.uploads.create(request.bucket, request.key, kept_headers(request))
    return Response(content=document("InitiateMultipartUploadResult", *_names(request), text("UploadId", upload_id)))


def upload_part(storage: Storage, request: Request) -> Response:
    """Take one part in."""
    upload, number = _upload(storage, request), _part_number(request)
    part = receive(storage, request)
    storage.uploads.add(upload, number, part)
    return Response(headers={"ETag": part.etag}, size_bytes=part.size_bytes)


def upload_part_copy(storage: Storage, request: Request) -> Response:
    """Take one part in that is a range of another object."""
    upload, number = _upload(storage, request), _part_number(request)
    file, source = open_source(storage, request)
    with file:
        start, count = wanted_range(request.header("x-amz-copy-source-range"), source.size_bytes) or (
            0,
            source.size_bytes,
        )
        file.seek(start)
        part = storage.staging.receive(file, count)
    storage.uploads.add(upload, number, part)
    content = document("CopyPartResult", text("LastModified", timestamp(modified(part))), text("ETag", part.etag))
    return Response(content=content, size_bytes=part.size_bytes)


def list_parts(storage: Storage, request: Request) -> Response:
    """The parts that were taken in."""
    upload = _upload(storage, request)
    after = _number(request, "part-number-marker", 0)
    limit = min(_number(request, "max-parts", _LARGEST_PAGE), _LARGEST_PAGE)
    numbers = [number for number in sorted(upload.parts) if number > after]
    elements = [
        node(
            "Part",
            text("PartNumber", number),
            text("LastModified", timestamp(modified(part))),
            text("ETag", part.etag),
            text("Size", part.size_bytes),
        )
        for number in numbers[:limit]
        if (part := upload.parts[number])
    ]
    is_truncated = len(numbers) > limit
    more = [text("NextPartNumberMarker", numbers[limit - 1])] if is_truncated and limit else []
    return Response(
        content=document(
            "ListPartsResult",
            *_names(request),
            text("UploadId", request.query["uploadId"]),
            text("PartNumberMarker", after),
            text("MaxParts", limit),
            text("IsTruncated", "true" if is_truncated else "false"),
            *more,
            *elements,
        )
    )


def complete_multipart_upload(storage: Storage, request: Request) -> Response:
    """Make the parts an object."""
    upload = _upload(storage, request)
    root = parse(request.body.read_all(_COMPLETE_LIMIT_BYTES))
    wanted = [
        (whole_number(part.findtext("PartNumber") or "", "PartNumber"), part.findtext("ETag") or "")
        for part in root.findall("Part")
    ]
    whole, etag = storage.uploads.join(upload, wanted)
    condition = Condition(request.header("If-Match"), is_new=request.header("If-None-Match") == "*")
    try:
        storage.objects.put(request.bucket, request.key, whole, etag=etag, headers=upload.headers, condition=condition)
    finally:
        whole.discard()
    storage.uploads.close(request.query["uploadId"])
    location = text("Location", f"/{request.bucket}/{request.key}")
    content = document("CompleteMultipartUploadResult", location, *_names(request), text("ETag", etag))
    return Response(content=content, headers={"Content-Type": "application/xml"})


def abort_multipart_upload(storage: Storage, request: Request) -> Response:
    """Forget an upload."""
    _upload(storage, request)
    storage.uploads.close(request.query["uploadId"])
    return Response(204)


def _names(request: Request) -> tuple[str, str]:
    return text("Bucket", request.bucket), text("Key", request.key)


def _upload(storage: Storage, request: Request) -> Upload:
    return storage.uploads.find(request.query["uploadId"], request.bucket, request.key)


def _part_number(request: Request) -> int:
    number = _number(request, "partNumber", 0)
    if not 1 <= number <= LAST_PART:
        raise S3Error("InvalidArgument", f"Part number must be an integer between 1 and {LAST_PART}, inclusive")
    return number


def _number(request: Request, name: str, default: int) -> int:
    return whole_number(request.query.get(name, str(default)), name)
