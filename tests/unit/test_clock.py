"""The machine's clocks."""

from __future__ import annotations

from datetime import timedelta

from cursus_readiness.clock import SystemClock


def test_the_monotonic_clock_never_goes_back() -> None:
    clock = SystemClock()
    first = clock.monotonic()
    assert clock.monotonic() >= first


def test_instants_are_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
