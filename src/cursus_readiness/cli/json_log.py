"""Structured logs of a run: one line of JSON per event on standard error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from cursus_readiness.clock import Clock, SystemClock
from cursus_readiness.errors import InvalidInputError, ReadinessError
from cursus_readiness.model.result import StepStatus

_LEVELS = {"scenario_rejected": "error", "error": "error", "not_told": "warning"}


class JsonLog:
    """A listener for the events of a run. Every line has the run, and the scenario and step that it is about."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._run_id: str | None = None

    def __call__(self, event: dict[str, Any]) -> None:
        """Write one line. What has no time yet gets the present."""
        self._run_id = event.get("run_id", self._run_id)
        line = {
            "at": event.get("at") or self._clock.now().isoformat(),
            "level": _level(event),
            "event": event["event"],
            "run_id": self._run_id,
            "scenario": event.get("scenario"),
            "step": event.get("step"),
        }
        typer.echo(json.dumps({**line, **{key: item for key, item in event.items() if key not in line}}), err=True)


@contextmanager
def json_log() -> Iterator[JsonLog]:
    """A listener; an error that ends the command becomes a line, too, and the command ends with its code."""
    log = JsonLog()
    try:
        yield log
    except ReadinessError as error:
        problems = list(error.problems) if isinstance(error, InvalidInputError) else []
        notes = list(getattr(error, "__notes__", ()))
        log({"event": "error", "message": error.message, "fix": error.fix, "problems": problems, "notes": notes})
        raise typer.Exit(error.exit_code) from error


def _level(event: dict[str, Any]) -> str:
    if event["event"] == "found":
        return "info" if event["severity"] == "note" else str(event["severity"])
    if event["event"] == "step_finished" and StepStatus(event["status"]).has_failed:
        return "error"
    return _LEVELS.get(event["event"], "info")
