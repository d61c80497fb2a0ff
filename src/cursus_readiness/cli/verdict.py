"""How a judged run is told on the terminal, and the exit code that it ends with."""

from __future__ import annotations

import os
from typing import NoReturn

import typer

from cursus_readiness.cli.compare import counted
from cursus_readiness.cli.github import plain_line, tell_github
from cursus_readiness.model.audit import Level, Outcome
from cursus_readiness.model.report import ReadinessReport, Verdict
from cursus_readiness.model.result import E2ETestResult
from cursus_readiness.units import format_seconds
from cursus_readiness.workflow import RunOutcome

_COLOURS = {
    Verdict.READY: typer.colors.GREEN,
    Verdict.READY_WITH_WAIVERS: typer.colors.YELLOW,
    Verdict.NOT_READY: typer.colors.RED,
    Verdict.INCONCLUSIVE: typer.colors.YELLOW,
}
_STRICT_CODE = 10


def finish(outcome: RunOutcome, *, strict: bool) -> NoReturn:
    """Print scenarios, problems, verdict, and last the path of the report; tell GitHub Actions; exit.

    Raises CannotRunError when a file of the report could not be written.
    """
    report = outcome.report
    tell_github(outcome)
    typer.echo()
    for scenario in report.scenarios:
        typer.echo(plain_line(_scenario_line(scenario)))
        for line in (scenario.error_details or "").splitlines() if scenario.problem else ():
            typer.echo(plain_line(f"  {line}"))
    for problem in report.problems:
        word = "not readable" if problem.id == "unreadable-file" else problem.severity.value
        typer.echo(plain_line(f"{word}: {problem.line()}"))
    for audit in report.audits:
        if audit.level is Level.GATE and audit.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE):
            where = f" in {audit.scenario}" if audit.scenario else ""
            waived = f" (failed, waived until {audit.waiver.expires} by {audit.waiver.owner})" if audit.waiver else ""
            typer.echo(plain_line(f"{audit.outcome.value} {audit.id}{where}: {audit.message}{waived}"))
            if audit.remedy and not audit.waiver:
                typer.echo(plain_line(f"  fix: {audit.remedy}"))
    if report.comparison:
        typer.echo(plain_line(f"compared with {report.comparison.before.name}: {counted(report.comparison)}"))
    typer.echo()
    verdict = report.verdict.value.replace("_", " ")
    typer.secho(verdict, fg=_COLOURS[report.verdict], bold=True, color=False if os.environ.get("NO_COLOR") else None)
    typer.echo(plain_line(report.reason))
    typer.echo(str(outcome.layout.rendered("html")))
    outcome.check()
    is_strict_failure = strict and report.verdict is Verdict.READY_WITH_WAIVERS
    raise typer.Exit(_STRICT_CODE if is_strict_failure else report.exit_code)


def show_checklist(report: ReadinessReport) -> None:
    """Print the eight items, each with what to do first."""
    required = f"checklist for {report.policy.stage.value}" if report.policy else "checklist"
    typer.echo(f"\n{required}:")
    for item in report.checklist:
        to_do = f": {item.remedy}" if item.remedy else ""
        typer.echo(plain_line(f"  {item.item} {item.title}: {item.outcome.value.replace('_', ' ')}{to_do}"))


def _scenario_line(scenario: E2ETestResult) -> str:
    if scenario.problem:
        return f"{scenario.scenario_name}: {scenario.problem.replace('_', ' ')}"
    word = "passed" if scenario.success else "not passed"
    steps = f"{scenario.steps_executed}/{len(scenario.steps)} steps"
    return f"{scenario.scenario_name}: {word}, {steps}, {format_seconds(scenario.total_duration)}"
