"""``readiness scale``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cursus_readiness.model.scaling import Prediction, Scaling

_INTERRUPTED_CODE = 130


def scale_command(
    scenario: Annotated[Path, typer.Argument(help="The scenario file.")],
    *,
    sizes: Annotated[str, typer.Option("--sizes", help="Sizes to run, as parts of the scenario's rows.")] = "1x,2x,4x",
    to: Annotated[str, typer.Option("--to", metavar="SIZE", help="The size to say something about.")] = "8x",
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Runs of each size.")] = 2,
    out: Annotated[Path, typer.Option("--out", help="Where the record goes, below scale/.")] = Path("reports"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as JSON.")] = False,
) -> None:
    """Run a scenario at several sizes, say what its steps would need at another, or that it cannot be said."""
    from cursus_readiness.scenarios.loading import load_scenario, shown
    from cursus_readiness.trials.scaling import parsed_size, scale  # slow to import

    record, folder = scale(
        load_scenario(scenario),
        out,
        sizes=[parsed_size(item) for item in sizes.split(",")],
        target=parsed_size(to),
        repeats=repeats,
        tell=lambda line: typer.echo(f"  running: {line}", err=True),
    )
    if as_json:
        typer.echo(record.model_dump_json(indent=2))
    else:
        _show(record)
        typer.echo(f"  record: {shown(folder / 'scaling.json')}")
    if not record.is_complete:
        raise typer.Exit(_INTERRUPTED_CODE)


def _show(record: Scaling) -> None:
    from cursus_readiness.cli.table import show_table
    from cursus_readiness.units import format_bytes, format_seconds

    rows = []
    for step in record.steps:
        peaks = dict.fromkeys(sorted(point.factor for point in step.points))
        for point in step.points:
            if point.peak_memory_bytes is not None:
                peaks[point.factor] = max(peaks[point.factor] or 0, point.peak_memory_bytes)
        rows.append(
            (
                step.step_name,
                ", ".join(f"{factor:g}x {format_bytes(peak)}" for factor, peak in peaks.items()),
                _told(step.peak_memory_bytes, format_bytes),
                {True: "yes", False: "no", None: ""}[step.fits_its_instance]
                and f"{step.instance_type}: {'yes' if step.fits_its_instance else 'no'}",
                _told(step.wall_s, format_seconds),
            )
        )
    size = f"{record.target:g}x"
    show_table(("step", "measured peak", f"peak at {size}", "fits", f"time at {size}"), rows)


def _told(found: Prediction, form: Callable[[float], str]) -> str:
    if found.value is None or found.lower is None or found.upper is None:
        return f"cannot be said: {found.problem}"
    return f"{form(found.value)} [{form(found.lower)} to {form(found.upper)}]"
