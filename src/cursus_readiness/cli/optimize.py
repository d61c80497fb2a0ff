"""``readiness optimize``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cursus_readiness.trials.recording import Optimized

_INTERRUPTED_CODE = 130


def optimize_command(
    scenario: Annotated[Path, typer.Argument(help="The scenario file.")],
    *,
    step: Annotated[
        str | None, typer.Option("--step", metavar="NAME", help="The step to try them on (the one that uses most).")
    ] = None,
    goal: Annotated[str, typer.Option("--goal", metavar="memory|time", help="What is to become less.")] = "memory",
    repeats: Annotated[int, typer.Option("--repeats", help="Runs of each that is promising; 3 or more.")] = 3,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="OUTPUT/FILES", help="Outputs that differ from run to run anyway."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Where the record goes, below optimize/.")] = Path("reports"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as JSON.")] = False,
) -> None:
    """Try execution parameters on a step, keep what lowers its memory or time and changes no output."""
    from cursus_readiness.errors import UsageError
    from cursus_readiness.model.optimization import Goal
    from cursus_readiness.scenarios.loading import load_scenario
    from cursus_readiness.trials.recording import optimize  # slow to import

    if goal not in list(Goal):
        raise UsageError(f"--goal {goal}: memory or time is meant", fix="--goal memory")
    done = optimize(
        load_scenario(scenario),
        out,
        step=step,
        goal=Goal(goal),
        repeats=repeats,
        ignored=ignore or (),
        tell=lambda line: typer.echo(f"  trying: {line}", err=True),
    )
    if as_json:
        typer.echo(done.found.model_dump_json(indent=2))
    else:
        _show(done)
    if not done.found.is_complete:
        raise typer.Exit(_INTERRUPTED_CODE)


def _show(done: Optimized) -> None:
    from cursus_readiness.cli.table import show_table
    from cursus_readiness.render.optimization import HEAD, rows
    from cursus_readiness.scenarios.loading import shown
    from cursus_readiness.units import one_line

    show_table(HEAD, rows(done.found))
    typer.echo()
    typer.echo(one_line(done.found.conclusion))
    typer.echo(f"  record: {shown(done.folder / 'optimization.html')}")
    if done.override:
        typer.echo(f"  to keep it, put {shown(done.override)} into the scenario file")
