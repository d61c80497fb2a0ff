"""What every source promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import a_scenario, a_served
from cursus_readiness.model.plan import ServedInput
from cursus_readiness.sources.base import Source, SourceError
from cursus_readiness.sources.registry import SOURCES

# scheme -> what it can serve, what it cannot
BINDINGS = {"local": ("local:data", "local:missing"), "synthetic": ("synthetic:", "synthetic:missing.yaml")}
each_source = pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    user = tmp_path / "user"
    (user / "data").mkdir(parents=True)
    (user / "data" / "a.csv").write_text("a\n1\n", encoding="utf-8")
    return user


def good(source: Source) -> ServedInput:
    return a_served("s3://bucket/in/", BINDINGS[source.scheme][0])


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_source_has_both_bindings() -> None:
    assert set(BINDINGS) == set(SOURCES)


@each_source
def test_a_source_is_registered_by_its_scheme(source: Source) -> None:
    assert SOURCES[source.scheme] is source


@each_source
def test_what_can_be_served_passes_the_check(source: Source, folder: Path) -> None:
    source.check(good(source), a_scenario(folder))


@each_source
def test_what_cannot_be_served_fails_the_check(source: Source, folder: Path) -> None:
    with pytest.raises(SourceError) as caught:
        source.check(a_served("s3://bucket/in/", BINDINGS[source.scheme][1]), a_scenario(folder))
    assert str(caught.value)


@each_source
def test_a_check_touches_nothing(source: Source, folder: Path) -> None:
    before = files(folder.parent)
    source.check(good(source), a_scenario(folder))
    assert files(folder.parent) == before


@each_source
def test_a_dataset_says_what_was_put_in_place(source: Source, folder: Path, tmp_path: Path) -> None:
    served = good(source)
    dataset = source.materialise(served, a_scenario(folder), tmp_path / "store")
    found = files(tmp_path / "store")
    assert (dataset.uri, dataset.source) == (served.uri, served.binding.source)
    assert dataset.file_count == len(found) > 0
    assert dataset.size_bytes == sum(map(len, found.values()))


@each_source
def test_serving_twice_gives_the_same_bytes(source: Source, folder: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        source.materialise(good(source), a_scenario(folder), tmp_path / name)
    assert files(tmp_path / "first") == files(tmp_path / "second")


@each_source
def test_the_users_folder_stays_as_it_is(source: Source, folder: Path, tmp_path: Path) -> None:
    before = files(folder)
    source.materialise(good(source), a_scenario(folder), tmp_path / "store")
    assert files(folder) == before
