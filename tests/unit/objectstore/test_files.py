"""Copying files cheaply, and only where that is safe."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cursus_readiness.objectstore.files import copy_file, link_file, walk_files


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_text("content", encoding="utf-8")
    path.chmod(0o750)
    return path


def test_a_copy_is_a_file_of_its_own(source: Path, tmp_path: Path) -> None:
    copy_file(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_text(encoding="utf-8") == "content"
    assert (tmp_path / "copy").stat().st_ino != source.stat().st_ino
    assert (tmp_path / "copy").stat().st_mode == source.stat().st_mode


def test_a_copy_that_is_there_stays(source: Path, tmp_path: Path) -> None:
    copy_file(source, tmp_path / "copy")
    number = (tmp_path / "copy").stat().st_ino
    copy_file(source, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_ino == number


def other_bytes(copy: Path) -> None:
    copy.write_text("CONTENT", encoding="utf-8")


@pytest.mark.parametrize("spoil", [other_bytes, Path.touch, os.mkfifo])
def test_whatever_else_is_there_a_copy_takes_its_place(
    source: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    copy = tmp_path / "copy"
    spoil(copy)
    copy_file(source, copy)
    assert copy.read_text(encoding="utf-8") == "content"
    assert copy.stat().st_mode == source.stat().st_mode


@pytest.mark.parametrize("lead", [os.link, os.symlink])
def test_a_copy_never_goes_through_a_link(source: Path, tmp_path: Path, lead: Callable[[Path, Path], None]) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious", encoding="utf-8")
    lead(precious, tmp_path / "copy")
    copy_file(source, tmp_path / "copy")
    assert precious.read_text(encoding="utf-8") == "precious"
    assert (tmp_path / "copy").read_text(encoding="utf-8") == "content"


def test_a_link_is_the_same_file(source: Path, tmp_path: Path) -> None:
    link_file(source, tmp_path / "link")
    assert (tmp_path / "link").stat().st_ino == source.stat().st_ino


def test_a_link_replaces_what_was_there(source: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious", encoding="utf-8")
    (tmp_path / "link").symlink_to(precious)
    link_file(source, tmp_path / "link")
    assert (tmp_path / "link").read_text(encoding="utf-8") == "content"
    assert precious.read_text(encoding="utf-8") == "precious"


def test_across_file_systems_a_link_is_a_copy(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    link_file(source, tmp_path / "link")
    assert (tmp_path / "link").read_text(encoding="utf-8") == "content"
    assert (tmp_path / "link").stat().st_ino != source.stat().st_ino


def test_files_are_walked_in_order_without_following_links_to_folders(tmp_path: Path) -> None:
    for name in ("b", "a/2", "a/1", "c/d/e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link-to-folder").symlink_to(tmp_path / "a")
    (tmp_path / "link-to-file").symlink_to(tmp_path / "b")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    found = [path.relative_to(tmp_path).as_posix() for path in walk_files(tmp_path)]
    assert found == ["a/1", "a/2", "b", "c/d/e", "link-to-file"]


def test_folders_that_hold_a_mark_are_left_out_with_the_folder_that_they_lie_in(tmp_path: Path) -> None:
    for name in ("a.csv", "reports/index.html", "reports/baselines/main.json", "reports/run/events.jsonl", "b/c.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = walk_files(tmp_path, without="events.jsonl")
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a.csv", "b/c.csv"]
    kept = walk_files(tmp_path / "reports", without="events.jsonl")
    assert [path.name for path in kept] == ["main.json", "index.html"]
