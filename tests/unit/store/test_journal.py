"""The journal: what a crash leaves behind."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import FakeClock
from cursus_readiness.store.journal import Journal, is_running, read_journal


def emitted(path: Path, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """Write events, read them back."""
    with Journal(path, FakeClock(), lambda event: None) as journal:
        for event in events:
            journal.emit(**event)
    return read_journal(path)


def test_events_come_back_in_order_with_their_instant(tmp_path: Path) -> None:
    clock = FakeClock()
    with Journal(tmp_path / "deep" / "events.jsonl", clock, lambda event: None) as journal:
        journal.emit("run_started", scenarios=["a"])
        clock.advance(1.5)
        journal.emit("run_finished")
    assert read_journal(tmp_path / "deep" / "events.jsonl") == [
        {"event": "run_started", "at": "2026-03-14T09:26:53+00:00", "scenarios": ["a"]},
        {"event": "run_finished", "at": "2026-03-14T09:26:54.500000+00:00"},
    ]


def test_the_listener_is_told_the_same(tmp_path: Path) -> None:
    heard: list[dict[str, Any]] = []
    with Journal(tmp_path / "e", FakeClock(), heard.append) as journal:
        journal.emit("a", x=1)
    assert heard == read_journal(tmp_path / "e")


def test_an_event_is_on_disk_before_the_journal_is_closed(tmp_path: Path) -> None:
    with Journal(tmp_path / "e", FakeClock(), lambda event: None) as journal:
        journal.emit("a")
        assert len(read_journal(tmp_path / "e")) == 1


def test_a_journal_is_appended_to(tmp_path: Path) -> None:
    emitted(tmp_path / "e", {"event": "a"})
    assert [event["event"] for event in emitted(tmp_path / "e", {"event": "b"})] == ["a", "b"]


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_a_half_written_last_line_is_left_out(cut: int, tmp_path: Path) -> None:
    emitted(tmp_path / "e", {"event": "a"}, {"event": "b", "step": "Train"})
    whole = (tmp_path / "e").read_bytes()
    (tmp_path / "e").write_bytes(whole[: -cut - 1])
    assert [event["event"] for event in read_journal(tmp_path / "e")] == ["a"]


def test_a_line_cut_inside_a_character_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "e").write_bytes(b'{"event": "a"}\n{"event": "\xc3')
    assert read_journal(tmp_path / "e") == [{"event": "a"}]


@pytest.mark.parametrize("line", ["", "3", "[]", "null", '{"no": 1}', "garbage", "\x00\x00"])
def test_a_line_that_is_no_event_is_left_out(line: str, tmp_path: Path) -> None:
    (tmp_path / "e").write_text(f'{{"event": "a"}}\n{line}\n{{"event": "b"}}\n', encoding="utf-8")
    assert [event["event"] for event in read_journal(tmp_path / "e")] == ["a", "b"]


@given(st.dictionaries(st.sampled_from(["step", "reason"]), st.text() | st.none() | st.integers()))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, fields: dict[str, Any]) -> None:
    path = tmp_path_factory.mktemp("journal") / "e"
    (found,) = emitted(path, {"event": "a", **fields})
    assert {key: found[key] for key in fields} == fields
    assert json.dumps(found)


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c", "\r"], ids=ascii)
def test_a_character_that_looks_like_a_line_end_ends_no_line(character: str, tmp_path: Path) -> None:
    (found,) = emitted(tmp_path / "e", {"event": "a", "step": f"x{character}y"})
    assert found["step"] == f"x{character}y"


def test_text_that_is_not_utf_8_can_be_told(tmp_path: Path) -> None:
    (found,) = emitted(tmp_path / "e", {"event": "a", "reason": "file \udcff"})
    assert "file" in found["reason"]


def test_a_run_goes_on_as_long_as_it_holds_its_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cursus_readiness.store.journal._LINGER_S", 0.0)
    path = tmp_path / "events.jsonl"
    with Journal(path, FakeClock(), lambda event: None):
        assert is_running(path) is True
    assert is_running(path) is False


def test_what_a_killed_run_was_starting_lets_go_of_the_journal_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    with path.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        monkeypatch.setattr("cursus_readiness.store.journal.time.sleep", lambda _: fcntl.flock(holder, fcntl.LOCK_UN))
        assert is_running(path) is False
