"""What the cache hands out is whole; what nobody holds goes first when it is full."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cursus_readiness.sources.aws.cache import ObjectCache
from cursus_readiness.sources.aws.listing import RemoteObject


def an_object(key: str = "a", size: int = 10, etag: str = '"e"') -> RemoteObject:
    return RemoteObject("bucket", key, size, etag, datetime(2026, 1, 1, tzinfo=UTC))


def kept(cache: ObjectCache, item: RemoteObject, used_at_s: int = 0) -> Path:
    cache.partial(item).write_bytes(b"x" * item.size_bytes)
    path = cache.keep(item)
    os.utime(path, (used_at_s, used_at_s))
    return path


def test_what_was_kept_is_found_and_cannot_be_written(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, "aws")
    path = kept(cache, an_object())
    assert cache.find(an_object()) == path
    assert path.stat().st_mode & 0o777 == 0o444


def test_what_is_under_way_is_not_found(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, "aws")
    cache.partial(an_object()).write_bytes(b"x" * 10)
    assert cache.find(an_object()) is None


def test_a_file_of_another_size_is_not_taken(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, "aws")
    path = kept(cache, an_object())
    path.chmod(0o600)
    path.write_bytes(b"x")
    assert cache.find(an_object()) is None


@pytest.mark.parametrize("other", [an_object(key="b"), an_object(size=11), an_object(etag='"f"')])
def test_another_object_is_another_entry(tmp_path: Path, other: RemoteObject) -> None:
    cache = ObjectCache(tmp_path, "aws")
    kept(cache, an_object())
    assert cache.find(other) is None


def test_the_same_name_at_another_address_is_another_object(tmp_path: Path) -> None:
    kept(ObjectCache(tmp_path, "aws"), an_object())
    assert ObjectCache(tmp_path, "http://here").find(an_object()) is None


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, "aws")
    items = [an_object(key) for key in "abc"]
    for number, item in enumerate(items):
        kept(cache, item, used_at_s=100 - number)
    cache.find(items[2])  # was used now
    assert cache.evict(20) == 10
    assert [cache.find(item) is not None for item in items] == [True, False, True]


def test_what_a_living_process_holds_stays(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, "aws")
    item = an_object()
    kept(cache, item)
    script = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from cursus_readiness.sources.aws.cache import ObjectCache\n"
        "from cursus_readiness.sources.aws.listing import RemoteObject\n"
        "cache = ObjectCache(Path(sys.argv[1]), 'aws')\n"
        "cache.hold([RemoteObject('bucket', 'a', 10, '\"e\"', datetime(2026, 1, 1, tzinfo=UTC))])\n"
        "print('held', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert cache.evict(0) == 0
        other.communicate("")
    assert cache.evict(0) == 10
    assert cache.find(item) is None
    assert len(list((tmp_path / "held").iterdir())) == 1


def test_what_this_process_holds_stays(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, "aws")
    cache.hold([an_object()])
    kept(cache, an_object())
    cache.partial(an_object("other")).write_bytes(b"left behind")
    assert cache.evict(0) == len(b"left behind")
    assert cache.find(an_object()) is not None
