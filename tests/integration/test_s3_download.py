"""Objects of a real S3 come whole and unchanged, or the error says why they do not."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from builders import a_scenario, a_served
from cursus_readiness.sources.base import Dataset, SourceError
from cursus_readiness.sources.s3 import S3Source
from flaky_proxy import FlakyProxy, flaky_proxy
from s3_servers import Answer, Request, Server, interceptor, s3_error, use

pytestmark = pytest.mark.slow

# the full measure is 200 objects of 5 MB: READINESS_TESTS_S3_OBJECT_BYTES=5000000
OBJECT_COUNT = 200
OBJECT_BYTES = int(os.environ.get("READINESS_TESTS_S3_OBJECT_BYTES", "200000"))


def fetch(source: str, target: Path, **binding: Any) -> Dataset:
    """What lies at a source, put at a target."""
    served = a_served("s3://bucket/in/", source, **binding)
    return S3Source().materialise(served, a_scenario(target.parent), target)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_200_objects_arrive_through_a_proxy_that_drops_and_throttles(
    gateway: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bucket, client, drawn = gateway.new_bucket(), gateway.client("s3"), random.Random(1)
    expected = {}
    for number in range(OBJECT_COUNT):
        body = drawn.randbytes(OBJECT_BYTES)
        expected[f"part-{number:03}"] = hashlib.sha256(body).hexdigest()
        client.put_object(Bucket=bucket, Key=f"data/part-{number:03}", Body=body)
    use(monkeypatch, gateway, tmp_path / "cache")
    proxy = FlakyProxy(int(gateway.url.rpartition(":")[2]), 0.05, 0.03, 100e6, OBJECT_BYTES)
    with flaky_proxy(proxy) as url:
        dataset = fetch(f"s3://{bucket}/data/", tmp_path / "in", endpoint_url=url)
    assert digests(tmp_path / "in") == expected
    assert dataset.size_bytes == dataset.downloaded_bytes == OBJECT_COUNT * OBJECT_BYTES
    assert proxy.dropped_count > OBJECT_COUNT * 0.02
    assert proxy.busy_count > 0
    print(f"{proxy.request_count} requests, {proxy.dropped_count} dropped, {proxy.busy_count} told to slow down")


@pytest.fixture
def bucket(gateway: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    use(monkeypatch, gateway, tmp_path / "cache")
    return gateway.new_bucket()


def put(server: Server, bucket: str, **objects: bytes) -> None:
    with closing(server.client("s3")) as client, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda item: client.put_object(Bucket=bucket, Key=item[0], Body=item[1]), objects.items()))


def test_keys_of_every_sort_arrive_under_their_own_names(gateway: Server, bucket: str, tmp_path: Path) -> None:
    keys = [
        "a b/c d.csv",
        "ü/日本.csv",
        "plus+and&%20.csv",
        "quote'\".csv",
        "x" * 255,
        "deep/" * 20 + "end",
        "-",
        ".hidden",
    ]
    put(gateway, bucket, **{f"in/{key}": key.encode() for key in keys}, **{"in/": b"", "in/folder/": b""})
    dataset = fetch(f"s3://{bucket}/in/", tmp_path / "in")
    assert {name: hashlib.sha256(name.encode()).hexdigest() for name in keys} == digests(tmp_path / "in")
    assert dataset.file_count == len(keys)


@pytest.mark.parametrize("key", ["in/../out", "in/./a", "in//a", "in/a/", f"in/{'y' * 256}", "in/../../../../etc/x"])
def test_a_key_that_no_file_can_stand_for_is_named_and_nothing_is_written(
    gateway: Server, bucket: str, tmp_path: Path, key: str
) -> None:
    put(gateway, bucket, **{"in/fine": b"1", key: b"2"})
    with pytest.raises(SourceError, match="no file can have the name of"):
        fetch(f"s3://{bucket}/in/", tmp_path / "target/in")
    assert not (tmp_path / "target").exists()
    fetch(f"s3://{bucket}/in/", tmp_path / "target/in", exclude=[key.removeprefix("in/")])
    assert digests(tmp_path / "target").keys() == {"in/fine"}


def test_a_key_that_is_a_folder_too_is_named(gateway: Server, bucket: str, tmp_path: Path) -> None:
    put(gateway, bucket, **{"in/a": b"1", "in/a/b": b"2"})
    with pytest.raises(SourceError, match="would be a file and a folder"):
        fetch(f"s3://{bucket}/in/", tmp_path / "in")


def test_more_objects_than_one_page_lists_arrive(gateway: Server, bucket: str, tmp_path: Path) -> None:
    put(gateway, bucket, **{f"in/{number}": b"" for number in range(1001)})
    assert fetch(f"s3://{bucket}/in/", tmp_path / "in").file_count == 1001


def test_one_object_is_a_file(gateway: Server, bucket: str, tmp_path: Path) -> None:
    put(gateway, bucket, **{"model.tar.gz": b"1", "model.tar.gz.old": b"2"})
    dataset = fetch(f"s3://{bucket}/model.tar.gz", tmp_path / "store/model.tar.gz")
    assert (tmp_path / "store/model.tar.gz").read_bytes() == b"1"
    assert dataset.file_count == 1


def test_include_and_exclude_choose_by_the_path_below_the_prefix(gateway: Server, bucket: str, tmp_path: Path) -> None:
    put(gateway, bucket, **{f"in/{name}": b"1" for name in ("a.csv", "b.csv", "_tmp/c.csv", "d.json")})
    fetch(f"s3://{bucket}/in/", tmp_path / "in", include=["*.csv"], exclude=["_tmp/*", "b.*"])
    assert digests(tmp_path / "in").keys() == {"a.csv"}
    with pytest.raises(SourceError, match=r"leave none of the 4 objects at s3://.*, the first is '_tmp/c.csv'"):
        fetch(f"s3://{bucket}/in/", tmp_path / "none", include=["*.parquet"])


def test_too_much_is_refused_before_a_byte_is_fetched(gateway: Server, bucket: str, tmp_path: Path) -> None:
    put(gateway, bucket, **{"in/a": b"1" * 2_000_000, "in/b": b"2" * 2_000_000})
    with pytest.raises(SourceError, match=r"2 objects at .* are 3.81 MiB, over the limit of 0.002 GiB; raise max_size"):
        fetch(f"s3://{bucket}/in/", tmp_path / "in", max_size_gb=0.002)
    assert not (tmp_path / "in").exists()
    assert not (tmp_path / "cache").exists()


def test_where_nothing_is_the_nearest_name_is_told(gateway: Server, bucket: str, tmp_path: Path) -> None:
    put(gateway, bucket, **{"raw/features/a": b"1", "raw/labels/b": b"1"})
    for wanted, told in {
        "raw/feature/": r"\(did you mean s3://.*/raw/features\?\)",
        "raw/zzz/": "raw/ has features/, labels/",
        "raw/zzz/more/": "raw/ has features/, labels/",
    }.items():
        with pytest.raises(SourceError, match=f"there are no objects at s3://{bucket}/{wanted}.*{told}"):
            fetch(f"s3://{bucket}/{wanted}", tmp_path / "in")
    with pytest.raises(SourceError, match="the bucket is empty"):
        fetch(f"s3://{gateway.new_bucket()}/raw/", tmp_path / "in")


def test_the_latest_folder_is_that_of_the_newest_object(gateway: Server, bucket: str, tmp_path: Path) -> None:
    put(gateway, bucket, **{"runs/b/out/x": b"old", "runs/notes.txt": b"", "runs/a/out/x": b"new"})
    dataset = fetch(f"s3://{bucket}/runs/{{latest}}/out/", tmp_path / "in")
    listed = gateway.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    newest = max(
        (item for item in listed if item["Key"].count("/") > 1), key=lambda item: (item["LastModified"], item["Key"])
    )
    assert dataset.origin == f"s3://{bucket}/{newest['Key'].removesuffix('x')}"
    with pytest.raises(SourceError, match="there is no folder in"):
        fetch(f"s3://{bucket}/runs/a/out/{{latest}}/", tmp_path / "none")


def test_what_the_cache_has_is_not_downloaded_again(gateway: Server, bucket: str, tmp_path: Path) -> None:
    put(gateway, bucket, **{"in/a": b"1", "in/b": b"22"})
    first = fetch(f"s3://{bucket}/in/", tmp_path / "first")
    put(gateway, bucket, **{"in/b": b"33"})
    second = fetch(f"s3://{bucket}/in/", tmp_path / "second")
    assert (first.downloaded_bytes, second.downloaded_bytes) == (3, 2)
    assert first.listing_sha256 != second.listing_sha256
    assert [(tmp_path / name / "b").read_bytes() for name in ("first", "second")] == [b"22", b"33"]


def test_files_of_the_cache_are_links_that_nobody_may_write(gateway: Server, bucket: str, tmp_path: Path) -> None:
    put(gateway, bucket, **{"in/a": b"1"})
    fetch(f"s3://{bucket}/in/", tmp_path / "in")
    assert (tmp_path / "in/a").is_symlink()
    assert (tmp_path / "in/a").resolve().is_relative_to(tmp_path / "cache")
    assert (tmp_path / "in/a").stat().st_mode & 0o222 == 0


LARGE = 20_000_000  # three parts


def a_large_object(server: Server, bucket: str, seed: int = 1) -> bytes:
    body = random.Random(seed).randbytes(LARGE)
    put(server, bucket, **{"in/large": body})
    return body


def await_lines(folder: Path, count: int) -> None:
    """Until the notes of the only download below a folder have so many lines."""
    while len(next(folder.glob("*.parts")).read_text(encoding="ascii").splitlines()) < count:
        time.sleep(0.01)


def test_a_large_object_comes_in_parts_and_goes_on_where_it_stopped(
    gateway: Server, bucket: str, tmp_path: Path
) -> None:
    body = a_large_object(gateway, bucket)
    asked: list[str] = []
    is_refused = True

    def refuse_the_last_part(request: Request) -> Answer | None:
        if request.method == "GET" and "Range" in request.headers:
            asked.append(request.headers["Range"])
            is_last = request.headers["Range"].endswith(f"-{LARGE - 1}")
            if is_refused and is_last:
                await_lines(tmp_path / "cache/s3/partial", 3)
                return s3_error(403, "AccessDenied")
        return None

    with interceptor(gateway, refuse_the_last_part) as front:
        with pytest.raises(SourceError, match="access is denied"):
            fetch(f"s3://{bucket}/in/", tmp_path / "in", endpoint_url=front.url)
        assert len(asked) == 3
        assert not (tmp_path / "in").exists()
        asked.clear()
        is_refused = False
        fetch(f"s3://{bucket}/in/", tmp_path / "in", endpoint_url=front.url)
    assert len(asked) == 1
    assert (tmp_path / "in/large").read_bytes() == body


def test_an_object_that_changes_while_it_is_downloaded_is_downloaded_as_it_is_now(
    gateway: Server, bucket: str, tmp_path: Path
) -> None:
    a_large_object(gateway, bucket)
    changed: list[bytes] = []

    def change_once(request: Request) -> Answer | None:
        if request.headers.get("Range", "").startswith("bytes=8388608-") and not changed:
            changed.append(a_large_object(gateway, bucket, seed=2))
        return None

    with interceptor(gateway, change_once) as front:
        dataset = fetch(f"s3://{bucket}/in/", tmp_path / "in", endpoint_url=front.url)
    assert (tmp_path / "in/large").read_bytes() == changed[0]
    assert dataset.size_bytes == LARGE


def test_an_object_that_changes_again_and_again_is_named(gateway: Server, bucket: str, tmp_path: Path) -> None:
    put(gateway, bucket, **{"in/a": b"0"})
    count = 0

    def change(request: Request) -> Answer | None:
        nonlocal count
        if request.method == "GET" and request.key == f"{bucket}/in/a":
            count += 1
            put(gateway, bucket, **{"in/a": str(count).encode()})
        return None

    with interceptor(gateway, change) as front, pytest.raises(SourceError, match=r"in/a cannot .* it changed .* twice"):
        fetch(f"s3://{bucket}/in/", tmp_path / "in", endpoint_url=front.url)
    assert not (tmp_path / "in").exists()


def test_an_object_that_vanishes_is_named(gateway: Server, bucket: str, tmp_path: Path) -> None:
    put(gateway, bucket, **{"in/a": b"0"})

    def remove(request: Request) -> Answer | None:
        if request.method == "GET" and request.key == f"{bucket}/in/a":
            gateway.client("s3").delete_object(Bucket=bucket, Key="in/a")
        return None

    with (
        interceptor(gateway, remove) as front,
        pytest.raises(SourceError, match="was listed, but is not there any more"),
    ):
        fetch(f"s3://{bucket}/in/", tmp_path / "in", endpoint_url=front.url)


def test_bytes_that_are_not_those_that_were_stored_are_never_handed_out(
    gateway: Server, bucket: str, tmp_path: Path
) -> None:
    put(gateway, bucket, **{"in/a": b"right"})

    def spoil(request: Request) -> Answer | None:
        is_object = request.method == "GET" and request.key == f"{bucket}/in/a"
        etag = '"' + hashlib.md5(b"right").hexdigest() + '"'
        return Answer(200, b"wrong", {"ETag": etag}) if is_object else None

    with interceptor(gateway, spoil) as front, pytest.raises(SourceError, match="do not have the ETag that S3 gives"):
        fetch(f"s3://{bucket}/in/", tmp_path / "in", endpoint_url=front.url)
    assert not (tmp_path / "in").exists()


def test_two_processes_download_what_both_need_once(gateway: Server, bucket: str, tmp_path: Path) -> None:
    put(gateway, bucket, **{f"in/{number}": b"x" * 1000 for number in range(30)})
    asked: list[str] = []

    def count(request: Request) -> Answer | None:
        if request.method == "GET" and request.key.startswith(f"{bucket}/in/"):
            asked.append(request.key)
        return None

    script = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); from pathlib import Path; "
        "import builders; "
        "from cursus_readiness.sources.s3 import S3Source; target = Path(sys.argv[2]); "
        "S3Source().materialise(builders.a_served('s3://b/in/', sys.argv[1]), builders.a_scenario(target), target)"
    )
    with interceptor(gateway, count) as front:
        environment = {**os.environ, "AWS_ENDPOINT_URL": front.url}
        command = [sys.executable, "-c", script, f"s3://{bucket}/in/"]
        running = [subprocess.Popen([*command, str(tmp_path / name)], env=environment) for name in ("one", "two")]
        assert [process.wait(60) for process in running] == [0, 0]
    assert len(asked) == len(set(asked)) == 30
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
