"""The ``readiness`` command, and how it ends."""

from __future__ import annotations

import sys

import typer

from cursus_readiness.cli import (
    baseline,
    care,
    check,
    compare,
    data,
    evidence,
    health,
    history,
    init,
    monitor,
    optimize,
    plan,
    report,
    run,
    scale,
    signing,
    validate_system,
    waive,
)
from cursus_readiness.cli.signals import raise_signals
from cursus_readiness.errors import InvalidInputError, ReadinessError

app = typer.Typer(
    name="readiness",
    help="Is this pipeline ready for production? Run it here, measure it, judge it, report it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(run.run_command)
app.command("check")(check.check_command)
app.command("plan")(plan.plan_command)
app.command("init")(init.init_command)
app.command("optimize")(optimize.optimize_command)
app.command("scale")(scale.scale_command)
app.command("monitor-performance")(monitor.monitor_command)
app.command("report")(report.report_command)
app.command("history")(history.history_command)
app.command("compare")(compare.compare_command)
app.command("validate-system")(validate_system.validate_system_command)
app.command("waive")(waive.waive_command)
app.command("keygen")(signing.keygen_command)
app.command("sign")(signing.sign_command)
app.command("verify")(signing.verify_command)
app.command("health-check")(health.health_command)
app.add_typer(baseline.baseline_app, name="baseline")
app.add_typer(care.care_app, name="care")
app.add_typer(data.data, name="data")
app.add_typer(evidence.evidence_app, name="evidence")


@app.callback(invoke_without_command=True)
def _root(
    ctx: typer.Context,
    version: bool = typer.Option(False, "--version", help="Show the version and exit."),
    verbose: bool = typer.Option(False, "--verbose", help="Show what caused an error."),
) -> None:
    ctx.obj = {"verbose": verbose}
    if version:
        from cursus_readiness.resources import tool_version

        typer.echo(f"cursus-readiness {tool_version()}")
        raise typer.Exit


def run_app() -> None:
    """Run the command line and exit with the code that the README's table gives."""
    raise_signals()
    try:
        app()
    except ReadinessError as error:
        show_error(error, verbose="--verbose" in sys.argv)
        raise SystemExit(error.exit_code) from error


def show_error(error: ReadinessError, *, verbose: bool) -> None:
    """``error: what and where`` and ``  fix: one thing to do`` on standard error."""
    for line in error.problems if isinstance(error, InvalidInputError) else ():
        typer.echo(line, err=True)
    typer.echo(f"error: {error.message}", err=True)
    if error.fix:
        typer.echo(f"  fix: {error.fix}", err=True)
    for note in getattr(error, "__notes__", ()):
        typer.echo(f"  note: {note}", err=True)
    cause = error.__cause__
    while verbose and cause is not None:
        typer.echo(f"  because: {type(cause).__name__}: {cause}", err=True)
        cause = cause.__cause__
