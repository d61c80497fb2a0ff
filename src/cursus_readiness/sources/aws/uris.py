"""``s3://`` URIs taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cursus_readiness.sources.base import SourceError

LATEST = "{latest}"
_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", re.DOTALL)
_LONGEST_KEY_BYTES = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html


@dataclass(frozen=True, slots=True)
class Location:
    """A bucket, and a key or prefix in it; a prefix that ends in ``/`` is a folder."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        """The ``s3://`` URI."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def as_folder(self) -> Location:
        """All that lies below it."""
        is_folder = not self.key or self.key.endswith("/")
        return self if is_folder else Location(self.bucket, f"{self.key}/")

    def below(self, rest: str) -> Location:
        """A key below this prefix; the prefix itself when ``rest`` is empty."""
        return Location(self.bucket, f"{self.as_folder.key}{rest}") if rest else self


def location_of(uri: str) -> Location:
    """The location that a URI names.

    Raises SourceError for what is none.
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise SourceError(f"{uri!r} is no s3://bucket/key: a bucket's name has 3 to 63 of a-z, 0-9, '.' and '-'")
    key = (found[2] or "").lstrip("/")
    if len(key.encode()) > _LONGEST_KEY_BYTES:
        raise SourceError(f"{uri[:80]!r}... has a key of more than {_LONGEST_KEY_BYTES} bytes")
    return Location(found[1], key)
