"""What AWS and the network answer when something does not work, in words that say what to do."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    SSLError,
)
from urllib3.exceptions import HTTPError

from cursus_readiness.sources.base import SourceError

# Whatever a request can raise: urllib3's own errors are those of a body that breaks off under TLS.
REQUEST_ERRORS = (ClientError, BotoCoreError, HTTPError)
_TRANSIENT_CODES = {
    *("SlowDown", "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException"),
    *("RequestLimitExceeded", "RequestThrottled", "RequestTimeout", "RequestTimeoutException", "InternalError"),
    *("ServiceUnavailable", "BandwidthLimitExceeded", "PriorRequestNotComplete", "TransactionInProgressException"),
}
# error code, or name of an exception of botocore -> what it means, and one thing to do
_MEANINGS = {
    "NoCredentialsError": (
        "no AWS credentials were found",
        "set AWS_PROFILE, or sign in as you do for the aws command",
    ),
    "PartialCredentialsError": ("the AWS credentials are incomplete", "set both key and secret, or neither"),
    "CredentialRetrievalError": ("the AWS credentials could not be had", "run the command that provides them yourself"),
    "ProfileNotFound": ("there is no such AWS profile", "name one of `aws configure list-profiles`"),
    "SSOTokenLoadError": ("the sign-in to AWS has ended", "aws sso login"),
    "UnauthorizedSSOTokenError": ("the sign-in to AWS has ended", "aws sso login"),
    "TokenRetrievalError": ("the sign-in to AWS has ended", "aws sso login"),
    "ExpiredToken": ("the AWS credentials have expired", "renew them"),
    "ExpiredTokenException": ("the AWS credentials have expired", "renew them"),
    "RequestExpired": ("the AWS credentials have expired", "renew them"),
    "InvalidToken": ("the AWS session token is not valid", "renew the credentials"),
    "InvalidClientTokenId": ("AWS does not know the access key", "check which credentials are in use"),
    "UnrecognizedClientException": ("AWS does not know the access key", "check which credentials are in use"),
    "InvalidAccessKeyId": ("AWS does not know the access key", "check which credentials are in use"),
    "SignatureDoesNotMatch": ("the AWS secret does not fit its access key", "check which credentials are in use"),
    "RequestTimeTooSkewed": ("this machine's clock is wrong", "set the clock"),
    "AccessDenied": ("access is denied", "docs/s3.md has the policy that is needed"),
    "AccessDeniedException": ("access is denied", "docs/s3.md has the policy that is needed"),
    "403": ("access is denied", "docs/s3.md has the policy that is needed"),
    "NoSuchBucket": ("there is no such bucket", "check its name, and the account"),
    "NoSuchKey": ("there is no such object", "check the key"),
    "404": ("there is no such object", "check the key"),
    "InvalidObjectState": ("the object is archived", "restore it first"),
    "KMS.DisabledException": ("the key that it is encrypted with is disabled", "enable the key"),
    "PermanentRedirect": ("the bucket is in another region", "set region"),
    "301": ("the bucket is in another region", "set region"),
    "AuthorizationHeaderMalformed": ("the bucket is in another region", "set region"),
    "IllegalLocationConstraintException": ("the bucket is in another region", "set region"),
    "EndpointConnectionError": ("it cannot be reached", "check the network, the region and endpoint_url"),
    "ConnectTimeoutError": ("it cannot be reached", "check the network, the region and endpoint_url"),
    "ProxyConnectionError": ("the proxy cannot be reached", "check HTTPS_PROXY"),
    "SSLError": ("its certificate is not trusted", "set AWS_CA_BUNDLE"),
    "ReadTimeoutError": ("it does not answer", "check the network, or try again"),
    "ConnectionClosedError": ("the connection breaks off", "check the network, or try again"),
    "ResponseStreamingError": ("the connection breaks off", "check the network, or try again"),
    "IncompleteReadError": ("the connection breaks off", "check the network, or try again"),
    "SlowDown": ("it asks for fewer requests", "try again later"),
}


def code_of(error: Exception) -> str:
    """The error code that a service answers with; else the name of the exception."""
    if isinstance(error, HTTPError):
        return "ResponseStreamingError"
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code") or type(error).__name__)


def status_of(error: Exception) -> int | None:
    """The HTTP status of an answer, if there was one."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status if isinstance(status, int) else None


def is_transient(error: Exception) -> bool:
    """Whether the same request may well succeed a little later."""
    if isinstance(error, ClientError):
        status = status_of(error) or 0
        return code_of(error) in _TRANSIENT_CODES or status == 429 or status >= 500
    if isinstance(error, SSLError):
        return False
    return isinstance(error, HTTPClientError | ConnectionError | IncompleteReadError | HTTPError)


def is_absent(error: Exception) -> bool:
    """Whether an answer says that the object is not there."""
    return code_of(error) in ("NoSuchKey", "404", "NotFound")


def explained(error: Exception, what: str) -> SourceError:
    """An error of AWS as one for people; ``what`` is what could not be done. No secret is in it."""
    code = code_of(error)
    meaning = _MEANINGS.get(code)
    if meaning is None:
        told = getattr(error, "response", {}).get("Error", {}).get("Message") or str(error)
        return SourceError(f"{what}: {told} ({code})")
    message, fix = meaning
    region = _region_of(error)
    if region and fix == "set region":
        fix = f"set region to {region}"
    return SourceError(f"{what}: {message} ({code}); {fix}")


def _region_of(error: Exception) -> str | None:
    response: dict[str, Any] = getattr(error, "response", None) or {}
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = headers.get("x-amz-bucket-region") or response.get("Error", {}).get("Region")
    return str(region) if region else None
