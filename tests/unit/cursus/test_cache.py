"""Compiled pipelines by their content."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from cursus_readiness.cursus.cache import CompileCache, key_of


def an_entry(cache: CompileCache, key: str, text: str = "x") -> Path:
    with cache.writing() as work:
        (work / "uploads").mkdir()
        (work / "uploads" / "a").write_text(text, encoding="utf-8")
        return cache.keep(work, key)


def test_an_entry_is_found_by_its_key_alone(tmp_path: Path) -> None:
    cache = CompileCache(tmp_path / "cache")
    entry = an_entry(cache, key_of(["a", {"b": 1}]))
    assert cache.load(key_of(["a", {"b": 1}])) == entry
    assert cache.load(key_of(["a", {"b": 2}])) is None


@pytest.mark.parametrize("name", ["uploads/a", "manifest.json"])
@pytest.mark.parametrize("how", ["changed", "gone", "more"])
def test_a_broken_entry_is_not_used_and_makes_room(tmp_path: Path, name: str, how: str) -> None:
    cache = CompileCache(tmp_path)
    file = an_entry(cache, "k") / name
    if how == "changed":
        file.write_text("{}", encoding="utf-8")
    elif how == "gone":
        file.unlink()
    else:
        (file.parent / "another").write_text("", encoding="utf-8")
    assert cache.load("k") is None
    entry = an_entry(cache, "k", "new")
    assert cache.load("k") == entry
    assert (entry / "uploads" / "a").read_text(encoding="utf-8") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["k"]


def test_the_first_of_several_runs_wins_and_all_use_its_files(tmp_path: Path) -> None:
    cache, start = CompileCache(tmp_path), threading.Barrier(8)
    seen: list[str] = []

    def compile_as(number: int) -> None:
        start.wait()
        seen.append((an_entry(cache, "k", str(number)) / "uploads" / "a").read_text(encoding="utf-8"))

    threads = [threading.Thread(target=compile_as, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["k"]


def test_an_entry_that_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    cache = CompileCache(tmp_path)
    work = cache.writing()
    (work.__enter__() / "half").write_text("", encoding="utf-8")
    work.__exit__(None, None, None)
    assert list(tmp_path.iterdir()) == []


def test_folders_are_noted_for_a_key(tmp_path: Path) -> None:
    cache = CompileCache(tmp_path)
    assert cache.noted("k") == []
    cache.note("k", ["/a"])
    assert cache.noted("k") == ["/a"]
    cache.note("k", [])
    assert cache.noted("k") == []
