"""What ends a run from outside: Ctrl-C, SIGTERM of a CI system, SIGHUP of a closed terminal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

from cursus_readiness.errors import InterruptedRunError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruptions:
    """Hears the signals while the context is entered: all of them alike.

    Whoever has asked to be told is told, at any instant; else the first one raises InterruptedRunError, and those after
    it do nothing: what is left to do is short, and must not be lost. Outside the main thread, where no signal can be
    heard, it does nothing.
    """

    def __init__(self) -> None:
        self.count = 0
        self._tell: Callable[[], None] | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                before = signal.getsignal(number)
                if number is signal.SIGHUP and before is signal.SIG_IGN:
                    continue  # nohup(1) asked for that
                self._previous[number] = before
                signal.signal(number, self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._previous.items():
            signal.signal(number, before)

    @contextmanager
    def told_to(self, tell: Callable[[], None] | None) -> Iterator[None]:
        """Let ``tell`` hear of each signal meanwhile; it runs between any two instructions of the main thread."""
        before, self._tell = self._tell, tell
        try:
            yield
        finally:
            self._tell = before

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self._tell is not None:
            self._tell()
        elif self.count == 1:
            raise interrupted()


def interrupted() -> InterruptedRunError:
    """That somebody stopped the run."""
    return InterruptedRunError("the run was interrupted", fix="readiness run --resume RUN")
