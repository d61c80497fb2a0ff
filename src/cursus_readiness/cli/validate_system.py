"""``readiness validate-system``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def validate_system_command(
    scenarios: Annotated[Path, typer.Argument(help="Scenario file, or folder of them.")] = Path("scenarios"),
    *,
    out: Annotated[Path, typer.Option("--out", help="Where the run folder is created.")] = Path("reports"),
    environment: Annotated[
        str, typer.Option("--environment", metavar="dev|staging|production", help="Whose checklist items gate.")
    ] = "production",
    policy: Annotated[
        str | None, typer.Option("--policy", metavar="FILE", help="The policy; else the nearest readiness.toml.")
    ] = None,
    jobs: Annotated[str, typer.Option("--jobs", "-j", metavar="N|auto", help="Steps to run at the same time.")] = "1",
    strict: Annotated[bool, typer.Option("--strict", help="Take 'ready with waivers' for not ready.")] = False,
) -> None:
    """Check the health, run all scenarios, go through the checklist of an environment: one verdict."""
    from cursus_readiness import workflow  # slow to import
    from cursus_readiness.cli.progress import progress
    from cursus_readiness.cli.run import job_count
    from cursus_readiness.cli.stages import stage_of
    from cursus_readiness.cli.verdict import finish, show_checklist
    from cursus_readiness.health.checker import HealthChecker
    from cursus_readiness.model.report import RunSettings

    settings = RunSettings(stage=stage_of(environment), policy=policy, jobs=job_count(jobs))
    health = HealthChecker(out if out.is_dir() else None).check_system_health()
    typer.echo(f"health: {health['status']}")
    with progress() as listener:
        outcome = workflow.run(scenarios, out, settings=settings, listener=listener, health=health)
    show_checklist(outcome.report)
    finish(outcome, strict=strict)
