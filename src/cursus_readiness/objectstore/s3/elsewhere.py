"""Requests to other services of AWS: refused at once, in their own protocol, instead of waiting for a network."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from cursus_readiness.objectstore.s3.errors import S3Error
from cursus_readiness.objectstore.s3.request import Request, Response
from cursus_readiness.objectstore.s3.xml import document, node, text

ACCOUNT = "000000000000"
_CODE = "NotReachable"
_STATUS = 400  # which no client tries again
_FORM_LIMIT_BYTES = 1 << 20
# REST with XML; all others with REST speak JSON
_XML_SERVICES = ("cloudfront", "route53", "s3express", "s3-object-lambda", "s3-outposts")
_FORM = "application/x-www-form-urlencoded"
_REQUEST_ID = "readiness"


def is_elsewhere(request: Request) -> bool:
    """Whether a request is for another service than S3."""
    if request.service:
        return request.service != "s3"
    is_form = (
        request.path == "/" and request.method == "POST" and (request.header("Content-Type") or "").startswith(_FORM)
    )
    return is_form or request.header("X-Amz-Target") is not None or request.header("smithy-protocol") is not None


def identify(request: Request) -> tuple[str, str]:
    """Service and operation, as AWS names them."""
    target = request.header("X-Amz-Target")
    if target:
        service, _, operation = target.rpartition(".")
        return request.service or service, operation
    if request.header("smithy-protocol"):
        return request.service or "AWS", request.path.rpartition("/")[2]  # /service/NAME/operation/NAME
    return request.service or "AWS", _action(request) or f"{request.method} {request.path}"


def answer(request: Request, service: str, operation: str) -> Response:
    """The identity of the caller, which scripts name their buckets by; for all else, why there is no answer."""
    if (service, operation) == ("sts", "GetCallerIdentity"):
        return _identity()
    message = (
        f"{service} is not reachable in a readiness run ({operation}): give the step what it would answer, as one of "
        "its environment_variables in the scenario"
    )
    if request.header("smithy-protocol"):
        headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return Response(_STATUS, headers, _cbor({"__type": _CODE, "message": message}))
    error = (text("Code", _CODE), text("Message", message))
    if service == "ec2":
        return _xml(document("Response", node("Errors", node("Error", *error)), text("RequestID", _REQUEST_ID)))
    if service in _XML_SERVICES or (request.header("Content-Type") or "").startswith(_FORM):
        sender = node("Error", text("Type", "Sender"), *error)
        return _xml(document("ErrorResponse", sender, text("RequestId", _REQUEST_ID), namespace=None))
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": _CODE}
    return Response(_STATUS, headers, json.dumps({"__type": _CODE, "message": message}).encode())


def _action(request: Request) -> str:
    """The operation of a query or form, which comes as a parameter."""
    if "Action" in request.query or request.method != "POST":
        return request.query.get("Action", "")
    if not (request.header("Content-Type") or "").startswith(_FORM):
        return ""
    try:
        form = parse_qs(request.body.read_all(_FORM_LIMIT_BYTES).decode("utf-8", "replace"))
    except S3Error:  # it is refused anyway
        return ""
    return form.get("Action", [""])[0]


def _identity() -> Response:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/readiness/run"
    result = node(
        "GetCallerIdentityResult", text("Arn", arn), text("UserId", "READINESS:run"), text("Account", ACCOUNT)
    )
    namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
    metadata = node("ResponseMetadata", text("RequestId", _REQUEST_ID))
    return Response(
        200, {"Content-Type": "text/xml"}, document("GetCallerIdentityResponse", result, metadata, namespace=namespace)
    )


def _xml(content: bytes) -> Response:
    return Response(_STATUS, {"Content-Type": "text/xml"}, content)


def _cbor(texts: dict[str, str]) -> bytes:
    """A map of texts (RFC 8949): the number of pairs, then each text after its length."""
    encoded = bytearray([0xA0 + len(texts)])
    for item in (part for pair in texts.items() for part in pair):
        content = item.encode()
        encoded += b"\x79" + len(content).to_bytes(2, "big") + content
    return bytes(encoded)
