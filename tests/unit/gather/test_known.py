"""What steps told those after them."""

from __future__ import annotations

from pathlib import Path

from cursus_readiness.gather.known import KnownFile, read_known


def test_what_was_kept_is_read_again_and_the_last_word_counts(tmp_path: Path) -> None:
    path = tmp_path / "work" / "known.jsonl"
    kept = KnownFile(path)
    kept.keep("A", {"Outcome": "True", "n": 1})
    kept.keep("B\n", {"text": "\ud800é"})
    kept.keep("A", {"n": 2})
    kept.close()
    assert read_known(path) == {"A": {"n": 2}, "B\n": {"text": "\ud800é"}}


def test_half_a_line_of_a_run_that_was_killed_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "known.jsonl"
    path.write_text('{"step": "A", "properties": {}}\n[1]\n{"step": "B", "prop', encoding="utf-8")
    assert read_known(path) == {"A": {}}


def test_nothing_kept_is_no_file(tmp_path: Path) -> None:
    KnownFile(tmp_path / "known.jsonl").close()
    assert read_known(tmp_path / "known.jsonl") == {}
    assert list(tmp_path.iterdir()) == []
