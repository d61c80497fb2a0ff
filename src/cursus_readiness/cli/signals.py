"""What ends a command from outside: Ctrl-C, a CI system, a closed terminal. (A run listens for itself.)"""

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
    """The first one ends the command. What is left to do then is short, and a second must not cost it."""
    ignore_signals()
    raise InterruptedRunError(f"interrupted by {signal.Signals(number).name}")
