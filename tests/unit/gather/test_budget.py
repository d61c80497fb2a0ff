"""How much may run at the same time."""

from __future__ import annotations

import pytest

from cursus_readiness.gather.budget import Budget


@pytest.mark.parametrize(("needed", "fits"), [(40, True), (41, False)], ids=["exactly the rest", "a byte more"])
def test_memory_is_never_promised_twice(needed: int, fits: bool) -> None:
    budget = Budget(jobs=4, memory_bytes=100)
    budget.take(0, 60)
    assert budget.fits(needed) is fits


def test_what_needs_more_than_there_is_runs_alone() -> None:
    budget = Budget(jobs=4, memory_bytes=100)
    assert budget.fits(1000)
    budget.take(0, 1000)
    assert not budget.fits(1)
    budget.give_back(0)
    assert budget.fits(1)


def test_no_more_steps_than_jobs() -> None:
    budget = Budget(jobs=2)
    budget.take(0, 1)
    assert budget.has_room
    budget.take(1, 1)
    assert not budget.has_room
    assert not budget.fits(0)


def test_memory_that_nobody_can_tell_is_not_held() -> None:
    budget = Budget(jobs=2, memory_bytes=None)
    budget.take(0, 1 << 60)
    assert budget.fits(1 << 60)
