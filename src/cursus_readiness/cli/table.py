"""Tables on the terminal: plain text, columns as wide as they need."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from cursus_readiness.units import one_line


def show_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a head; what they hold cannot break a line or colour the terminal."""
    lines = [[one_line(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
