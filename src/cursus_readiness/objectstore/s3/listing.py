"""The keys of a bucket in the order of S3."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

Entry = tuple[str, "os.DirEntry[str] | None"]


@dataclass(slots=True)
class Page:
    """One answer to a listing: keys with their files, and the prefixes that stand for many keys each.

    ``last`` is where the next page goes on; ``None`` when there is none.
    """

    keys: list[tuple[str, os.DirEntry[str]]] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: str | None = None


def page(entries: Iterator[Entry], prefix: str, delimiter: str, after: str, limit: int) -> Page:
    """The first ``limit`` keys and prefixes. Keys that have the delimiter beyond ``prefix`` are one prefix together."""
    found, last = Page(), ""
    for key, entry in entries:
        group = _group(key, prefix, delimiter) if delimiter else None
        if group is not None and (group == after or found.prefixes[-1:] == [group]):
            continue
        if len(found.keys) + len(found.prefixes) >= limit:
            found.last = last
            break
        if group is not None:
            found.prefixes.append(group)
        elif entry is not None:
            found.keys.append((key, entry))
        last = key if group is None else group
    return found


def walk(
    folder: str, prefix: str, after: str, is_marker: Callable[[str], bool], *, collapse: bool = False, base: str = ""
) -> Iterator[Entry]:
    """Keys below a folder that begin with ``prefix`` and come after ``after``, in the order of their code points.

    A folder is a key of its own, with a slash at its end, when it is a marker. With ``collapse``, a folder beyond the
    prefix that holds any key is yielded once, without an entry, instead of what is in it.
    """
    pending = [_entries(folder, base)]
    while pending:
        item = next(pending[-1], None)
        if item is None:
            pending.pop()
            continue
        key, entry = item
        if not key.endswith("/"):
            if key.startswith(prefix) and key > after:
                yield item
            continue
        if not (key.startswith(prefix) or prefix.startswith(key)) or (key < after and not after.startswith(key)):
            continue
        if collapse and key.startswith(prefix) and key != prefix:
            if key != after and _holds_any(entry.path, key, after, is_marker):
                yield key, None
            continue
        if is_marker(key) and key.startswith(prefix) and key > after:
            yield item
        pending.append(_entries(entry.path, key))


def _group(key: str, prefix: str, delimiter: str) -> str | None:
    at = key.find(delimiter, len(prefix))
    return None if at < 0 else key[: at + len(delimiter)]


def _holds_any(folder: str, key: str, after: str, is_marker: Callable[[str], bool]) -> bool:
    return is_marker(key) or next(walk(folder, "", after, is_marker, base=key), None) is not None


def _entries(folder: str, base: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """What is in a folder, folders with a slash at the end, sorted as keys are. Names that are no text are no keys."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                if (is_folder or os.path.isfile(entry.path)) and _is_text(entry.name):
                    found.append((f"{base}{entry.name}{'/' if is_folder else ''}", entry))
    except FileNotFoundError:  # gone since it was seen
        return iter(())
    return iter(sorted(found, key=itemgetter(0)))


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
