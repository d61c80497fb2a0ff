"""Try again what may well succeed a little later."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cursus_readiness.sources.aws.errors import REQUEST_ERRORS, is_transient

Result = TypeVar("Result")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 20.0


class CancelledError(Exception):
    """Nobody waits any more for what was to be tried."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often, and after which pauses: doubled each time, and a random share of that, so that many do not come back
    at once.

    ``stop`` ends every pause and all that is still to be tried; ``wait`` is what pauses, in place of it in tests.
    """

    attempt_count: int = 6
    stop: threading.Event = field(default_factory=threading.Event)
    wait: Callable[[float], object] | None = None
    share: Callable[[], float] = random.random

    def call(self, work: Callable[[], Result]) -> Result:
        """The result of ``work``; raises what it raised last, CancelledError when it was stopped."""
        failure_count = 0
        while True:
            self.check()
            try:
                return work()
            except REQUEST_ERRORS as error:
                failure_count += 1
                self.pause(error, failure_count)

    def pause(self, error: Exception, failure_count: int) -> None:
        """Wait before the next attempt; raises ``error`` itself when there is to be none."""
        if failure_count >= self.attempt_count or not is_transient(error):
            raise error
        longest_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (failure_count - 1))
        (self.wait or self.stop.wait)(longest_s * self.share())

    def check(self) -> None:
        """Raise CancelledError when it was stopped."""
        if self.stop.is_set():
            raise CancelledError
