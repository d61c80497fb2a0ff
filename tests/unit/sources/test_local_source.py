"""Files and folders of this machine."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import pytest

from builders import a_plan, a_scenario, a_served
from cursus_readiness.model.plan import ServedInput
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.sources.base import Dataset, SourceError
from cursus_readiness.sources.local import LocalSource
from cursus_readiness.sources.registry import materialise


def put(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file of a folder with its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def serve(folder: Path, served: ServedInput) -> tuple[Path, Dataset]:
    """Where the object is afterwards, and what was said about it."""
    scenario = a_scenario(folder)
    LocalSource().check(served, scenario)
    target = folder / "store" / served.uri.removeprefix("s3://").rstrip("/")
    return target, LocalSource().materialise(served, scenario, target)


def test_a_folder_appears_with_everything_below_it(tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.csv", "12")
    put(tmp_path / "data" / "sub" / "b.csv", "345")
    target, dataset = serve(tmp_path, a_served("s3://b/in/", "local:data/"))
    assert sorted(fingerprint(target)) == ["a.csv", "sub/b.csv"]
    assert (dataset.file_count, dataset.size_bytes, dataset.row_count) == (2, 5, 2)
    assert dataset.source == "local:data/"


def test_a_file_appears_as_an_object(tmp_path: Path) -> None:
    put(tmp_path / "a.csv")
    target, dataset = serve(tmp_path, a_served("s3://b/in/x.csv", "local:a.csv"))
    assert target.read_text(encoding="utf-8") == "x"
    assert dataset.file_count == 1


def test_what_lies_below_the_binding_is_found_below_its_folder(tmp_path: Path) -> None:
    put(tmp_path / "code" / "sub" / "a.py", "print()")
    target, _ = serve(tmp_path, a_served("s3://b/code/sub/a.py", "local:code/", "s3://b/code/"))
    assert target.read_text(encoding="utf-8") == "print()"


def test_a_folder_that_serves_an_archive_is_packed(tmp_path: Path) -> None:
    put(tmp_path / "source" / "train.py")
    put(tmp_path / "source" / "pkg" / "a.py")
    target, dataset = serve(tmp_path, a_served("s3://b/code/sourcedir.tar.gz", "local:source"))
    with tarfile.open(target) as archive:
        assert archive.getnames() == ["pkg", "pkg/a.py", "train.py"]
    assert (dataset.file_count, dataset.size_bytes) == (1, target.stat().st_size)


def test_a_file_that_serves_an_archive_is_taken_as_it_is(tmp_path: Path) -> None:
    put(tmp_path / "a.tar.gz", "not even one")
    target, _ = serve(tmp_path, a_served("s3://b/a.tar.gz", "local:a.tar.gz"))
    assert target.read_text(encoding="utf-8") == "not even one"


def test_links_in_the_users_folder_are_followed_to_files_only(tmp_path: Path) -> None:
    real = put(tmp_path / "elsewhere" / "real.csv")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "file.csv").symlink_to(real)
    (folder / "folder").symlink_to(real.parent)
    (folder / "dangling").symlink_to(tmp_path / "nowhere")
    target, dataset = serve(tmp_path, a_served("s3://b/in", "local:data"))
    assert sorted(fingerprint(target)) == ["file.csv"]
    assert dataset.file_count == 1


def test_an_empty_folder_is_served_empty(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    _, dataset = serve(tmp_path, a_served("s3://b/in", "local:data"))
    assert (dataset.file_count, dataset.size_bytes) == (0, 0)


@pytest.mark.parametrize("uri", ["s3://b/in", "s3://b/in/deep/a.csv"])
def test_what_is_not_there_is_named(uri: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=f"{uri} is to be served by .*, which is not there"):
        LocalSource().check(a_served(uri, "local:nope", "s3://b/in"), a_scenario(tmp_path))


def test_a_narrower_binding_stays_when_a_wider_one_comes(tmp_path: Path) -> None:
    put(tmp_path / "wide" / "a.csv", "wide")
    put(tmp_path / "wide" / "b.csv", "wide")
    put(tmp_path / "mine.csv", "narrow")
    served = [a_served("s3://b/in", "local:wide"), a_served("s3://b/in/a.csv", "local:mine.csv")]
    store = ObjectStore(tmp_path / "store")
    materialise(a_plan(scenario=a_scenario(tmp_path), served=served), store)
    folder = store.path_of("s3://b/in")
    assert {name: (folder / name).read_text(encoding="utf-8") for name in ("a.csv", "b.csv")} == {
        "a.csv": "narrow",
        "b.csv": "wide",
    }


def test_serving_writes_nothing_into_the_users_folder(tmp_path: Path) -> None:
    put(tmp_path / "user" / "data" / "a.csv")
    put(tmp_path / "user" / "source" / "train.py")
    before = fingerprint(tmp_path / "user")
    for uri, source in (("s3://b/in", "user/data"), ("s3://b/sourcedir.tar.gz", "user/source")):
        serve(tmp_path, a_served(uri, f"local:{source}"))
    assert fingerprint(tmp_path / "user") == before


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        pytest.param("s3://b/in/part-00000.csv", "s3://b/in", id="a synthetic shard of the same name"),
    ],
)
def test_a_synthetic_table_never_overwrites_a_file_of_the_user(narrow: str, wide: str, tmp_path: Path) -> None:
    mine = put(tmp_path / "mine.csv", "precious")
    served = [a_served(wide, "synthetic:", rows=3), a_served(narrow, "local:mine.csv")]
    materialise(a_plan(scenario=a_scenario(tmp_path), served=served), ObjectStore(tmp_path / "store"))
    assert mine.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("data/*.csv", ["a.csv", "b.csv"]),
        ("data/**/*.csv", ["a.csv", "b.csv", "sub/c.csv"]),
        ("data/[ab].csv", ["a.csv", "b.csv"]),
        ("da*/sub/*", ["data/sub/c.csv"]),
    ],
)
def test_a_pattern_serves_what_it_matches(pattern: str, names: list[str], tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "sub/c.csv", "notes.txt"):
        put(tmp_path / "data" / name, "x\n1\n")
    target, dataset = serve(tmp_path, a_served("s3://b/in/", f"local:{pattern}"))
    assert sorted(fingerprint(target)) == names
    assert dataset.row_count == len(names)


def test_a_pattern_may_lie_in_a_folder_with_the_letters_of_one(tmp_path: Path) -> None:
    put(tmp_path / "run[1]" / "data" / "a.csv")
    target, _ = serve(tmp_path / "run[1]", a_served("s3://b/in/", "local:data/*.csv"))
    assert sorted(fingerprint(target)) == ["a.csv"]


def test_a_pattern_serves_what_lies_below_its_binding(tmp_path: Path) -> None:
    for name in ("training/a.csv", "calibration/a.csv"):
        put(tmp_path / "data" / name)
    served = a_served("s3://b/in/training/", "local:data/**/*.csv", "s3://b/in/")
    target, _ = serve(tmp_path, served)
    assert sorted(fingerprint(target)) == ["a.csv"]


@pytest.mark.parametrize(("uri", "at"), [("s3://b/in", r"\*\.csv"), ("s3://b/in/nope", r"\*\.csv/nope")])
def test_a_pattern_that_matches_nothing_is_refused(uri: str, at: str, tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.txt")
    with pytest.raises(SourceError, match=f"{at}, which matches nothing"):
        LocalSource().check(a_served(uri, "local:data/*.csv", "s3://b/in"), a_scenario(tmp_path))


def test_a_file_with_the_letters_of_a_pattern_in_its_name_is_found(tmp_path: Path) -> None:
    put(tmp_path / "a[1].csv")
    target, _ = serve(tmp_path, a_served("s3://b/a.csv", "local:a[1].csv"))
    assert target.is_file()


def test_what_is_served_has_its_checksum(tmp_path: Path) -> None:
    file = put(tmp_path / "a.csv", "a\n1\n")
    _, dataset = serve(tmp_path, a_served("s3://b/a.csv", "local:a.csv"))
    assert dataset.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
