"""``readiness report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report_command(
    run: Annotated[Path, typer.Argument(help="A run folder.")] = Path("reports/latest"),
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="NAME|RUN|none", help="What to compare with, if not what the run was told."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="Judge by this policy from now on, as of today.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Take 'ready with waivers' for not ready.")] = False,
) -> None:
    """Judge a run folder again and render it again, without running anything."""
    from cursus_readiness import workflow  # slow to import
    from cursus_readiness.cli.verdict import finish

    finish(workflow.report(run, baseline=baseline, policy=policy), strict=strict)
