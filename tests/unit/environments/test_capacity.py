"""How much of this machine a run may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cursus_readiness.environments import capacity


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("150000 100000", 1), ("200000 100000", 2), ("50000 100000", 1), ("max 100000", 4), ("", 4), ("many", 4)],
)
def test_a_quota_of_the_container_limits_the_cpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, cpus: int
) -> None:
    (tmp_path / "cpu.max").write_text(text, encoding="ascii")
    monkeypatch.setattr(capacity, "_QUOTA_FILES", (str(tmp_path / "missing"), str(tmp_path / "cpu.max")))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    assert capacity.usable_cpus() == cpus


@pytest.mark.parametrize(("quota", "cpus"), [("-1", 4), ("300000", 3)])
def test_a_quota_of_version_one_has_its_period_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cpus: int
) -> None:
    (tmp_path / "cpu.cfs_quota_us").write_text(quota, encoding="ascii")
    (tmp_path / "cpu.cfs_period_us").write_text("100000", encoding="ascii")
    monkeypatch.setattr(capacity, "_QUOTA_FILES", (str(tmp_path / "cpu.cfs_quota_us"),))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    assert capacity.usable_cpus() == cpus


@pytest.mark.parametrize(
    ("available", "limit", "usable"), [(1000, 2000, 900), (2000, 1000, 900), (None, 1000, 900), (None, None, None)]
)
def test_steps_may_use_nine_tenths_of_what_there_is(
    monkeypatch: pytest.MonkeyPatch, available: int | None, limit: int | None, usable: int | None
) -> None:
    monkeypatch.setattr(capacity, "_available_bytes", lambda: available)
    monkeypatch.setattr(capacity, "memory_bytes", lambda: limit)
    assert capacity.usable_memory_bytes() == usable


def test_this_machine_has_some_of_both() -> None:
    assert capacity.usable_cpus() >= 1
    assert (capacity.usable_memory_bytes() or 0) > 0
