"""``readiness data``: a look at the data that a scenario runs on, and its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cursus_readiness.model.plan import Plan
    from cursus_readiness.sources.preview import InputPreview

data = typer.Typer(
    help="Look at the data that a scenario runs on, or write its synthetic tables.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_WIDEST = 40


@data.command("preview")
def preview_command(scenario: Annotated[Path, typer.Argument(help="A scenario file.")]) -> None:
    """Show each input of a scenario: where its table comes from, its size, its columns and a few made-up rows."""
    from cursus_readiness.sources.preview import preview  # slow to import

    for shown in preview(_plan(scenario)):
        typer.echo(f"{shown.uri} <- {shown.source}")
        typer.echo(f"  {shown.origin}")
        typer.echo(f"  {shown.size}")
        for line in _lines(shown):
            typer.echo(f"    {line}")


@data.command("generate")
def generate_command(
    scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write to; files lie in it by bucket and key.")],
    rows: Annotated[
        int | None, typer.Option("--rows", min=1, help="Rows of each table; a part that has its own keeps them.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Seed of the first table; each of the others has the next.")
    ] = None,
) -> None:
    """Write the synthetic tables of a scenario as a run would have them."""
    from cursus_readiness.errors import CannotRunError, InvalidInputError, UsageError
    from cursus_readiness.sources.base import SourceError
    from cursus_readiness.sources.exporting import generate  # slow to import
    from cursus_readiness.units import format_bytes

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is there already and not empty", fix="name another folder with --out")
    try:
        datasets = generate(_plan(scenario), out, rows=rows, seed=seed)
    except SourceError as error:
        raise InvalidInputError(str(error), fix="correct what the table is made from") from error
    except OSError as error:
        raise CannotRunError(f"cannot write to {out}: {error.strerror}", fix="check space and permissions") from error
    if not datasets:
        raise UsageError(f"{scenario} has no synthetic input", fix="see docs/data.md for what can be made up")
    for dataset in datasets:
        size = format_bytes(dataset.size_bytes)
        typer.echo(f"{dataset.uri}: {dataset.row_count} rows, {dataset.file_count} files, {size}")
    typer.echo(f"wrote {out}")


def _plan(scenario: Path) -> Plan:
    from cursus_readiness import preparation
    from cursus_readiness.clock import SystemClock
    from cursus_readiness.errors import InvalidInputError
    from cursus_readiness.planning.plan import InvalidPlanError
    from cursus_readiness.scenarios.loading import load_scenario

    try:
        return preparation.plan_scenario(load_scenario(scenario), SystemClock().now())[0]
    except InvalidPlanError as error:
        lines = tuple(finding.told() for finding in error.findings)
        raise InvalidInputError(
            f"{scenario} cannot be planned", fix="correct the lines above", problems=lines
        ) from error


def _lines(shown: InputPreview) -> Iterator[str]:
    """The columns as a table."""
    if not shown.columns:
        return
    cells: list[tuple[str, ...]] = [("column", "type", "distribution", "missing", "examples")]
    cells += [
        (column.name, column.type, column.distribution, f"{column.missing_ratio:.0%}", *column.examples)
        for column in shown.columns
    ]
    width = max(len(row) for row in cells)
    padded = [[_cut(cell) for cell in (*row, *[""] * (width - len(row)))] for row in cells]
    widths = [max(len(row[index]) for row in padded) for index in range(width)]
    for row in padded:
        yield "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 3]}..."
