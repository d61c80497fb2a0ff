"""A download goes on where it stopped, and never takes for there what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.sources.aws.partial import PartialFile


def a_file(folder: Path, size: int = 25) -> PartialFile:
    return PartialFile(folder / "x", size, part_bytes=10)


def test_a_new_file_lacks_every_part(tmp_path: Path) -> None:
    with a_file(tmp_path) as partial:
        assert partial.missing == [range(10), range(10, 20), range(20, 25)]


def test_what_was_noted_is_not_missing_any_more(tmp_path: Path) -> None:
    with a_file(tmp_path) as partial:
        partial.write(10, b"b" * 10)
        partial.note(range(10, 20))
        partial.write(0, b"a" * 4)
        partial.note(range(4))
    with a_file(tmp_path) as partial:
        assert partial.missing == [range(4, 10), range(20, 25)]
    assert (tmp_path / "x").read_bytes() == b"aaaa" + bytes(6) + b"b" * 10 + bytes(5)


@pytest.mark.parametrize("notes", ["10\n0 10\n10 2", "10\n0 10\nx\n", "8\n0 8\n", "", "10\n0\n"])
def test_notes_that_cannot_be_trusted_are_not(tmp_path: Path, notes: str) -> None:
    with a_file(tmp_path) as partial:
        partial.write(0, b"a" * 25)
    (tmp_path / "x.parts").write_text(notes, encoding="ascii")
    with a_file(tmp_path) as partial:
        first = partial.missing[0]
    assert first == (range(10, 20) if notes.startswith("10\n0 10\n10") else range(10))


def test_notes_of_a_file_of_another_size_are_not_its(tmp_path: Path) -> None:
    with a_file(tmp_path) as partial:
        partial.note(range(10))
    with a_file(tmp_path, size=26) as partial:
        assert partial.missing[0] == range(10)


def test_what_is_one_part_starts_again(tmp_path: Path) -> None:
    with a_file(tmp_path, size=10) as partial:
        partial.write(0, b"12345")
        partial.note(range(5))
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    with a_file(tmp_path, size=10) as partial:
        assert partial.missing == [range(10)]
    assert (tmp_path / "x").stat().st_size == 0


def test_nothing_is_left_of_what_is_discarded(tmp_path: Path) -> None:
    with a_file(tmp_path) as partial:
        partial.note(range(10))
        partial.discard()
    assert list(tmp_path.iterdir()) == []


@given(cuts=st.lists(st.integers(0, 95), max_size=6))
def test_had_and_missing_are_together_the_whole(cuts: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("partial")
    had: set[int] = set()
    with a_file(folder, size=95) as partial:
        for cut in cuts:
            part = cut // 10 * 10
            partial.note(range(part, cut))
            had.update(range(part, cut))
    with a_file(folder, size=95) as partial:
        missing = {position for part in partial.missing for position in part}
    assert missing == set(range(95)) - had
