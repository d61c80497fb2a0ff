"""``readiness run``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run_command(
    scenarios: Annotated[Path, typer.Argument(help="Scenario file, or folder of them.")] = Path("scenarios"),
    out: Annotated[Path, typer.Option("--out", help="Where the run folder is created.")] = Path("reports"),
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME[/STEP]", help="Run only this scenario, or step of it.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Run only scenarios with this tag.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Take 'ready with waivers' for not ready.")] = False,
) -> None:
    """Run scenarios, judge what they left behind, write the report."""
    from cursus_readiness import workflow  # slow to import
    from cursus_readiness.cli.progress import progress
    from cursus_readiness.cli.verdict import finish
    from cursus_readiness.planning.selection import Selection

    selection = Selection(tuple(only or ()), tuple(tag or ()))
    with progress() as listener:
        outcome = workflow.run(scenarios, out, selection=selection, listener=listener)
    finish(outcome, strict=strict)
