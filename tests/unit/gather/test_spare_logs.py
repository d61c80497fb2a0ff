"""Empty logs go from step to step, and nobody can tell."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cursus_readiness.gather.spare_logs import SpareLogs
from cursus_readiness.store.layout import StepLayout


def a_step(tmp_path: Path, name: str) -> StepLayout:
    (tmp_path / name).mkdir()
    return StepLayout(tmp_path / name)


def run(logs: SpareLogs, files: StepLayout, said: str = "") -> None:
    logs.lend(files)
    for log in (files.stdout, files.stderr):
        with log.open("a", encoding="utf-8") as file:
            file.write(said)
    logs.take_back(files)


def number(path: Path) -> int:
    return path.stat().st_ino


def test_the_next_step_writes_to_the_log_that_was_left_empty_and_to_no_other(tmp_path: Path) -> None:
    logs, first, second = SpareLogs(tmp_path / "logs"), a_step(tmp_path, "A"), a_step(tmp_path, "B")
    run(logs, first)
    spare = number(tmp_path / "logs" / "stdout")
    run(logs, second, "said")
    assert number(second.stdout) == spare
    assert [log.read_text(encoding="utf-8") for log in (first.stdout, first.stderr)] == ["", ""]
    assert [log.read_text(encoding="utf-8") for log in (second.stdout, second.stderr)] == ["said", "said"]


def test_a_log_with_a_word_in_it_is_its_own_step_s_for_good(tmp_path: Path) -> None:
    logs, first, second = SpareLogs(tmp_path / "logs"), a_step(tmp_path, "A"), a_step(tmp_path, "B")
    run(logs, first, "one")
    run(logs, second, "two")
    assert (first.stdout.read_text(encoding="utf-8"), second.stdout.read_text(encoding="utf-8")) == ("one", "two")


def test_steps_that_say_nothing_need_no_new_files(tmp_path: Path) -> None:
    logs, steps = SpareLogs(tmp_path / "logs"), [a_step(tmp_path, name) for name in "ABCD"]
    for files in steps:
        run(logs, files)
    assert len({number(log) for files in steps for log in (files.stdout, files.stderr)}) == 1


def test_without_links_each_step_keeps_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(os, "link", refuse)
    logs, steps = SpareLogs(tmp_path / "logs"), [a_step(tmp_path, name) for name in "AB"]
    for files in steps:
        run(logs, files)
    assert len({number(log) for files in steps for log in (files.stdout, files.stderr)}) == 4


def test_a_step_that_was_not_started_has_no_logs(tmp_path: Path) -> None:
    logs, files = SpareLogs(tmp_path / "logs"), a_step(tmp_path, "A")
    logs.lend(files)
    logs.take_back(files)
    assert os.listdir(files.folder) == []


def test_nothing_is_left_in_the_end(tmp_path: Path) -> None:
    logs, files = SpareLogs(tmp_path / "logs"), a_step(tmp_path, "A")
    run(logs, files)
    logs.close()
    logs.close()
    assert not (tmp_path / "logs").exists()
    assert files.stdout.read_bytes() == b""
