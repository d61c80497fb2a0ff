"""What a run shows while it runs: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from cursus_readiness.cli.github import plain_line
from cursus_readiness.units import format_bytes, format_seconds

Listener = Callable[[dict[str, Any]], None]
_SAID = {"preparing": "preparing", "not_told": "warning"}
_MARKS = {"succeeded": "ok", "flaky": "ok, flaky", "not_executed": "not executed"}


@contextmanager
def progress() -> Iterator[Listener]:
    """A listener for the events of a run."""
    if sys.stdout is None or not sys.stdout.isatty() or os.environ.get("CI"):
        yield _plain
        return
    from rich.console import Console  # slow to import, and of no use in a log file

    console = Console(highlight=False)
    with console.status("preparing") as status:

        def live(event: dict[str, Any]) -> None:
            if event["event"] == "step_started":
                status.update(f"{event['scenario']}: {event['step']}")
            line = _line(event)
            if event["event"] == "downloading":
                status.update(f"{event['scenario']}: {_downloading(event)}")
            elif line:
                console.print(line, markup=False)

        yield live


def _plain(event: dict[str, Any]) -> None:
    line = _line(event)
    if line:
        typer.echo(line)


def _line(event: dict[str, Any]) -> str | None:
    if event["event"] == "scenario_started":
        return plain_line(f"{event['scenario']} ({len(event['steps'])} steps)")
    if event["event"] in _SAID:
        return plain_line(f"  {_SAID[event['event']]:<14}{event['message']}")
    if event["event"] == "downloading":
        return plain_line(f"  downloading   {_downloading(event)}")
    if event["event"] == "found":
        steps = event["steps"]
        whose = steps[0] if len(steps) == 1 else f"{steps[0]} and {len(steps) - 1} more"
        return plain_line(f"  {event['severity']:<14}{event['id']} of {whose}: {event['message']}")
    if event["event"] != "step_finished":
        return None
    status = _MARKS.get(event["status"], event["status"].replace("_", " "))
    measured = ""
    if event["wall_s"] is not None:
        measured = f"  {format_seconds(event['wall_s'])}  {format_bytes(event['peak_memory_bytes'])}"
    measured += f"  by a stand-in: {event['stand_in']}" if event.get("stand_in") else ""
    reason = f"  {event['reason']}" if event["reason"] else ""
    return plain_line(f"  {status:<14}{event['step']}{measured}{reason}")


def _downloading(event: dict[str, Any]) -> str:
    return f"{event['uri']}  {format_bytes(event['done_bytes'])} of {format_bytes(event['total_bytes'])}"
