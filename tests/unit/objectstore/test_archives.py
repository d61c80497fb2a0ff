"""Archives: deterministic when written, confined when read."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from cursus_readiness.objectstore import archives
from cursus_readiness.objectstore.archives import UnsafeArchiveError, pack, unpack


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def an_archive(path: Path, *members: tuple[str, bytes] | tarfile.TarInfo) -> Path:
    """An archive with members that nobody checks."""
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
    return path


def a_link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def names(archive: Path) -> list[str]:
    with tarfile.open(archive) as tar:
        return tar.getnames()


def test_what_is_packed_is_unpacked(tmp_path: Path) -> None:
    put(tmp_path / "in" / "model.bin", b"\x00\x01")
    put(tmp_path / "in" / "code" / "a.py")
    (tmp_path / "in" / "empty").mkdir()
    pack(tmp_path / "in", tmp_path / "a.tar.gz")
    unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert (tmp_path / "out" / "model.bin").read_bytes() == b"\x00\x01"
    assert sorted(path.name for path in (tmp_path / "out").rglob("*")) == ["a.py", "code", "empty", "model.bin"]


def test_member_names_have_no_leading_dot(tmp_path: Path) -> None:
    put(tmp_path / "in" / "b" / "c.txt")
    put(tmp_path / "in" / "a.txt")
    pack(tmp_path / "in", tmp_path / "a.tar.gz")
    assert names(tmp_path / "a.tar.gz") == ["a.txt", "b", "b/c.txt"]


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, order, when in (("1", ("a", "b"), 1_000_000_000), ("2", ("b", "a"), 1_700_000_000)):
        for file in order:
            os.utime(put(tmp_path / name / file, file.encode()), (when, when))
        pack(tmp_path / name, tmp_path / f"{name}.tar.gz")
    assert (tmp_path / "1.tar.gz").read_bytes() == (tmp_path / "2.tar.gz").read_bytes()


def test_hard_links_change_nothing(tmp_path: Path) -> None:
    put(tmp_path / "1" / "a")
    put(tmp_path / "1" / "b")
    os.link(put(tmp_path / "2" / "a"), tmp_path / "2" / "b")
    for name in ("1", "2"):
        pack(tmp_path / name, tmp_path / f"{name}.tar.gz")
    assert (tmp_path / "1.tar.gz").read_bytes() == (tmp_path / "2.tar.gz").read_bytes()


def test_compiled_python_is_left_out(tmp_path: Path) -> None:
    put(tmp_path / "in" / "a.py")
    put(tmp_path / "in" / "__pycache__" / "a.pyc")
    pack(tmp_path / "in", tmp_path / "a.tar.gz")
    assert names(tmp_path / "a.tar.gz") == ["a.py"]


def test_only_names_inside_the_folder_count_as_compiled_python(tmp_path: Path) -> None:
    put(tmp_path / "__pycache__" / "in" / "a.py")
    pack(tmp_path / "__pycache__" / "in", tmp_path / "a.tar.gz")
    assert names(tmp_path / "a.tar.gz") == ["a.py"]


def test_an_empty_folder_is_an_empty_archive(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pack(tmp_path / "in", tmp_path / "deep" / "a.tar.gz")
    assert names(tmp_path / "deep" / "a.tar.gz") == []


def test_packing_over_a_link_leaves_what_it_leads_to_alone(tmp_path: Path) -> None:
    precious = put(tmp_path / "user" / "model.tar.gz", b"precious")
    put(tmp_path / "in" / "a")
    (tmp_path / "model.tar.gz").symlink_to(precious)
    pack(tmp_path / "in", tmp_path / "model.tar.gz")
    assert precious.read_bytes() == b"precious"
    assert names(tmp_path / "model.tar.gz") == ["a"]


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([("../evil", b"x")], id="a name that leads up"),
        pytest.param([("a/../../evil", b"x")], id="a name that leads up later"),
        pytest.param([a_link("link", "/etc/passwd")], id="a link to the machine"),
        pytest.param([a_link("link", "../evil")], id="a link that leads up"),
        pytest.param([a_link("dir", ".."), ("dir/evil", b"x")], id="a file below a link that leads up"),
        pytest.param([a_link("hard", "../evil", tarfile.LNKTYPE)], id="a hard link that leads up"),
        pytest.param([a_link("device", "", tarfile.CHRTYPE)], id="a device"),
        pytest.param([("a", b"x"), ("a/b", b"x")], id="a file below a file"),
    ],
)
def test_a_member_that_would_leave_the_folder_is_refused(members: list[tarfile.TarInfo], tmp_path: Path) -> None:
    archive = an_archive(tmp_path / "a.tar.gz", *members)
    out = tmp_path / "deep" / "out"
    out.mkdir(parents=True)
    with pytest.raises(UnsafeArchiveError, match=r"cannot unpack a\.tar\.gz"):
        unpack(archive, out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz", "deep"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_an_absolute_name_lands_inside_the_folder(tmp_path: Path) -> None:
    unpack(an_archive(tmp_path / "a.tar.gz", ("/opt/x", b"x")), tmp_path / "out")
    assert (tmp_path / "out" / "opt" / "x").is_file()


def test_a_link_inside_the_folder_is_kept(tmp_path: Path) -> None:
    unpack(an_archive(tmp_path / "a.tar.gz", ("a", b"x"), a_link("link", "a")), tmp_path / "out")
    assert (tmp_path / "out" / "link").read_bytes() == b"x"


def packed_noise(folder: Path) -> bytes:
    put(folder / "noise" / "a", os.urandom(200_000))
    pack(folder / "noise", folder / "noise.tar.gz")
    return (folder / "noise.tar.gz").read_bytes()


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "flipped", "flipped early", "wrong sum"])
def test_a_broken_archive_is_refused(kind: str, tmp_path: Path) -> None:
    whole = packed_noise(tmp_path)
    content = {
        "empty": b"",
        "text": b"no archive",
        "cut": whole[: len(whole) // 2],
        "flipped": whole[:100_000] + bytes(1000) + whole[101_000:],
        "flipped early": whole[:12] + b"\xff\xff\xff\xff" + whole[16:],
        "wrong sum": whole[:-8] + bytes(8),
    }[kind]
    with pytest.raises(UnsafeArchiveError, match="cannot unpack"):
        unpack(put(tmp_path / "a.tar.gz", content), tmp_path / "out")


def a_bomb(path: Path, kind: str) -> Path:
    """An archive that is small on disk and as good as endless when it is unpacked."""
    with gzip.open(path, "wb", compresslevel=1) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        if kind == "one huge member":
            member = tarfile.TarInfo("zeros")
            member.size = 200 << 30
            tar.fileobj.write(member.tobuf())
            tar.fileobj.write(bytes(1 << 20))
        elif kind == "many members":
            empty = tarfile.TarInfo("x").tobuf() * 1000
            for _ in range(11):
                tar.fileobj.write(empty)
        else:
            tar.addfile(tarfile.TarInfo("a"))
    if kind == "zeros behind the end":
        with gzip.open(path, "ab", compresslevel=9) as zipped:
            for _ in range(20):
                zipped.write(bytes(1 << 20))
    return path


@pytest.mark.parametrize("kind", ["one huge member", "many members", "zeros behind the end"])
def test_an_archive_made_to_fill_the_disk_is_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_ALWAYS_ALLOWED_BYTES", 10 << 20)
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 10_000)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(UnsafeArchiveError, match=r"holds more than|more than 10,000 members"):
        unpack(a_bomb(tmp_path / "a.tar.gz", kind), out)
    assert sum(path.stat().st_size for path in out.rglob("*")) < 10 << 20


def test_an_archive_of_zeros_that_fit_is_unpacked(tmp_path: Path) -> None:
    put(tmp_path / "in" / "zeros", bytes(30 << 20))
    pack(tmp_path / "in", tmp_path / "a.tar.gz")
    unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert (tmp_path / "out" / "zeros").stat().st_size == 30 << 20
