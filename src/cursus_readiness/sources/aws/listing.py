"""Which objects lie at a location, and which of them are wanted."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from cursus_readiness.sources.aws.errors import REQUEST_ERRORS, explained
from cursus_readiness.sources.aws.retry import Retry
from cursus_readiness.sources.aws.uris import LATEST, Location
from cursus_readiness.sources.base import SourceError

_LATEST_PART = f"/{LATEST}/"
_SHOWN_COUNT = 5


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """An object as a listing, or a HEAD request, tells it."""

    bucket: str
    key: str
    size_bytes: int
    etag: str
    modified_at: datetime

    @property
    def uri(self) -> str:
        """The ``s3://`` URI."""
        return f"s3://{self.bucket}/{self.key}"


class Bucket:
    """Asks one bucket what is in it."""

    def __init__(self, client: Any, name: str, retry: Retry) -> None:
        self.name = name
        self.region: str | None = None
        self._client = client
        self._retry = retry

    def objects_at(self, location: Location) -> list[RemoteObject]:
        """The object of that key; else all objects below it, without the empty ones that stand for folders.

        Raises SourceError when there are none, with what there is nearby.
        """
        if location.key and not location.key.endswith("/"):
            first = next(self._objects(location.key, limit=1), None)
            if first and first.key == location.key:
                return [first]
        folder = location.as_folder
        found = [item for item in self._objects(folder.key) if not (item.key.endswith("/") and item.size_bytes == 0)]
        if not found:
            raise SourceError(f"there are no objects at {location.uri}{self._nearby(location)}")
        return found

    def settle(self, location: Location) -> Location:
        """The location with ``{latest}`` replaced by the folder that holds the object that was written last.

        Raises SourceError when no folder is there.
        """
        before, mark, after = f"/{location.key}/".partition(_LATEST_PART)
        if not mark:
            return location
        parent = before.strip("/")
        folder = Location(self.name, f"{parent}/" if parent else "")
        newest: dict[str, datetime] = {}
        for item in self._objects(folder.key):
            name, slash, _ = item.key.removeprefix(folder.key).partition("/")
            if slash:
                newest[name] = max(newest.get(name, item.modified_at), item.modified_at)
        if not newest:
            raise SourceError(f"there is no folder in {folder.uri}, which {LATEST} could stand for")
        latest = max(newest, key=lambda name: (newest[name], name))
        ending = "/" if location.key.endswith(("/", LATEST)) else ""
        return Location(self.name, f"{folder.key}{latest}/{after.strip('/')}".rstrip("/") + ending)

    def _names_in(self, location: Location) -> list[str]:
        """The names of what lies directly in a folder, those of folders with a ``/`` behind."""
        folder = location.as_folder
        names = []
        for page in self._pages(Prefix=folder.key, Delimiter="/"):
            names += [item["Prefix"] for item in page.get("CommonPrefixes", ())]
            names += [item["Key"] for item in page.get("Contents", ())]
        return [name.removeprefix(folder.key) for name in names if name != folder.key]

    def _nearby(self, location: Location) -> str:
        """What is nearest to a location that holds nothing; nothing when that may not be listed."""
        parent, _, name = location.key.rstrip("/").rpartition("/")
        there = Location(self.name, parent)
        try:
            names = self._names_in(there)
        except SourceError:
            return ""
        if not names:
            return self._nearby(there) if parent else ": the bucket is empty"
        near = difflib.get_close_matches(name, [found.rstrip("/") for found in names], n=1)
        if near:
            return f" (did you mean {there.below(near[0]).uri}?)"
        more = f" and {len(names) - _SHOWN_COUNT} more" if len(names) > _SHOWN_COUNT else ""
        return f"; {there.as_folder.uri} has {', '.join(names[:_SHOWN_COUNT])}{more}"

    def _objects(self, prefix: str, limit: int | None = None) -> Iterator[RemoteObject]:
        settings: dict[str, Any] = {"MaxKeys": limit} if limit else {}
        for page in self._pages(Prefix=prefix, **settings):
            for item in page.get("Contents", ()):
                yield RemoteObject(self.name, item["Key"], item["Size"], item["ETag"], item["LastModified"])
            if limit:
                return

    def _pages(self, **settings: Any) -> Iterator[dict[str, Any]]:
        more: dict[str, Any] = {}
        while True:
            page = self._page({**settings, **more})
            yield page
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _page(self, settings: dict[str, Any]) -> dict[str, Any]:
        try:
            page: dict[str, Any] = self._retry.call(lambda: self._client.list_objects_v2(Bucket=self.name, **settings))
        except REQUEST_ERRORS as error:
            raise explained(error, f"s3://{self.name}/{settings.get('Prefix', '')} cannot be listed") from error
        self.region = page["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", self.region)
        return page


def selected(
    objects: Sequence[RemoteObject], folder: Location, include: Sequence[str], exclude: Sequence[str]
) -> list[RemoteObject]:
    """The objects whose path below the folder matches one of ``include`` (if any are given) and none of ``exclude``.

    Raises SourceError when none is left.
    """
    found = []
    for item in objects:
        path = item.key.removeprefix(folder.as_folder.key)
        is_included = not include or any(fnmatchcase(path, pattern) for pattern in include)
        if is_included and not any(fnmatchcase(path, pattern) for pattern in exclude):
            found.append(item)
    if not found:
        first = objects[0].key.removeprefix(folder.as_folder.key)
        message = (
            f"include and exclude leave none of the {len(objects)} objects at {folder.uri}, the first is {first!r}"
        )
        raise SourceError(message)
    return found


def listing_sha256(objects: Iterable[RemoteObject]) -> str:
    """The hash of a listing: every key with its ETag and size, in the order of the keys."""
    lines = sorted([item.key, item.etag.strip('"'), item.size_bytes] for item in objects)
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()
