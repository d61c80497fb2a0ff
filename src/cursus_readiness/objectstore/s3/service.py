"""Which operation of S3 a request is, and its answer."""

from __future__ import annotations

import errno
from collections.abc import Callable

from cursus_readiness.objectstore.s3 import bucket_operations as buckets
from cursus_readiness.objectstore.s3 import multipart_operations as multipart
from cursus_readiness.objectstore.s3 import object_operations as objects
from cursus_readiness.objectstore.s3.errors import S3Error
from cursus_readiness.objectstore.s3.request import Request, Response
from cursus_readiness.objectstore.s3.storage import Storage
from cursus_readiness.objectstore.s3.xml import document, text

Operation = Callable[[Storage, Request], Response]

# (method, what it is about, the parameter that makes it another operation) -> its name and what answers it
_OPERATIONS: dict[tuple[str, str, str], tuple[str, Operation]] = {
    ("GET", "service", ""): ("ListBuckets", buckets.list_buckets),
    ("PUT", "bucket", ""): ("CreateBucket", buckets.create_bucket),
    ("HEAD", "bucket", ""): ("HeadBucket", buckets.head_bucket),
    ("DELETE", "bucket", ""): ("DeleteBucket", buckets.delete_bucket),
    ("GET", "bucket", ""): ("ListObjects", buckets.list_objects),
    ("GET", "bucket", "list-type"): ("ListObjectsV2", buckets.list_objects_v2),
    ("GET", "bucket", "location"): ("GetBucketLocation", buckets.get_bucket_location),
    ("POST", "bucket", "delete"): ("DeleteObjects", buckets.delete_objects),
    ("GET", "object", ""): ("GetObject", objects.get_object),
    ("HEAD", "object", ""): ("HeadObject", objects.head_object),
    ("PUT", "object", ""): ("PutObject", objects.put_object),
    ("PUT", "object", "x-amz-copy-source"): ("CopyObject", objects.copy_object),
    ("DELETE", "object", ""): ("DeleteObject", objects.delete_object),
    ("POST", "object", "uploads"): ("CreateMultipartUpload", multipart.create_multipart_upload),
    ("PUT", "object", "uploadId"): ("UploadPart", multipart.upload_part),
    ("PUT", "object", "uploadId+x-amz-copy-source"): ("UploadPartCopy", multipart.upload_part_copy),
    ("GET", "object", "uploadId"): ("ListParts", multipart.list_parts),
    ("POST", "object", "uploadId"): ("CompleteMultipartUpload", multipart.complete_multipart_upload),
    ("DELETE", "object", "uploadId"): ("AbortMultipartUpload", multipart.abort_multipart_upload),
}
# parameters that are an operation of their own; the others are an operation's arguments
_PARAMETERS = (
    *("uploadId", "uploads", "list-type", "location", "delete", "partNumber", "versionId"),
    *("accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering", "inventory"),
    *("legal-hold", "lifecycle", "logging", "metrics", "notification", "object-lock", "ownershipControls"),
    *("policy", "policyStatus", "publicAccessBlock", "replication", "requestPayment", "restore", "retention", "select"),
    *("session", "tagging", "torrent", "versioning", "versions", "website"),
)
_TOO_LONG = "the run's folder and the key are together too long for a path of this machine: use a shorter key"


def operation_of(request: Request) -> tuple[str, Operation]:
    """Name and answerer of the operation that a request is."""
    about = "object" if request.key else "bucket" if request.bucket else "service"
    parameter = next((name for name in _PARAMETERS if name in request.query), "")
    if request.method == "PUT" and request.header("x-amz-copy-source") is not None:
        parameter = f"{parameter}+x-amz-copy-source".lstrip("+")
    found = _OPERATIONS.get((request.method, about, parameter))
    return found or (f"{request.method} {about}{f' ?{parameter}' if parameter else ''}", _not_implemented)


def answer(storage: Storage, request: Request, operation: Operation) -> Response:
    """What S3 would answer, a refusal included."""
    try:
        response = operation(storage, request)
    except S3Error as error:
        return refusal(error)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return refusal(S3Error("NotImplemented", _TOO_LONG, Key=request.key))
        return refusal(S3Error("InternalError", f"the run's object store: {error.strerror or error}"))
    if response.content:
        response.headers.setdefault("Content-Type", "application/xml")
    return response


def refusal(error: S3Error) -> Response:
    """S3's answer to a request that it refuses."""
    if error.code == "NotModified":
        return Response(error.status)
    details = [text(name, value) for name, value in error.details.items()]
    content = document("Error", text("Code", error.code), text("Message", error.message), *details, namespace=None)
    bucket, key = error.details.get("BucketName"), error.details.get("Key")
    uri = f"s3://{bucket}/{key}" if bucket and key else None  # the source of a copy, it may be
    return Response(error.status, {"Content-Type": "application/xml"}, content, uri=uri)


def _not_implemented(storage: Storage, request: Request) -> Response:
    del storage
    name, _ = operation_of(request)
    message = f"{name} is not answered in a readiness run: the run's object store keeps objects and nothing else"
    raise S3Error("NotImplemented", message)
