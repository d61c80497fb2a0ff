"""``readiness waive``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def waive_command(
    audit: Annotated[str, typer.Argument(help="The audit that fails.")],
    *,
    scenario: Annotated[str, typer.Option("--scenario", help="The scenario, a pattern, or 'project'.")],
    step: Annotated[str, typer.Option("--step", help="The step, or a pattern; '*' for every step.")],
    reason: Annotated[str, typer.Option("--reason", help="Why the failure is accepted.")],
    owner: Annotated[str, typer.Option("--owner", help="Who sees to it that it ends.")],
    issue: Annotated[str, typer.Option("--issue", metavar="URL", help="Where the work on it is followed.")],
    days: Annotated[int, typer.Option("--days", help="For how many days, at most 90.")] = 30,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="The policy; else the nearest readiness.toml.")
    ] = None,
) -> None:
    """Write a waiver into the policy, to be reviewed: a failure that is accepted for a while."""
    from cursus_readiness import policies  # slow to import

    fields = {"audit": audit, "scenario": scenario, "step": step, "reason": reason, "owner": owner, "issue": issue}
    path, expires = policies.add_waiver(policy, fields, days)
    typer.echo(f"wrote a waiver until {expires} into {path}")
    typer.echo("  next: have it reviewed, then: readiness report RUN --policy " + str(path))
