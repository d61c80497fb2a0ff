"""``readiness compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cursus_readiness.model.comparison import Comparison, FigureComparison, StepComparison

_HEAD = ("scenario", "step", "figure", "before", "now", "change", "")
_REGRESSED_CODE = 10


def compare_command(
    before: Annotated[str, typer.Argument(help="A run folder, the name of a run in --out, or a baseline.")],
    now: Annotated[str, typer.Argument(help="Another one.")],
    out: Annotated[Path, typer.Option("--out", help="The folder of run folders and baselines.")] = Path("reports"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
    fail: Annotated[
        bool, typer.Option("--fail-on-regression", help="End with exit code 10 when a regression is proven.")
    ] = False,
) -> None:
    """Compare two runs, or a run with a baseline, step by step."""
    from cursus_readiness import past  # slow to import
    from cursus_readiness.model.comparison import Standing

    comparison = past.compare_references(out, before, now)
    if as_json:
        typer.echo(comparison.model_dump_json(indent=2))
    else:
        _show(comparison)
    if fail and comparison.count(Standing.REGRESSED):
        raise typer.Exit(_REGRESSED_CODE)


def _show(comparison: Comparison) -> None:
    from cursus_readiness.cli.table import show_table
    from cursus_readiness.units import one_line

    for title, side in (("before", comparison.before), ("now", comparison.now)):
        runs = f"{len(side.run_ids)} runs, the newest {side.run_ids[-1]}" if len(side.run_ids) > 1 else side.run_ids[0]
        commit = f", commit {side.commit[:12]}" if side.commit else ""
        verdict = side.verdict.value.replace("_", " ")
        name = "" if side.name == runs else f"{side.name}: "
        typer.echo(one_line(f"{title:<8}{name}{runs}, {verdict}{commit}"))
    for text in comparison.obstacles:
        typer.echo(one_line(f"not comparable: {text}"))
    for text in comparison.differences:
        typer.echo(one_line(f"other {text}"))
    typer.echo()
    rows = [
        row
        for scenario in comparison.scenarios
        for step in scenario.steps
        for row in _rows(scenario.scenario_name, step)
    ]
    show_table(_HEAD, rows)
    typer.echo()
    typer.echo(counted(comparison))


def counted(comparison: Comparison) -> str:
    """How many figures stand in which way, the worst first."""
    from cursus_readiness.model.comparison import Standing

    counts = [f"{count} {item.value}" for item in Standing if (count := comparison.count(item))]
    return ", ".join(counts) or "nothing to compare"


def _rows(scenario: str, step: StepComparison) -> list[tuple[str, ...]]:
    from cursus_readiness.model.comparison import StepChange

    rows: list[tuple[str, ...]] = []
    if step.change is not StepChange.KEPT:
        rows.append((scenario, step.step_name, "step", step.name_before or "", "", "", step.change.value))
    if step.has_other_status and step.status_before and step.status_now:
        before, now = (status.value.replace("_", " ") for status in (step.status_before, step.status_now))
        rows.append((scenario, step.step_name, "status", before, now, "", "changed"))
    compared = () if step.change is StepChange.ADDED else step.figures
    return rows + [(scenario, step.step_name, *_cells(item)) for item in compared]


def _cells(item: FigureComparison) -> tuple[str, ...]:
    from cursus_readiness.units import format_ratio

    ratio = item.delta_ratio
    change = "" if ratio is None else f"{'+' if ratio > 0 else ''}{format_ratio(ratio)}"
    note = f": {item.note}" if item.note else "" if item.p_value is None else f": p = {item.p_value:.1g}"
    before, now = (str(spread.median) if spread else "not measured" for spread in (item.before, item.now))
    return item.figure.value, before, now, change, item.standing.value + note
