"""Which part of an object a request wants, and whether it wants it at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from cursus_readiness.objectstore.s3.errors import S3Error
from cursus_readiness.objectstore.s3.objects import StoredObject

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


def wanted_range(value: str | None, size_bytes: int) -> tuple[int, int] | None:
    """First byte and number of bytes; ``None`` for the whole object, which a range that is not understood means too.

    Raises S3Error for a range outside the object.
    """
    match = _RANGE.fullmatch(value or "")
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    start = int(first) if first else max(0, size_bytes - int(last))
    end = min(size_bytes, int(last) + 1) if first and last else size_bytes
    if first and last and int(last) < start:
        return None
    if start >= size_bytes:
        raise S3Error("InvalidRange", RangeRequested=value or "", ActualObjectSize=str(size_bytes))
    return start, end - start


def check_conditions(headers: Mapping[str, str | None], found: StoredObject) -> None:
    """Hold a request's conditions (RFC 9110, section 13.2.2) against the object that is there.

    Raises S3Error: ``PreconditionFailed``, or ``NotModified`` for what the client has already.
    """
    modified = found.modified.replace(microsecond=0)
    if_match, if_none_match = headers["If-Match"], headers["If-None-Match"]
    if if_match is not None:
        if not _names(if_match, found.etag):
            raise S3Error("PreconditionFailed", Condition="If-Match")
    elif (unmodified_since := _instant(headers["If-Unmodified-Since"])) and modified > unmodified_since:
        raise S3Error("PreconditionFailed", Condition="If-Unmodified-Since")
    if if_none_match is not None:
        if _names(if_none_match, found.etag):
            raise S3Error("NotModified")
    elif (modified_since := _instant(headers["If-Modified-Since"])) and modified <= modified_since:
        raise S3Error("NotModified")


def conditions(headers: Message, prefix: str = "") -> dict[str, str | None]:
    """The conditions among the headers of a request, or, with a prefix, those of the source of a copy."""
    names = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")
    return {name: headers.get(prefix + name) for name in names}


def _names(tags: str, etag: str) -> bool:
    return tags.strip() == "*" or etag.strip('"') in {tag.strip().strip('"') for tag in tags.split(",")}


def _instant(value: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else None
