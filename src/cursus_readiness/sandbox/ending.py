"""How a step is ended that does not end by itself: when it is due, and in which stages."""

from __future__ import annotations

import time

from cursus_readiness.sandbox import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_KILL_AGAIN_S = 1.0


class Ending:
    """Interrupts a step, terminates it and kills it, with a grace time after each of the first two.

    It begins at the time limit, whoever else is kept from looking at the clock: a step that forks without end leaves
    little of the processors to the tool. ``due_s`` (monotonic) is when the next stage is to be entered.
    """

    def __init__(
        self,
        signal: Callable[[int], None],
        kill: Callable[[], None],
        *,
        time_limit_s: float,
        interrupt_grace_s: float,
        terminate_grace_s: float,
    ) -> None:
        self._signal = signal
        self._kill = kill
        self._stages = [(signals.SIGINT, interrupt_grace_s), (signals.SIGTERM, terminate_grace_s)]
        self._has_begun = False
        self._was_asked = False
        self.due_s = time.monotonic() + time_limit_s

    @property
    def is_over_time(self) -> bool:
        """Whether it has begun because of the time limit."""
        return self._has_begun and not self._was_asked

    def ask(self, *, now: bool) -> None:
        """Begin it; with ``now`` go on to the last stage."""
        self._was_asked |= not self._has_begun
        if now:
            self._stages.clear()
        if now or not self._has_begun:
            self.due_s = time.monotonic()

    def go_on(self) -> None:
        """Enter the next stage if it is due; the last one again and again, for what was forked meanwhile."""
        if time.monotonic() < self.due_s:
            return
        self._has_begun = True
        if self._stages:
            number, grace_s = self._stages.pop(0)
            self._signal(number)
        else:
            grace_s = _KILL_AGAIN_S
            self._kill()
        self.due_s = time.monotonic() + grace_s
