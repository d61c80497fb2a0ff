"""Objects are placed into a container, and collected from one."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from builders import an_input, an_output
from cursus_readiness.model.job import Packing
from cursus_readiness.objectstore.archives import UnsafeArchiveError, pack
from cursus_readiness.objectstore.store import Collected, MissingObjectError, ObjectStore

IN = "opt/ml/processing/input/data"
OUT = "opt/ml/processing/output/data"


def put(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "store")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of a container, with the folders that a job asks for."""
    for name in (IN, OUT):
        (tmp_path / "root" / name).mkdir(parents=True)
    return tmp_path / "root"


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("uri", ["s3://b/a/x", "s3://b/a/x/", "s3://b//a/x"])
def test_a_uri_has_one_place(uri: str, store: ObjectStore) -> None:
    assert store.path_of(uri) == store.root / "b" / "a" / "x"


def test_an_object_lands_under_its_own_name(store: ObjectStore, root: Path) -> None:
    put(store.path_of("s3://b/in/a.csv"))
    assert store.place(an_input("s3://b/in/a.csv"), root) == 1
    assert files(root / IN) == {"a.csv": "x"}


def test_a_prefix_lands_with_everything_below_it(store: ObjectStore, root: Path) -> None:
    for name in ("a.csv", "sub/b.csv", "sub/deep/c.csv"):
        put(store.path_of(f"s3://b/in/{name}"), name)
    assert store.place(an_input("s3://b/in/"), root) == 3
    assert files(root / IN) == {name: name for name in ("a.csv", "sub/b.csv", "sub/deep/c.csv")}


def test_an_archive_is_unpacked(store: ObjectStore, root: Path, tmp_path: Path) -> None:
    put(tmp_path / "code" / "train.py")
    pack(tmp_path / "code", store.path_of("s3://b/sourcedir.tar.gz"))
    assert store.place(an_input("s3://b/sourcedir.tar.gz", packing=Packing.TAR_GZ), root) == 1
    assert files(root / IN) == {"train.py": "x"}


def test_an_archive_as_data_stays_packed(store: ObjectStore, root: Path, tmp_path: Path) -> None:
    put(tmp_path / "code" / "train.py")
    pack(tmp_path / "code", store.path_of("s3://b/model.tar.gz"))
    store.place(an_input("s3://b/model.tar.gz"), root)
    assert [path.name for path in (root / IN).iterdir()] == ["model.tar.gz"]


@pytest.mark.parametrize("packing", list(Packing))
def test_a_missing_object_is_told(packing: Packing, store: ObjectStore, root: Path) -> None:
    with pytest.raises(MissingObjectError, match="s3://b/nope"):
        store.place(an_input("s3://b/nope", packing=packing), root)


def test_a_folder_is_no_archive(store: ObjectStore, root: Path) -> None:
    put(store.path_of("s3://b/a.tar.gz/x"))
    with pytest.raises(MissingObjectError):
        store.place(an_input("s3://b/a.tar.gz", packing=Packing.TAR_GZ), root)


def test_an_archive_that_leads_out_is_refused(store: ObjectStore, root: Path, tmp_path: Path) -> None:
    archive = store.path_of("s3://b/a.tar.gz")
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../../evil"))
    with pytest.raises(UnsafeArchiveError):
        store.place(an_input("s3://b/a.tar.gz", packing=Packing.TAR_GZ), root)
    assert not list(tmp_path.rglob("evil"))


def test_what_a_step_does_to_its_input_stays_with_the_step(store: ObjectStore, root: Path, tmp_path: Path) -> None:
    user = put(tmp_path / "user.csv", "precious")
    served = store.path_of("s3://b/in/a.csv")
    served.parent.mkdir(parents=True)
    served.symlink_to(user)
    written = put(store.path_of("s3://b/in/b.csv"), "precious")
    store.place(an_input("s3://b/in"), root)
    for name in ("a.csv", "b.csv"):
        copy = root / IN / name
        assert not copy.is_symlink()
        assert copy.stat().st_nlink == 1
        with copy.open("r+", encoding="utf-8") as file:
            file.write("spoiled!")
    assert user.read_text(encoding="utf-8") == written.read_text(encoding="utf-8") == "precious"


def test_outputs_are_collected_with_their_sizes(store: ObjectStore, root: Path) -> None:
    put(root / OUT / "a.csv", "12")
    put(root / OUT / "sub" / "b.csv", "345")
    assert store.collect(an_output("s3://b/out"), root) == Collected(2, 5)
    assert files(store.path_of("s3://b/out")) == {"a.csv": "12", "sub/b.csv": "345"}


def test_an_empty_output_holds_nothing(store: ObjectStore, root: Path) -> None:
    assert store.collect(an_output("s3://b/out"), root) == Collected(0, 0)


def test_an_output_folder_that_is_gone_holds_nothing(store: ObjectStore, root: Path) -> None:
    (root / OUT).rmdir()
    assert store.collect(an_output("s3://b/out"), root) == Collected(0, 0)
    assert store.collect(an_output("s3://b/a.tar.gz", tar=True), root) == Collected(0, 0)


def test_an_output_below_another_belongs_to_both(store: ObjectStore, root: Path) -> None:
    put(root / OUT / "all.csv")
    put(root / OUT / "part" / "x.csv")
    outer = store.collect(an_output("s3://b/outer"), root)
    inner = store.collect(an_output("s3://b/inner", f"/{OUT}/part"), root)
    assert (outer.file_count, inner.file_count) == (2, 1)
    assert files(store.path_of("s3://b/inner")) == {"x.csv": "x"}


def test_a_model_is_packed_the_same_each_time(store: ObjectStore, root: Path) -> None:
    put(root / OUT / "model.bin")
    first = store.collect(an_output("s3://b/1/model.tar.gz", tar=True), root)
    second = store.collect(an_output("s3://b/2/model.tar.gz", tar=True), root)
    assert first == second
    contents = [store.path_of(f"s3://b/{number}/model.tar.gz").read_bytes() for number in (1, 2)]
    assert contents[0] == contents[1]
    assert first.size_bytes == len(contents[0])


def test_an_empty_model_folder_is_not_packed(store: ObjectStore, root: Path) -> None:
    assert store.collect(an_output("s3://b/model.tar.gz", tar=True), root) == Collected(0, 0)
    assert not store.path_of("s3://b/model.tar.gz").exists()


def test_what_is_collected_again_is_replaced(store: ObjectStore, root: Path) -> None:
    for content in ("old", "new"):
        put(root / OUT / "a.csv", content)
        store.collect(an_output("s3://b/out"), root)
        (root / OUT / "a.csv").unlink()
    assert files(store.path_of("s3://b/out")) == {"a.csv": "new"}


@pytest.mark.parametrize("tar", [False, True], ids=["files", "archive"])
def test_an_output_over_a_served_file_leaves_the_users_file_alone(
    tar: bool, store: ObjectStore, root: Path, tmp_path: Path
) -> None:
    user = put(tmp_path / "user", "precious")
    served = store.path_of("s3://b/out/a.tar.gz")
    served.parent.mkdir(parents=True)
    served.symlink_to(user)
    put(root / OUT / "a.tar.gz", "new")
    store.collect(an_output("s3://b/out/a.tar.gz" if tar else "s3://b/out", tar=tar), root)
    assert user.read_text(encoding="utf-8") == "precious"
    assert not served.is_symlink()


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("/etc/passwd", id="a file of the machine"),
        pytest.param("../" * 20 + "etc/passwd", id="up and out"),
        pytest.param("/nowhere", id="nothing"),
        pytest.param("/", id="the root"),
        pytest.param("link", id="itself"),
    ],
)
def test_a_link_that_leads_out_of_the_container_is_left_behind(target: str, store: ObjectStore, root: Path) -> None:
    put(root / OUT / "good.csv")
    (root / OUT / "link").symlink_to(target)
    assert store.collect(an_output("s3://b/out"), root) == Collected(1, 1, ("link",))
    assert files(store.path_of("s3://b/out")) == {"good.csv": "x"}


def test_a_file_below_a_link_that_leads_out_is_left_behind(store: ObjectStore, root: Path, tmp_path: Path) -> None:
    put(tmp_path / "secret" / "key")
    (root / OUT / "way").symlink_to(tmp_path / "secret")
    (root / OUT / "link").symlink_to("way/key")
    assert store.collect(an_output("s3://b/out"), root) == Collected(0, 0, ("link", "way"))


@pytest.mark.parametrize("target", [f"/{IN}/a.csv", "../../input/data/a.csv"], ids=["absolute", "relative"])
def test_a_link_inside_the_container_is_collected_as_the_file_it_means(
    target: str, store: ObjectStore, root: Path
) -> None:
    put(root / IN / "a.csv", "data")
    (root / OUT / "link.csv").symlink_to(target)
    assert store.collect(an_output("s3://b/out"), root) == Collected(1, 4)
    collected = store.path_of("s3://b/out/link.csv")
    assert not collected.is_symlink()
    assert collected.read_text(encoding="utf-8") == "data"


@pytest.mark.parametrize("tar", [False, True], ids=["files", "archive"])
def test_an_output_folder_that_became_a_link_out_is_not_followed(
    tar: bool, store: ObjectStore, root: Path, tmp_path: Path
) -> None:
    put(tmp_path / "secret" / "key")
    (root / OUT).rmdir()
    (root / OUT).symlink_to(tmp_path / "secret")
    assert store.collect(an_output("s3://b/out", tar=tar), root).file_count == 0
    assert not store.path_of("s3://b/out").is_file()


def test_what_is_no_file_is_left_behind(store: ObjectStore, root: Path) -> None:
    os.mkfifo(root / OUT / "pipe")
    assert store.collect(an_output("s3://b/out"), root) == Collected(0, 0, ("pipe",))


def test_what_was_left_behind_can_be_written_down(store: ObjectStore, root: Path) -> None:
    os.symlink("/nowhere", os.fsencode(root / OUT) + b"/\xff")
    (name,) = store.collect(an_output("s3://b/out"), root).left_out
    assert name.encode("utf-8")
