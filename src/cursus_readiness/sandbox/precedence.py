"""That a launcher is heard, however many processes of its step want to run."""

from __future__ import annotations

import os


def take_precedence() -> None:
    """Let this process run whenever it has something to do, before all that it starts (sched(7)).

    What it starts is scheduled as usual. Without the right to it, only the session of its own that every step has
    (``program``) keeps the kernel from dividing the processors by the number of processes alone.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except OSError:
        pass
