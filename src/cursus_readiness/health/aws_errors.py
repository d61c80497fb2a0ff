"""What an error of AWS means, in one sentence, with one thing to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoRegionError,
    ReadTimeoutError,
)
from botocore.exceptions import (
    ConnectionError as UnreachableError,
)
from botocore.parsers import ResponseParserError

FAILURES = (BotoCoreError, ClientError, ResponseParserError)
"""All that a call may raise; the last one when something else than AWS has answered."""

_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
    "AuthorizationError",
    "403",
}


class AwsProblem(NamedTuple):
    """What is wrong. ``ends_all`` says that nothing else that is asked will be answered any better."""

    message: str
    remedy: str
    ends_all: bool = False
    is_denied: bool = False


def allow(actions: Sequence[str]) -> str:
    """What to do where actions are denied."""
    return f"Allow {', '.join(actions)} in the role's policy; docs/health.md has the smallest one that is enough."


def problem_of(error: Exception, action: str) -> AwsProblem:
    """The cause of a failed action."""
    if isinstance(error, ClientError):
        return _answered(error, action)
    if isinstance(error, (ConnectTimeoutError, ReadTimeoutError)):
        remedy = "Look at the network, the proxy and the state of the service, then check again."
        return AwsProblem(f"{action}: no answer in time: {error}", remedy, ends_all=True)
    if isinstance(error, (EndpointConnectionError, UnreachableError)):
        remedy = "Look at the region's name, the network, HTTPS_PROXY and AWS_ENDPOINT_URL."
        return AwsProblem(f"{action}: AWS cannot be reached: {error}", remedy, ends_all=True)
    if isinstance(error, ResponseParserError):
        remedy = "Look for a proxy that asks to sign in, and at AWS_ENDPOINT_URL."
        return AwsProblem(f"{action}: what answers is not AWS, or was cut short", remedy, ends_all=True)
    if isinstance(error, NoRegionError):
        return AwsProblem(f"{action}: no region is configured", "Set AWS_DEFAULT_REGION.", ends_all=True)
    remedy = "Renew the credentials, or unset them where AWS is not needed."
    return AwsProblem(f"{action}: {error}", remedy, ends_all=True)


_CAUSES = (  # codes, what they mean, what to do, and whether nothing else will be answered any better
    (
        {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"},
        "the credentials have expired",
        "Renew the credentials (`aws sso login`, or a new token), or unset them where AWS is not needed.",
        True,
    ),
    (
        {"RequestTimeTooSkewed", "RequestInTheFuture"},
        "the clock of this machine is wrong",
        "Synchronise this machine's clock: AWS refuses signatures that are five minutes off.",
        True,
    ),
    (
        {
            "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch",
            "AuthFailure", "InvalidToken", "InvalidSignatureException", "IncompleteSignature",
        },
        "the credentials are not accepted",
        "Correct the access key and its secret, or unset them where AWS is not needed.",
        True,
    ),
    (
        {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"},
        "the bucket is in another region",
        "Set AWS_DEFAULT_REGION to the bucket's region: SageMaker reads from its own region only.",
        False,
    ),
    (
        {"NoSuchBucket", "404", "NotFound"},
        "there is no such bucket",
        "Correct the name given with --bucket.",
        False,
    ),
)  # fmt: skip


def _answered(error: ClientError, action: str) -> AwsProblem:
    code = error.response.get("Error", {}).get("Code", "")
    if code in _DENIED:
        return AwsProblem(f"{action} is denied", allow([action]), is_denied=True)
    for codes, meaning, remedy, ends_all in _CAUSES:
        if code in codes:
            return AwsProblem(f"{action}: {meaning}", remedy, ends_all=ends_all)
    said = error.response.get("Error", {}).get("Message") or "no more is said"
    return AwsProblem(f"{action}: {code}: {said}", "Look the code up in the service's documentation, then check again.")
