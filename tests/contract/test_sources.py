"""What every source promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import a_scenario, a_served
from cursus_readiness.objectstore.endpoint import S3Endpoint
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.sources.base import Dataset, Source, SourceError
from cursus_readiness.sources.registry import SOURCES, source_of
from s3_servers import Server, use

A_TABLE = {"columns": {"a": {"type": "id"}}}
# What each source can serve, what it cannot, and what a binding says beside its source.
CASES = [
    pytest.param("local:data", "local:missing", {}, id="local"),
    pytest.param("local:data/*.csv", "local:data/*.parquet", {}, id="local, a pattern"),
    pytest.param("local:data", "local:code", {"rows": 5, "seed": 1}, id="local, some rows"),
    pytest.param("s3://a-bucket/data/", "s3:data", {}, id="s3"),
    pytest.param("synthetic:", "synthetic:missing.yaml", {}, id="synthetic"),
    pytest.param(
        "synthetic:", "synthetic:data", {"table": {"columns": {"a": {"type": "id"}}}}, id="synthetic, a table"
    ),
    pytest.param("synthetic:data/a.csv", "synthetic:missing.csv", {}, id="synthetic, a sample"),
]
each_case = pytest.mark.parametrize(("source", "bad", "binding"), CASES)


@pytest.fixture(autouse=True)
def buckets(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is on S3."""
    root, cache = tmp_path_factory.mktemp("s3"), tmp_path_factory.mktemp("cache")
    (root / "a-bucket/data").mkdir(parents=True)
    (root / "a-bucket/data/a.csv").write_text("a\n1\n", encoding="utf-8")
    with S3Endpoint(ObjectStore(root)) as endpoint:
        use(monkeypatch, Server(endpoint.url), cache)
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    user = tmp_path / "user"
    (user / "data").mkdir(parents=True)
    (user / "data" / "a.csv").write_text("a\n" + "1.5\n" * 40, encoding="utf-8")
    (user / "code").mkdir()
    (user / "code" / "train.py").write_text("", encoding="utf-8")
    return user


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def serve(source: str, binding: dict[str, Any], folder: Path, target: Path) -> Dataset:
    served = a_served("s3://bucket/in/", source, **binding)
    return source_of(served).materialise(served, a_scenario(folder), target)


def test_every_source_is_tried() -> None:
    assert {str(case.values[0]).partition(":")[0] for case in CASES} == set(SOURCES)


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_a_source_is_registered_by_its_scheme(source: Source) -> None:
    assert SOURCES[source.scheme] is source


@each_case
def test_what_can_be_served_passes_the_check(source: str, bad: str, binding: dict[str, Any], folder: Path) -> None:
    served = a_served("s3://bucket/in/", source, **binding)
    source_of(served).check(served, a_scenario(folder))


@each_case
def test_what_cannot_be_served_fails_the_check(source: str, bad: str, binding: dict[str, Any], folder: Path) -> None:
    served = a_served("s3://bucket/in/", bad, **binding)
    with pytest.raises(SourceError) as caught:
        source_of(served).check(served, a_scenario(folder))
    assert str(caught.value)


@each_case
def test_a_check_touches_nothing(source: str, bad: str, binding: dict[str, Any], folder: Path) -> None:
    before = files(folder.parent)
    served = a_served("s3://bucket/in/", source, **binding)
    source_of(served).check(served, a_scenario(folder))
    assert files(folder.parent) == before


@each_case
def test_a_dataset_says_what_was_put_in_place(
    source: str, bad: str, binding: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    dataset = serve(source, binding, folder, tmp_path / "store")
    found = files(tmp_path / "store")
    assert (dataset.uri, dataset.source) == ("s3://bucket/in/", source)
    assert dataset.file_count == len(found) > 0
    assert dataset.size_bytes == sum(map(len, found.values()))
    counted = sum(content.count(b"\n") - 1 for content in found.values())
    assert dataset.row_count == (None if source.startswith("s3:") else counted)  # what was downloaded is not read


@each_case
def test_serving_twice_gives_the_same_bytes(
    source: str, bad: str, binding: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        serve(source, binding, folder, tmp_path / name)
    assert files(tmp_path / "first") == files(tmp_path / "second")


@each_case
def test_the_users_folder_stays_as_it_is(
    source: str, bad: str, binding: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    before = files(folder)
    serve(source, binding, folder, tmp_path / "store")
    assert files(folder) == before
