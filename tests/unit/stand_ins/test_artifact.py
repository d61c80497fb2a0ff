"""Archives of models: what is wrong with one is said in a sentence."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from readiness_artifact import MistakeError, unpack

URI = "s3://bucket/model.tar.gz"


def archive(path: Path, *members: tarfile.TarInfo, content: bytes = b"x" * 4000) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content))
    return path


def named(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


def test_what_is_in_an_archive_is_unpacked_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = archive(
        tmp_path / "a", named("./model.joblib"), named("code/inference.py"), named("link", tarfile.SYMTYPE, "code")
    )
    unpack(str(path), str(tmp_path / "out"), URI)
    assert (tmp_path / "out/code/inference.py").stat().st_size == 4000
    assert "3 files, 8000 bytes: ./model.joblib, code/inference.py, link" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (named("../outside"), "leaves the model's folder: ../outside"),
        (named("/etc/x"), "leaves the model's folder: /etc/x"),
        (named("a/../../x"), "leaves the model's folder"),
        (named("link", tarfile.SYMTYPE, "../../etc"), "leaves the model's folder: link"),
        (named("link", tarfile.LNKTYPE, "../x"), "leaves the model's folder: link"),
        (named("pipe", tarfile.FIFOTYPE), "neither a file nor a folder: pipe"),
        (named("folder", tarfile.DIRTYPE), "is an empty archive"),
    ],
)
def test_a_member_that_does_not_belong_is_named(tmp_path: Path, member: tarfile.TarInfo, message: str) -> None:
    path = archive(tmp_path / "a", member)
    with pytest.raises(MistakeError, match=message):
        unpack(str(path), str(tmp_path / "out"), URI)
    assert not [path for path in tmp_path.glob("out/*") if not path.is_dir()]


@pytest.mark.parametrize(
    "spoil", [lambda whole: whole[:-20], lambda whole: whole[:-8] + b"\0" * 8, lambda _: b"no archive", lambda _: b""]
)
def test_a_broken_archive_is_named(tmp_path: Path, spoil: object) -> None:
    path = archive(tmp_path / "a", named("model"))
    path.write_bytes(spoil(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(MistakeError, match=r"not a readable \.tar\.gz archive|empty archive"):
        unpack(str(path), str(tmp_path / "out"), URI)


@pytest.mark.slow
def test_an_archive_that_would_fill_the_disk_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with gzip.open(path, "wb", compresslevel=1) as zipped:
        for number in range(3):
            member = named(f"zeros-{number}")
            member.size = 400 << 20
            zipped.write(member.tobuf())
            for _ in range(400):
                zipped.write(bytes(1 << 20))
    with pytest.raises(MistakeError, match="made to fill the disk"):
        unpack(str(path), str(tmp_path / "out"), URI)
    assert not (tmp_path / "out").exists()
