"""Which file stands for each object of a folder: nothing leads out of it, and no two meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cursus_readiness.objectstore.s3.keys import segments
from cursus_readiness.sources.aws.listing import RemoteObject
from cursus_readiness.sources.aws.uris import Location
from cursus_readiness.sources.base import SourceError

_SHOWN_COUNT = 3


def paths_of(objects: Sequence[RemoteObject], location: Location) -> list[str]:
    """The path of each object below the location; of the location's own object an empty one.

    Raises SourceError for keys that no file can stand for.
    """
    paths = [item.key.removeprefix(location.as_folder.key) if item.key != location.key else "" for item in objects]
    odd = [
        item.uri
        for item, path in zip(objects, paths, strict=True)
        if path and (path.endswith("/") or segments(path) is None)
    ]
    if odd:
        what = "no file can have the name of {}: a part of it is empty, '.', '..' or longer than 255 bytes"
        raise SourceError(f"{what.format(_listed(odd))}; leave it out with exclude")
    folders = {"/".join(path.split("/")[:depth]) for path in paths for depth in range(1, path.count("/") + 1)}
    both = [item.uri for item, path in zip(objects, paths, strict=True) if path in folders]
    if both:
        raise SourceError(f"{_listed(both)} would be a file and a folder; leave one out with exclude")
    return paths


def _listed(uris: Iterable[str]) -> str:
    first, *others = [repr(uri) for uri in uris]
    more = f" (and {len(others) + 1 - _SHOWN_COUNT} more)" if len(others) >= _SHOWN_COUNT else ""
    return ", ".join([first, *others][:_SHOWN_COUNT]) + more
