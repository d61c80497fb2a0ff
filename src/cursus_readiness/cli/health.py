"""``readiness health-check``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cursus_readiness.health.checker import HealthChecker
    from cursus_readiness.model.health import HealthReport, HealthResult

_ID_WIDTH, _OUTCOME_WIDTH = 18, 16


def health_command(
    *,
    workspace: Annotated[Path, typer.Option("--workspace", help="The folder that runs go to.")] = Path("reports"),
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON, on one line.")] = False,
    prometheus: Annotated[
        Path | None, typer.Option("--prometheus", metavar="FILE", help="Write metrics for the textfile collector.")
    ] = None,
    needs_aws: Annotated[
        bool, typer.Option("--needs-aws", help="AWS has to work: try every action that is needed.")
    ] = False,
    bucket: Annotated[
        str | None, typer.Option("--bucket", help="Write, read and remove an object in this bucket (needs AWS).")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Check again and again, until interrupted.")] = False,
    interval: Annotated[
        float, typer.Option("--interval", min=1.0, metavar="SECONDS", help="How long --watch waits in between.")
    ] = 60.0,
) -> None:
    """Check that this machine, installation and account can do what runs need."""
    from cursus_readiness.health.checker import HealthChecker  # slow to import

    checker = HealthChecker(workspace, needs_aws=needs_aws, bucket=bucket)
    while True:
        report = _check(checker, as_json=as_json)
        _keep(report, workspace, prometheus)
        if not watch:
            raise typer.Exit(report.exit_code)
        time.sleep(interval)


def _check(checker: HealthChecker, *, as_json: bool) -> HealthReport:
    """Check, and show each result as soon as it is there."""
    results = []
    for result in checker.results():
        results.append(result)
        if not as_json:
            _show(result)
    report = checker.summed_up(results)
    typer.echo(report.model_dump_json() if as_json else f"{report.status.value.replace('_', ' ')}\n")
    return report


def _show(result: HealthResult) -> None:
    from cursus_readiness.units import format_seconds, one_line

    outcome = result.outcome.value.replace("_", " ")
    took = format_seconds(result.duration_s)
    typer.echo(one_line(f"{outcome:<{_OUTCOME_WIDTH}}{result.id:<{_ID_WIDTH}}{result.message} ({took})"))
    if result.remedy:
        typer.echo(one_line(f"  fix: {result.remedy}"))


def _keep(report: HealthReport, workspace: Path, prometheus: Path | None) -> None:
    """Leave the evidence in the workspace; that it cannot be written is what the check itself has found."""
    from cursus_readiness.errors import CannotRunError
    from cursus_readiness.store.layout import OutLayout
    from cursus_readiness.store.writing import write_shape, write_text

    try:
        write_shape(OutLayout(workspace).health, report)
    except OSError as error:
        typer.echo(f"note: {OutLayout(workspace).health} was not written: {error.strerror}", err=True)
    if prometheus is None:
        return
    from cursus_readiness.render.prometheus import render_health_metrics

    try:
        write_text(prometheus, render_health_metrics(report))
    except OSError as error:
        raise CannotRunError(f"cannot write {prometheus}: {error.strerror}", fix="choose another file") from error
