"""Objects of S3, downloaded once and linked into the object store."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cursus_readiness.model.plan import ServedInput
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.resources import cache_dir
from cursus_readiness.sources.aws.uris import Location, location_of
from cursus_readiness.sources.base import Dataset, SourceError
from cursus_readiness.units import GIB, format_bytes

_MAX_SIZE_GB = 10.0
_CACHE_GB = 50.0
_STEP_COUNT = 20
Progress = Callable[[str, int, int], None]


def nobody(_uri: str, _done_bytes: int, _total_bytes: int) -> None:
    """Nobody listens."""


class S3Source:
    """``s3://BUCKET/PREFIX``; ``s3:`` alone reads what it serves from where it is.

    ``tell`` hears what is downloaded, how many of its bytes are there and how many there will be.
    """

    scheme = "s3"

    def __init__(self, tell: Progress = nobody) -> None:
        self._tell = tell

    def check(self, served: ServedInput, scenario: E2ETestScenario) -> None:
        """The URI must be one; AWS is asked for nothing."""
        del scenario
        _location(served)

    def materialise(self, served: ServedInput, scenario: E2ETestScenario, target: Path) -> Dataset:
        """Download what the cache does not have, and link every file."""
        from cursus_readiness.sources.aws.clients import Access  # boto3 is slow to import

        del scenario
        binding = served.binding
        access = Access(binding.endpoint_url, binding.region, binding.profile)
        with access.client("s3") as client:
            return self._downloaded(client, access.address, served, target)

    def _downloaded(self, client: Any, address: str, served: ServedInput, target: Path) -> Dataset:
        from cursus_readiness.sources.aws.cache import cache_in
        from cursus_readiness.sources.aws.listing import Bucket, listing_sha256, selected
        from cursus_readiness.sources.aws.paths import paths_of
        from cursus_readiness.sources.aws.retry import Retry
        from cursus_readiness.sources.aws.transfer import Transfer

        binding, wanted, retry = served.binding, _location(served), Retry()
        bucket = Bucket(client, wanted.bucket, retry)
        location = bucket.settle(wanted)
        objects = bucket.objects_at(location)
        if objects[0].key != location.key:
            objects = selected(objects, location, binding.include, binding.exclude)
        paths = paths_of(objects, location)
        _limit(sum(item.size_bytes for item in objects), len(objects), location, binding.max_size_gb)
        cache = cache_in(cache_dir() / "s3", address)
        fetched = Transfer(client, cache, retry).fetch(objects, self._in_steps(location.uri))
        for item, path in zip(fetched, paths, strict=True):
            _link(item.path, target / path if path else target)
        cache.evict(int(_number("READINESS_S3_CACHE_GB", _CACHE_GB) * GIB))
        return Dataset(
            uri=served.uri,
            source=binding.source,
            file_count=len(fetched),
            size_bytes=sum(item.remote.size_bytes for item in fetched),
            origin=location.uri,
            region=bucket.region,
            listing_sha256=listing_sha256(item.remote for item in fetched),
            downloaded_bytes=sum(item.remote.size_bytes for item in fetched if not item.was_cached),
        )

    def _in_steps(self, uri: str) -> Callable[[int, int], None]:
        """Tell of every twentieth of a download, not of every object."""
        told = -1

        def tell(done_bytes: int, total_bytes: int) -> None:
            nonlocal told
            step = done_bytes * _STEP_COUNT // max(total_bytes, 1)
            if step > told:
                told = step
                self._tell(uri, done_bytes, total_bytes)

        return tell


def _location(served: ServedInput) -> Location:
    """Where what a binding serves is read from."""
    source = served.binding.source
    if source == "s3:":
        return location_of(served.uri)
    rest = served.uri.removeprefix(served.prefix.rstrip("/")).lstrip("/")
    return location_of(source).below(rest)


def _limit(size_bytes: int, count: int, location: Location, max_size_gb: float | None) -> None:
    limit_gb = max_size_gb or _number("READINESS_S3_MAX_GB", _MAX_SIZE_GB)
    if size_bytes > limit_gb * GIB:
        what = f"the {count} objects at {location.uri} are {format_bytes(size_bytes)}"
        fix = "raise max_size_gb or READINESS_S3_MAX_GB, or take fewer with include"
        raise SourceError(f"{what}, over the limit of {limit_gb:g} GiB; {fix}")


def _link(file: Path, target: Path) -> None:
    """Folders are real and files are links to what nobody may change; what is there already stays."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.symlink_to(file)


def _number(variable: str, default: float) -> float:
    """A number of the environment.

    Raises SourceError for what is none.
    """
    text = os.environ.get(variable)
    try:
        return float(text) if text else default
    except ValueError as error:
        raise SourceError(f"{variable} is {text!r}; a number of GiB is meant") from error
