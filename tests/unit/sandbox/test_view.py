"""Tests of the root directory that one step after the other gets."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cursus_readiness.sandbox.view import View

FOLDER, FILE = "/opt/ml/config", "/opt/ml/config/settings.json"
VIEW = View(binds=("/usr",), links=(("/bin", "usr/bin"),), own=("/opt/ml", "/tmp"), parents=("/opt",))


def link_away(file: Path) -> None:
    file.unlink()
    file.symlink_to("/etc/passwd")


def make_a_folder(file: Path) -> None:
    file.unlink()
    (file / "deep").mkdir(parents=True)


def make_a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


SPOILS = {
    "as it was": lambda _: None,
    "gone": lambda file: file.unlink(),
    "another text of the same length": lambda file: file.write_text("TEXT"),
    "a longer text": lambda file: file.write_text("text and more"),
    "a second name for it": lambda file: os.link(file, file.with_name("kept")),
    "no permissions": lambda file: file.chmod(0),
    "a program": lambda file: file.chmod(0o4755),
    "a link": link_away,
    "a folder": make_a_folder,
    "a pipe": make_a_pipe,
    "a folder without permissions": lambda file: file.parent.chmod(0),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_a_file_is_as_if_made_anew_whatever_a_step_has_done_to_it(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    file = tmp_path / FILE[1:]
    VIEW.prepare(tmp_path, files={FILE: "text"})
    spoil(file)
    VIEW.prepare(tmp_path, files={FILE: "text"})
    state = file.lstat()
    assert (file.read_text(), oct(state.st_mode), state.st_nlink) == ("text", "0o100644", 1)
    assert os.listdir(file.parent) == [file.name]


def test_another_text_is_written_into_the_same_file(tmp_path: Path) -> None:
    VIEW.prepare(tmp_path, files={FILE: "a long text"})
    number = (tmp_path / FILE[1:]).stat().st_ino
    VIEW.prepare(tmp_path, files={FILE: "text"})
    assert ((tmp_path / FILE[1:]).stat().st_ino, (tmp_path / FILE[1:]).read_text()) == (number, "text")


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_what_will_be_written_over_stays_unless_that_would_change_something_else(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    file = tmp_path / FILE[1:]
    VIEW.prepare(tmp_path, [FOLDER])
    file.write_text("text")
    spoil(file)
    VIEW.prepare(tmp_path, [FOLDER], rewritten=[FILE])
    assert set(os.listdir(file.parent)) <= {file.name}
    for found in file.parent.iterdir():
        assert (found.is_symlink(), found.is_file(), found.stat().st_nlink) == (False, True, 1)


def test_a_file_that_is_as_it_has_to_be_is_not_written_again(tmp_path: Path) -> None:
    VIEW.prepare(tmp_path, files={FILE: "text"})
    number = (tmp_path / FILE[1:]).stat().st_ino
    VIEW.prepare(tmp_path, files={FILE: "text", "/opt/ml/other.json": "{}"})
    assert (tmp_path / FILE[1:]).stat().st_ino == number
    assert (tmp_path / "opt/ml/other.json").read_text() == "{}"


def test_what_the_next_step_does_not_need_is_gone(tmp_path: Path) -> None:
    VIEW.prepare(tmp_path, ["/opt/ml/output/data"], {FILE: "text"})
    (tmp_path / "opt/ml/output/data/model").write_text("")
    (tmp_path / "new/folder").mkdir(parents=True)
    VIEW.prepare(tmp_path, ["/opt/ml/input"])
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert found == {"bin", "dev", "opt", "opt/ml", "opt/ml/input", "proc", "tmp", "usr"}


def test_folders_and_links_have_their_permissions_and_targets_again(tmp_path: Path) -> None:
    VIEW.prepare(tmp_path, [FOLDER])
    for folder in (FOLDER[1:], "tmp", "opt", ""):
        (tmp_path / folder).chmod(0)
    (tmp_path / "bin").unlink()
    (tmp_path / "bin").symlink_to("/elsewhere")
    VIEW.prepare(tmp_path, [FOLDER])
    modes = {folder: oct((tmp_path / folder).stat().st_mode & 0o7777) for folder in ("", "opt", FOLDER[1:], "tmp")}
    assert modes == {"": "0o755", "opt": "0o755", FOLDER[1:]: "0o755", "tmp": "0o1777"}
    assert os.readlink(tmp_path / "bin") == "usr/bin"


def test_a_secluded_step_has_a_folder_of_its_own_where_services_have_their_sockets(tmp_path: Path) -> None:
    view = View(binds=("/run", "/running", "/usr"), links=(), own=("/tmp",), parents=()).secluded()
    assert view.binds == ("/running", "/usr")
    (tmp_path / "run").mkdir()
    (tmp_path / "run/left").touch()
    view.prepare(tmp_path)
    assert os.listdir(tmp_path / "run") == []


def test_where_a_folder_of_the_machine_is_shown_stays_and_nothing_that_a_step_has_put_beside_it(tmp_path: Path) -> None:
    VIEW.prepare(tmp_path, shown=["/tmp/venv/lib"])
    place = tmp_path / "tmp/venv/lib"
    number = place.stat().st_ino
    (place.parent / "left").touch()
    VIEW.prepare(tmp_path, shown=["/tmp/venv/lib"])
    assert (place.stat().st_ino, os.listdir(place.parent)) == (number, ["lib"])
