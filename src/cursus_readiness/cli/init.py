"""``readiness init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init_command(
    pipeline: Annotated[Path, typer.Argument(help="A compiled pipeline definition.")],
    out: Annotated[Path | None, typer.Option("--out", help="The scenario file to write; beside the pipeline.")] = None,
) -> None:
    """Write a commented scenario for a pipeline."""
    from cursus_readiness import preparation  # slow to import

    path = preparation.draft(pipeline, out)
    typer.echo(f"wrote {path}")
    typer.echo(f"  next: set what is marked in it, then `readiness check {path}`")
