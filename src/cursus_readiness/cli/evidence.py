"""``readiness evidence``: record, drill, list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

evidence_app = typer.Typer(help="Record what tools and people found, for the checklist.", no_args_is_help=True)
_Policy = Annotated[
    str | None, typer.Option("--policy", metavar="FILE", help="The policy; else the nearest readiness.toml.")
]


@evidence_app.command("record")
def record_command(
    item: Annotated[str, typer.Argument(help="What it is evidence of; `readiness evidence list` has the names.")],
    *,
    file: Annotated[Path, typer.Option("--file", help="What the tool wrote.")],
    source: Annotated[str, typer.Option("--source", help="The command that wrote it, or where it comes from.")],
    valid_days: Annotated[
        int | None, typer.Option("--valid-days", metavar="N", help="How long it counts; as long as it may.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who vouches for it.")] = None,
    policy: _Policy = None,
) -> None:
    """Keep a file and a record of it, with date, sum and expiry."""
    from cursus_readiness.clock import SystemClock
    from cursus_readiness.evidence.records import kind_of, record_evidence
    from cursus_readiness.policies import evidence_folder  # slow to import

    folder, today = evidence_folder(policy), SystemClock().now().date()
    path = record_evidence(folder, kind_of(item), file, source=source, valid_days=valid_days, by=by, today=today)
    typer.echo(f"wrote {path}")


@evidence_app.command("drill")
def drill_command(
    run: Annotated[Path, typer.Argument(help="A run folder.")] = Path("reports/latest"), policy: _Policy = None
) -> None:
    """Archive a run, restore it elsewhere, compare it, and record how that went."""
    from cursus_readiness.clock import SystemClock
    from cursus_readiness.policies import evidence_folder  # slow to import
    from cursus_readiness.recovery import drill

    path, problems = drill(run, evidence_folder(policy), SystemClock())
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    typer.echo(f"wrote {path}")
    raise typer.Exit(10 if problems else 0)


@evidence_app.command("list")
def list_command(policy: _Policy = None) -> None:
    """List what can be recorded, and what the records say today."""
    from cursus_readiness.audits.criteria import CRITERIA, judge_fact
    from cursus_readiness.cli.table import show_table
    from cursus_readiness.clock import SystemClock
    from cursus_readiness.evidence.records import AUDITS, record_facts
    from cursus_readiness.policies import evidence_folder  # slow to import

    facts, today = list(record_facts(evidence_folder(policy))), SystemClock().now().date()
    criteria = {criterion.meta.id: criterion for criterion in CRITERIA}
    rows = []
    for kind, audit in AUDITS.items():
        found = judge_fact(criteria[audit], facts, today)
        item = str(criteria[audit].meta.checklist_item)
        rows.append((kind.value, item, found.outcome.value.replace("_", " "), found.message))
    show_table(("evidence", "item", "outcome", ""), rows)
