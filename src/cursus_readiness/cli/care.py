"""``readiness care``: what is due, reviews, and the record that they were done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cursus_readiness.model.care import CareState

care_app = typer.Typer(help="Say what care is due after deployment, review it, record it.")
_Out = Annotated[Path, typer.Option("--out", help="The folder of run folders.")]
_DUE_CODE = 10
_HEAD = ("duty", "every", "last done (UTC)", "by", "due (UTC)", "", "begin with")


@care_app.callback(invoke_without_command=True)
def care_command(
    ctx: typer.Context,
    *,
    out: _Out = Path("reports"),
    as_json: Annotated[bool, typer.Option("--json", help="Print what is due as JSON.")] = False,
    fail: Annotated[bool, typer.Option("--fail-on-due", help="End with exit code 10 when something is due.")] = False,
) -> None:
    """Say what is due, from the evidence of when it was last done."""
    if ctx.invoked_subcommand is not None:
        return
    from cursus_readiness import care  # slow to import
    from cursus_readiness.cli.table import show_table
    from cursus_readiness.clock import SystemClock

    found = care.states(out, SystemClock().now())
    if as_json:
        typer.echo(json.dumps([state.model_dump(mode="json") for state in found], indent=2))
    else:
        show_table(_HEAD, [_row(state) for state in found])
    if fail and any(state.is_due for state in found):
        raise typer.Exit(_DUE_CODE)


@care_app.command("review")
def review_command(
    duty: Annotated[str, typer.Argument(help="health, performance, security or features.")],
    *,
    out: _Out = Path("reports"),
    file: Annotated[Path | None, typer.Option("--file", help="Write the review there instead of printing it.")] = None,
) -> None:
    """Render what there is to look at as Markdown, from the history of runs."""
    from cursus_readiness import care  # slow to import
    from cursus_readiness.clock import SystemClock
    from cursus_readiness.errors import CannotRunError
    from cursus_readiness.store.writing import write_text

    text = care.review(out, duty, SystemClock().now())
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        write_text(file, text)
    except OSError as error:
        raise CannotRunError(f"cannot write {file}: {error.strerror}", fix="choose another --file") from error
    typer.echo(f"wrote {file}")


@care_app.command("done")
def done_command(
    duty: Annotated[str, typer.Argument(help="performance, security or features.")],
    *,
    by: Annotated[str, typer.Option("--by", help="Who did it.")],
    note: Annotated[str | None, typer.Option("--note", help="What came of it.")] = None,
    out: _Out = Path("reports"),
) -> None:
    """Record that a duty was done."""
    from cursus_readiness import care  # slow to import
    from cursus_readiness.clock import SystemClock

    state = care.done(out, duty, by=by, note=note, now=SystemClock().now())
    typer.echo(f"{state.duty.title}: due again {state.due_at:%Y-%m-%d}")


def _row(state: CareState) -> tuple[str, ...]:
    duty = state.duty
    return (
        duty.id,
        f"{duty.every_days} days" if duty.every_days > 1 else "day",
        f"{state.done_at:%Y-%m-%d %H:%M}" if state.done_at else "never",
        state.by or "",
        f"{state.due_at:%Y-%m-%d %H:%M}" if state.due_at else "now",
        ("DUE" if state.is_due else "") + (f" ({state.problem})" if state.problem else ""),
        duty.how if state.is_due else "",
    )
