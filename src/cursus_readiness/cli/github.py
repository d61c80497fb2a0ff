"""What GitHub Actions is told of a run: annotations, and a summary of the step."""

from __future__ import annotations

import os
import re
from pathlib import Path

import typer

from cursus_readiness.render.annotations import render_annotations
from cursus_readiness.units import one_line
from cursus_readiness.workflow import RunOutcome

_COMMAND = re.compile(r"(^\s*:)(?=:)|(##)(?=\[)")
_SUMMARY_LIMIT_BYTES = 1 << 20  # GitHub drops all of a longer one


def tell_github(outcome: RunOutcome) -> None:
    """Print annotations and append ``readiness.md`` to the summary, when this runs in GitHub Actions."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for line in render_annotations(outcome.report):
        typer.echo(line)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        try:
            _append(Path(summary), outcome.layout.rendered("md").read_bytes())
        except OSError as error:
            typer.echo(one_line(f"warning: no step summary: {summary}: {error.strerror}"), err=True)


def _append(summary: Path, text: bytes) -> None:
    with summary.open("ab") as file:
        if file.tell() + len(text) > _SUMMARY_LIMIT_BYTES:
            raise OSError(None, "there is no room left in it")
        file.write(text)


def plain_line(text: str) -> str:
    """Foreign text as a line that cannot break, colour the terminal, or give GitHub Actions a command."""
    return _COMMAND.sub(r"\1\2 ", one_line(text))
