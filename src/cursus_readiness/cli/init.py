"""``readiness init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init_command(
    pipeline: Annotated[Path, typer.Argument(help="A compiled pipeline definition, or a saved Cursus configuration.")],
    out: Annotated[Path | None, typer.Option("--out", help="The scenario file to write; beside the pipeline.")] = None,
    dag: Annotated[str | None, typer.Option("--dag", help="The graph of a Cursus configuration.")] = None,
    python: Annotated[str | None, typer.Option("--python", help="Cursus's own interpreter, to compile with.")] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="A checkout of Cursus, if it is not installed.")
    ] = None,
) -> None:
    """Write a commented scenario for a pipeline."""
    from cursus_readiness import preparation  # slow to import

    path = preparation.draft(pipeline, out, preparation.CursusPlace(dag, python, source))
    typer.echo(f"wrote {path}")
    typer.echo(f"  next: set what is marked in it, then `readiness check {path}`")
