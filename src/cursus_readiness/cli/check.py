"""``readiness check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def check_command(
    scenarios: Annotated[Path, typer.Argument(help="Scenario file, or folder of them.")] = Path("scenarios"),
) -> None:
    """Lint scenarios, their definitions and their rules without running anything."""
    from cursus_readiness import policies, preparation  # slow to import
    from cursus_readiness.cli.findings import show_findings
    from cursus_readiness.errors import InvalidInputError, NothingSelectedError

    found, results = preparation.check(scenarios)
    errors = show_findings(
        [*policies.policy_findings(scenarios), *found.findings, *(item for _, findings in results for item in findings)]
    )
    if not results and not errors:
        raise NothingSelectedError(
            f"no scenario in {scenarios}", fix="add a scenario file; docs/scenarios.md shows how"
        )
    if errors:
        mistakes = "1 mistake" if errors == 1 else f"{errors} mistakes"
        raise InvalidInputError(f"{mistakes} in {scenarios}", fix="correct the lines above")
    typer.echo("1 scenario is valid" if len(results) == 1 else f"{len(results)} scenarios are valid")
