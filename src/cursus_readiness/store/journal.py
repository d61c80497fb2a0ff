"""The journal of a run: what a crash leaves behind."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cursus_readiness.clock import Clock
from cursus_readiness.model.secrets import Secrets

_LINGER_S = 2.0
_LOOK_AGAIN_S = 0.02

Listener = Callable[[dict[str, Any]], None]


class Journal:
    """Appends one JSON line per event, flushed, and tells the listener (the terminal) the same.

    The file is locked as long as the run goes on, so that nobody takes up a run that has not ended.
    """

    def __init__(self, path: Path, clock: Clock, listener: Listener, secrets: Secrets | None = None) -> None:
        self._path = path
        self._secrets = secrets or Secrets()
        self._clock = clock
        self._listener = listener

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a", encoding="utf-8", errors="backslashreplace")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def emit(self, event: str, **fields: Any) -> None:
        """Record an event, what it tells people without secrets."""
        line = {"event": event, "at": self._clock.now().isoformat(), **self._secrets.told(fields)}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()
        try:
            self._listener(line)
        except OSError:  # nobody reads the terminal any more; the run goes on
            self._listener = _nobody


def is_running(path: Path) -> bool:
    """Whether the run of this journal still goes on.

    A process that a run was about to start when it was killed has the lock too, until it is executed (flock(2)): so
    it is asked for again for a while.
    """
    give_up = time.monotonic() + _LINGER_S
    with path.open("rb") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= give_up:
                    return True
                time.sleep(_LOOK_AGAIN_S)
            else:
                return False


def _nobody(_event: dict[str, Any]) -> None:
    pass


def read_journal(path: Path) -> list[dict[str, Any]]:
    """The events of a run, a half-written last line left out."""
    events = []
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and "event" in event:
            events.append(event)
    return events
