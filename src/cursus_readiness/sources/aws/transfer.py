"""Download objects: side by side, the large ones in parts, each whole and unchanged or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import FlexibleChecksumError

from cursus_readiness.sources.aws.cache import ObjectCache
from cursus_readiness.sources.aws.checksums import wrong_checksum
from cursus_readiness.sources.aws.clients import CONNECTIONS
from cursus_readiness.sources.aws.errors import REQUEST_ERRORS, code_of, explained, is_absent
from cursus_readiness.sources.aws.listing import RemoteObject
from cursus_readiness.sources.aws.partial import PART_BYTES, PartialFile
from cursus_readiness.sources.aws.retry import Retry
from cursus_readiness.sources.base import SourceError

_CHUNK_BYTES = 256 * 1024
_Each = Callable[[Callable[[range], None], Iterable[range]], None]


class _OutdatedError(Exception):
    """What was downloaded is not, or not any more, the object that was listed; the message says how that was seen."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An object, as it was when it was downloaded, and its file; ``was_cached`` when nothing was downloaded."""

    remote: RemoteObject
    path: Path
    was_cached: bool


class Transfer:
    """Downloads into a cache. ``part_bytes`` is the size from which an object comes in parts."""

    def __init__(self, client: Any, cache: ObjectCache, retry: Retry, *, part_bytes: int = PART_BYTES) -> None:
        self._client = client
        self._cache = cache
        self._retry = retry
        self._part_bytes = part_bytes

    def fetch(self, objects: Sequence[RemoteObject], tell: Callable[[int, int], None]) -> list[Fetched]:
        """The file of every object, in their order; ``tell`` hears how many bytes of how many are there.

        Raises SourceError for the first that cannot be had, OSError when the disk gives out.
        """
        self._cache.hold(objects)
        found = {item: Fetched(item, path, was_cached=True) for item in objects if (path := self._cache.find(item))}
        missing = [item for item in objects if item not in found]
        if missing:
            with self._cache.downloading(missing[0].bucket), ThreadPoolExecutor(CONNECTIONS) as pool:
                try:
                    self._download(missing, found, pool, tell)
                except BaseException:
                    self._retry.stop.set()
                    pool.shutdown(cancel_futures=True)
                    raise
        return [found[item] for item in objects]

    def _download(
        self,
        missing: Sequence[RemoteObject],
        found: dict[RemoteObject, Fetched],
        pool: ThreadPoolExecutor,
        tell: Callable[[int, int], None],
    ) -> None:
        """Small objects side by side, then the large ones one after another, the parts of each side by side."""
        total = sum(item.size_bytes for item in missing)
        had = 0

        def add(count: int) -> None:
            nonlocal had
            had += count
            tell(min(had, total), total)

        small = [item for item in missing if item.size_bytes <= self._part_bytes]
        waiting = {pool.submit(self._one, item, _in_order): item for item in small}
        for future in as_completed(waiting):
            found[waiting[future]] = future.result()
            add(waiting[future].size_bytes)

        def side_by_side(work: Callable[[range], None], parts: Iterable[range]) -> None:
            running = {pool.submit(work, part): part for part in parts}
            try:
                for future in as_completed(running):
                    future.result()
                    add(len(running[future]))
            except BaseException as error:
                if not isinstance(error, _OutdatedError):
                    self._retry.stop.set()
                for future in running:
                    future.cancel()
                wait(running)  # nobody may write to a file that is closed
                raise

        for item in missing:
            if item.size_bytes > self._part_bytes:
                before = had
                found[item] = self._one(item, side_by_side)
                had = before
                add(item.size_bytes)

    def _one(self, item: RemoteObject, each: _Each) -> Fetched:
        """One object; when it is not what was listed, once again as it is now."""
        path = self._cache.find(item)  # of another process that was first
        if path is not None:
            return Fetched(item, path, was_cached=True)
        try:
            return self._whole(item, each)
        except _OutdatedError:
            now = self._look(item)
            self._cache.hold([now])
            try:
                return self._whole(now, each)
            except _OutdatedError as error:
                raise SourceError(f"{item.uri} cannot be downloaded: {error}, twice in a row") from error

    def _whole(self, item: RemoteObject, each: _Each) -> Fetched:
        answers: list[Mapping[str, Any]] = []
        with PartialFile(self._cache.partial(item), item.size_bytes, part_bytes=self._part_bytes) as partial:
            try:
                each(lambda part: self._part(item, part, partial, answers), partial.missing)
                answer = answers[0] if answers else self._head(item, IfMatch=item.etag)
                _check(self._cache.partial(item), answer)
            except _OutdatedError:
                partial.discard()
                raise
            partial.complete()
        return Fetched(item, self._cache.keep(item), was_cached=False)

    def _part(self, item: RemoteObject, part: range, partial: PartialFile, answers: list[Mapping[str, Any]]) -> None:
        """Write one part, going on where a connection broke off; what is there when that fails is kept."""
        position, failure_count = part.start, 0
        try:
            while position < part.stop:
                before = position
                try:
                    for chunk in self._chunks(item, range(position, part.stop), answers):
                        partial.write(position, chunk)
                        position += len(chunk)
                except FlexibleChecksumError as error:
                    raise _OutdatedError("its bytes do not have the checksum that S3 gives") from error
                except REQUEST_ERRORS as error:
                    failure_count = 1 if position > before else failure_count + 1
                    self._pause(error, failure_count, item)
        finally:
            partial.note(range(part.start, position))

    def _chunks(self, item: RemoteObject, wanted: range, answers: list[Mapping[str, Any]]) -> Iterator[bytes]:
        """The bytes of a range; the answer is kept when it is about the whole object."""
        self._retry.check()
        is_whole = len(wanted) == item.size_bytes
        span = f"{wanted.start}-{wanted.stop - 1}"
        settings = {"ChecksumMode": "ENABLED"} if is_whole else {"Range": f"bytes={span}"}
        answer = self._client.get_object(Bucket=item.bucket, Key=item.key, IfMatch=item.etag, **settings)
        left = len(wanted)
        with closing(answer["Body"]) as body:
            if answer["ETag"].strip('"') != item.etag.strip('"'):  # of a service that knows no If-Match
                raise _OutdatedError("it changed while it was downloaded")
            if is_whole:
                answers[:] = [answer]
            elif not str(answer.get("ContentRange")).startswith(f"bytes {span}"):
                raise SourceError(f"{item.uri} cannot be downloaded: the service answers a range with something else")
            for chunk in body.iter_chunks(_CHUNK_BYTES):
                self._retry.check()
                left -= len(chunk)
                if left < 0:
                    raise _OutdatedError("S3 sent more than was asked for")
                yield chunk
            if left:
                raise _OutdatedError("S3 sent less than was asked for")

    def _pause(self, error: Exception, failure_count: int, item: RemoteObject) -> None:
        try:
            self._retry.pause(error, failure_count)
        except REQUEST_ERRORS:
            raise _final(error, item) from error

    def _head(self, item: RemoteObject, **condition: str) -> Mapping[str, Any]:
        """What S3 says of an object."""
        wanted = {"Bucket": item.bucket, "Key": item.key, "ChecksumMode": "ENABLED", **condition}
        try:
            answer: Mapping[str, Any] = self._retry.call(lambda: self._client.head_object(**wanted))
        except REQUEST_ERRORS as error:
            raise _final(error, item) from error
        return answer

    def _look(self, item: RemoteObject) -> RemoteObject:
        """The object as it is now."""
        now = self._head(item)
        return RemoteObject(item.bucket, item.key, now["ContentLength"], now["ETag"], now["LastModified"])


def _check(path: Path, answer: Mapping[str, Any]) -> None:
    wrong = wrong_checksum(path, answer)
    if wrong:
        raise _OutdatedError(f"its bytes do not have the {wrong} that S3 gives")


def _in_order(work: Callable[[range], None], parts: Iterable[range]) -> None:
    for part in parts:
        work(part)


def _final(error: Exception, item: RemoteObject) -> Exception:
    """What an error means that does not go away."""
    if code_of(error) in ("PreconditionFailed", "412"):
        return _OutdatedError("it changed while it was downloaded")
    if is_absent(error):
        return SourceError(f"{item.uri} was listed, but is not there any more; try again")
    return explained(error, f"{item.uri} cannot be downloaded")
