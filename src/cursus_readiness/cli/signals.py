"""What ends a run from outside: Ctrl-C, a CI system, a closed terminal."""

from __future__ import annotations

import signal
from types import FrameType

from cursus_readiness.errors import InterruptedRunError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def raise_signals() -> None:
    """Let each of them end a run alike. (typer would swallow a KeyboardInterrupt.)"""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def ignore_signals() -> None:
    """Let none of them do anything any more."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    for each in _SIGNALS:
        signal.signal(each, _interrupt_at_once)
    raise InterruptedRunError(f"interrupted by {signal.Signals(number).name}")


def _interrupt_at_once(number: int, _frame: FrameType | None) -> None:
    """The second: no grace for the step. What is left to do is short, and a third must not cost the report."""
    ignore_signals()
    raise InterruptedRunError(f"interrupted by {signal.Signals(number).name}")
