"""Which texts are ``s3://`` URIs, and what lies where."""

from __future__ import annotations

import pytest

from cursus_readiness.sources.aws.uris import Location, location_of
from cursus_readiness.sources.base import SourceError


@pytest.mark.parametrize(
    ("uri", "bucket", "key"),
    [
        ("s3://bucket", "bucket", ""),
        ("s3://bucket/", "bucket", ""),
        ("s3://my.bucket-1/a b/ü/", "my.bucket-1", "a b/ü/"),
    ],
)
def test_a_uri_is_a_bucket_and_a_key(uri: str, bucket: str, key: str) -> None:
    assert location_of(uri) == Location(bucket, key)


@pytest.mark.parametrize("uri", ["s3:x", "s3://", "s3://X/a", "s3://ab/x", "s3://-bucket/x", "s3:///a", "http://b/x"])
def test_what_is_no_uri_is_refused(uri: str) -> None:
    with pytest.raises(SourceError, match=r"is no s3://bucket/key"):
        location_of(uri)


def test_a_key_that_is_too_long_is_refused() -> None:
    with pytest.raises(SourceError, match="more than 1024 bytes"):
        location_of(f"s3://bucket/{'x' * 1025}")


def test_what_lies_below() -> None:
    assert Location("b", "a").below("c/d").uri == "s3://b/a/c/d"
    assert Location("b", "").below("c").uri == "s3://b/c"
    assert Location("b", "a").below("") == Location("b", "a")
