"""``readiness history``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cursus_readiness.model.history import HistoryEntry

_HEAD = ("started (UTC)", "run", "verdict", "scenarios", "time", "worst peak", "commit")


def history_command(
    out: Annotated[Path, typer.Option("--out", help="The folder of run folders.")] = Path("reports"),
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="Only runs of this scenario, and its figures.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the history as JSON.")] = False,
) -> None:
    """List every run of a folder, the newest first."""
    from cursus_readiness import past  # slow to import
    from cursus_readiness.cli.table import show_table
    from cursus_readiness.errors import NothingSelectedError

    entries = past.history(out, scenario)
    if not entries:
        what = f"no run of {scenario!r} in {out}" if scenario else f"no run in {out}"
        raise NothingSelectedError(what, fix="`readiness run` leaves one, --out names their folder")
    if as_json:
        typer.echo(json.dumps([entry.model_dump(mode="json") for entry in entries], indent=2))
        return
    show_table(_HEAD, [_row(entry) for entry in entries])


def _row(entry: HistoryEntry) -> tuple[str, ...]:
    from cursus_readiness.units import format_bytes, format_seconds

    started = f"{entry.started_at:%Y-%m-%d %H:%M:%S}" if entry.started_at else "not known"
    if entry.summary is None:
        return started, entry.run_id, "unreadable", "", "", "", entry.problem or ""
    run, machine, scenarios = entry.summary.newest, entry.summary.environment, entry.summary.scenarios
    verdict = run.verdict.value.replace("_", " ") + ("" if run.is_complete else ", incomplete")
    passed = f"{sum(item.success for item in scenarios)} of {len(scenarios)} passed"
    peaks = [item.peak_memory_bytes for item in scenarios if item.peak_memory_bytes is not None]
    commit = (machine.commit or "none")[:12] + ("+" if machine.is_commit_dirty else "")
    return (
        started,
        entry.run_id,
        verdict,
        passed,
        format_seconds(run.wall_s),
        format_bytes(max(peaks, default=None)),
        commit,
    )
