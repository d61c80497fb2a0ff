"""Time as something that can be handed in, so that tests need no sleep."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where durations and instants come from."""

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean something."""
        ...

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        ...


class SystemClock:
    """The machine's clocks."""

    def monotonic(self) -> float:
        """Seconds of ``CLOCK_MONOTONIC``."""
        return time.monotonic()

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""
        return datetime.now(UTC)
