"""``readiness check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def check_command(
    scenarios: Annotated[Path, typer.Argument(help="Scenario file, or folder of them.")] = Path("scenarios"),
) -> None:
    """Lint scenarios, their definitions and their rules without running anything."""
    from cursus_readiness import workflow  # slow to import
    from cursus_readiness.errors import InvalidInputError, NothingSelectedError
    from cursus_readiness.model.finding import Severity

    found, results = workflow.check(scenarios)
    errors = 0
    for finding in [*found.findings, *(item for _, findings in results for item in findings)]:
        errors += finding.severity is Severity.ERROR
        typer.echo(f"{finding.severity.value}: {finding.line()}")
        if finding.remedy:
            typer.echo(f"  fix: {finding.remedy}")
    if not results and not errors:
        raise NothingSelectedError(
            f"no scenario in {scenarios}", fix="add a scenario file; docs/scenarios.md shows how"
        )
    if errors:
        mistakes = "1 mistake" if errors == 1 else f"{errors} mistakes"
        raise InvalidInputError(f"{mistakes} in {scenarios}", fix="correct the lines above")
    typer.echo("1 scenario is valid" if len(results) == 1 else f"{len(results)} scenarios are valid")
