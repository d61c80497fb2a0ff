"""Logs, disk and the machine's memory: what is kept, counted and noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cursus_readiness.executors.disk import DiskLimit, SharedDisk, held_bytes
from cursus_readiness.executors.logs import CappedLog
from cursus_readiness.executors.machine import KillCounter
from cursus_readiness.units import MIB


@pytest.mark.parametrize("size", [0, 1000, 1100])
def test_a_log_within_its_limit_stays_as_it_is(tmp_path: Path, size: int) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"earlier")
    log = CappedLog(file, 1000)
    with file.open("ab") as writer:
        writer.write(b"x" * size)
    log.trim()
    log.finish()
    assert (file.stat().st_size, log.dropped_bytes) == (7 + size, 0)


def test_the_middle_of_a_log_takes_no_room_while_it_grows(tmp_path: Path) -> None:
    file = tmp_path / "log"
    log = CappedLog(file, MIB)
    with file.open("ab", buffering=0) as writer:
        for number in range(64):
            writer.write(bytes([number]) * MIB)
            log.trim()
            assert file.stat().st_blocks * 512 < 3 * MIB
    log.finish()
    data = file.read_bytes()
    assert log.dropped_bytes == 63 * MIB
    assert data[: MIB // 2] == bytes(MIB // 2)
    assert data[-MIB // 2 :] == bytes([63]) * (MIB // 2)


def test_a_log_that_is_missing_or_not_limited_is_left_alone(tmp_path: Path) -> None:
    for log in (CappedLog(tmp_path / "missing", 10), CappedLog(tmp_path / "missing", None)):
        log.trim()
        log.finish()
        assert log.dropped_bytes == 0


def test_a_file_with_two_names_is_held_once(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/data").write_bytes(b"x" * MIB)
    (tmp_path / "other").hardlink_to(tmp_path / "deep/data")
    assert MIB <= held_bytes([tmp_path]) < MIB + 65536


def test_folders_are_walked_only_when_enough_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walks: list[int] = []

    def walk(_disk: SharedDisk) -> tuple[int, Path]:
        walks.append(1)
        return 60 * MIB if len(walks) < 3 else 101 * MIB, tmp_path

    monkeypatch.setattr(SharedDisk, "held", walk)
    monkeypatch.setattr(DiskLimit, "_used", lambda self: 0)
    limit = DiskLimit(SharedDisk(tmp_path, 100 * MIB), tmp_path)
    assert [limit.judge(written * MIB) for written in (0, 20, 39)] == [False] * 3
    assert len(walks) == 1
    assert limit.judge(40 * MIB, at_end=True) is False
    assert limit.judge(81 * MIB, at_end=True) is True
    assert len(walks) == 3


def test_without_a_limit_nothing_is_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cursus_readiness.executors.disk.held_bytes", None)
    assert DiskLimit(SharedDisk(tmp_path, None), tmp_path).judge(1 << 50) is False


def holding(folder: Path, size_bytes: int) -> Path:
    folder.mkdir()
    (folder / "data").write_bytes(b"x" * size_bytes)
    return folder


def test_of_those_that_hold_too_much_together_the_largest_has_passed_the_limit(tmp_path: Path) -> None:
    outputs = holding(tmp_path / "s3", 2 * MIB)
    small, large = holding(tmp_path / "root-0", MIB), holding(tmp_path / "root-1", 3 * MIB)
    disk = SharedDisk(outputs, 5 * MIB)
    with disk.held_by(small) as limit:
        assert limit.judge(0, at_end=True) is False
        with disk.held_by(large) as other:
            assert other.judge(0, at_end=True) is True
            assert limit.judge(5 * MIB, at_end=True) is False
        assert limit.judge(10 * MIB, at_end=True) is False


def test_what_a_step_left_that_has_ended_counts_no_more(tmp_path: Path) -> None:
    disk = SharedDisk(holding(tmp_path / "s3", MIB), 3 * MIB)
    ended, running = holding(tmp_path / "root-0", 3 * MIB), holding(tmp_path / "root-1", MIB)
    with disk.held_by(ended) as limit:
        assert limit.judge(0) is True
    with disk.held_by(running) as limit:
        assert limit.judge(0) is False


def vmstat(file: Path, kills: int) -> Path:
    file.write_text(f"pgfault 1\noom_kill {kills}\n", encoding="ascii")
    return file


def test_one_kill_of_the_kernel_explains_the_end_of_one_step(tmp_path: Path) -> None:
    file = vmstat(tmp_path / "vmstat", 3)
    counter = KillCounter(file)
    one, other = counter.unclaimed_count(), counter.unclaimed_count()
    assert counter.claim(one) is False
    vmstat(file, 4)
    assert [counter.claim(one), counter.claim(other)] == [True, False]
    vmstat(file, 5)
    assert counter.claim(other) is True


def test_a_kill_before_a_step_is_not_the_end_of_that_step(tmp_path: Path) -> None:
    counter = KillCounter(vmstat(tmp_path / "vmstat", 3))
    vmstat(tmp_path / "vmstat", 4)
    assert counter.claim(counter.unclaimed_count()) is False


def test_where_nobody_counts_kills_none_is_told(tmp_path: Path) -> None:
    counter = KillCounter(tmp_path / "missing")
    assert counter.unclaimed_count() is None
    assert counter.claim(None) is False
