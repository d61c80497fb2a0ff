"""A folder is listed as a bucket with the same keys would be."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cursus_readiness.objectstore.s3.keys import segments
from cursus_readiness.objectstore.s3.listing import page
from cursus_readiness.objectstore.s3.objects import Objects
from cursus_readiness.objectstore.s3.staging import Staging

texts = st.text("ab-.0/é\U0001f600 ", max_size=6)


def storable(names: list[str]) -> list[str]:
    """Keys that can be in one folder together: no object is the folder of another."""
    kept: list[str] = []
    for name in names:
        if segments(name) is not None and not any(f"{a}/" == b[: len(a) + 1] for a, b in both_ways(name, kept)):
            kept.append(name)
    return kept


def both_ways(name: str, others: list[str]) -> list[tuple[str, str]]:
    return [pair for other in others for pair in ((name, other), (other, name))]


def expected(keys: list[str], prefix: str, delimiter: str, after: str) -> list[str]:
    """Keys and common prefixes, in order, as S3's reference describes them."""
    found = []
    for key in sorted(keys):
        if not key.startswith(prefix) or key <= after:
            continue
        at = key.find(delimiter, len(prefix)) if delimiter else -1
        name = key if at < 0 else key[: at + len(delimiter)]
        if name not in found and not (at >= 0 and name == after):
            found.append(name)
    return found


@settings(max_examples=300)
@given(
    names=st.lists(texts.filter(bool), max_size=12),
    prefix=texts,
    after=texts,
    delimiter=st.sampled_from(["", "/", "-", "a/"]),
    limit=st.integers(1, 5),
)
def test_pages_together_are_what_s3_lists(
    names: list[str], prefix: str, after: str, delimiter: str, limit: int
) -> None:
    keys = storable(names)
    with tempfile.TemporaryDirectory() as folder:
        objects = Objects(Path(folder))
        objects.create_bucket("data")
        for key in keys:
            put(objects, Path(folder), key)
        found: list[str] = []
        position: str | None = after
        while position is not None:
            entries = objects.walk("data", prefix, position, collapse=delimiter == "/")
            listed = page(entries, prefix, delimiter, position, limit)
            found += sorted([*(key for key, _ in listed.keys), *listed.prefixes])
            assert len(listed.keys) + len(listed.prefixes) <= limit
            position = listed.last
        assert found == expected(keys, prefix, delimiter, after)


def put(objects: Objects, folder: Path, key: str) -> None:
    staged = Staging(folder / ".uploads").receive(io.BytesIO())
    objects.put("data", key, staged, etag="", headers={})
    staged.discard()
