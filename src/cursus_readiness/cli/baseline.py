"""``readiness baseline``: promote, list, show."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

baseline_app = typer.Typer(help="Promote runs to baselines, and look at those there are.", no_args_is_help=True)
_Out = Annotated[Path, typer.Option("--out", help="The folder of run folders and baselines.")]


@baseline_app.command("promote")
def promote_command(
    runs: Annotated[list[str], typer.Argument(help="Run folders, or names of runs in --out: repeats of each other.")],
    name: Annotated[str, typer.Option("--name", help="What the baseline is called.")] = "main",
    out: _Out = Path("reports"),
    force: Annotated[
        str | None, typer.Option("--force", metavar="REASON", help="Promote a run that is not fit, and record why.")
    ] = None,
) -> None:
    """Make one or several runs of the same code the baseline that others are compared with."""
    from cursus_readiness import past  # slow to import

    path = past.promote(out, runs, name, forced_because=force)
    typer.echo(f"wrote {path}")
    typer.echo("  next: look at its difference, and commit it")


@baseline_app.command("list")
def list_command(out: _Out = Path("reports")) -> None:
    """List the baselines of a folder."""
    from cursus_readiness import past  # slow to import
    from cursus_readiness.cli.table import show_table
    from cursus_readiness.errors import NothingSelectedError

    found = past.baselines(out)
    if not found:
        raise NothingSelectedError(f"no baseline in {out}", fix="readiness baseline promote RUN")
    rows = []
    for name, item in found:
        run, commit = item.newest, (item.environment.commit or "none")[:12]
        forced = f"forced: {item.forced_because}" if item.forced_because else ""
        started = f"{run.started_at:%Y-%m-%d %H:%M:%S}"
        rows.append((name, run.verdict.value.replace("_", " "), str(len(item.runs)), started, commit, forced))
    show_table(("name", "verdict", "runs", "newest (UTC)", "commit", ""), rows)


@baseline_app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(help="A baseline.")] = "main",
    out: _Out = Path("reports"),
) -> None:
    """Show what a baseline holds of every step."""
    from cursus_readiness import past  # slow to import
    from cursus_readiness.cli.table import show_table
    from cursus_readiness.units import format_bytes, format_seconds, one_line

    title, found = past.find_summary(out, name)
    machine = found.environment
    typer.echo(one_line(f"{title}: {', '.join(stamp.run_id for stamp in found.runs)}"))
    typer.echo(one_line(f"{machine.platform}, {machine.cpu_model or 'processor not known'}, {machine.cpu_count} CPUs"))
    if found.forced_because:
        typer.echo(one_line(f"forced: {found.forced_because}"))
    rows = []
    for scenario in found.scenarios:
        for step in scenario.steps:
            measured = step.measurements
            rows.append(
                (
                    scenario.scenario_name,
                    step.step_name,
                    step.status.value.replace("_", " "),
                    str(len(measured)),
                    _middle(format_seconds, [item.wall_s for item in measured]),
                    _middle(format_seconds, [item.cpu_s for item in measured]),
                    _middle(format_bytes, [item.peak_memory_bytes for item in measured]),
                )
            )
    show_table(("scenario", "step", "status", "measured", "wall", "CPU", "peak memory"), rows)


def _middle(form: Callable[[float | None], str], values: Iterable[float | None]) -> str:
    measured = [value for value in values if value is not None]
    return form(median(measured) if measured else None)
