"""``readiness plan``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cursus_readiness.model.plan import Plan


def plan_command(
    scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Show the resolved steps of a scenario (order, command, inputs, outputs, environment) without running it."""
    from cursus_readiness import workflow  # slow to import
    from cursus_readiness.clock import SystemClock
    from cursus_readiness.errors import InvalidInputError
    from cursus_readiness.model.secrets import without_secrets
    from cursus_readiness.planning.plan import InvalidPlanError
    from cursus_readiness.scenarios.loading import load_scenario

    try:
        plan, _ = workflow.plan_scenario(load_scenario(scenario), SystemClock().now())
    except InvalidPlanError as error:
        lines = tuple(finding.line() for finding in error.findings)
        raise InvalidInputError(
            f"{scenario} cannot be planned", fix="correct the lines above", problems=lines
        ) from error
    shown = without_secrets(plan)
    if as_json:
        typer.echo(json.dumps(shown.model_dump(mode="json"), indent=2))
        return
    origins = _origins(shown)
    for number, step in enumerate(shown.steps, 1):
        typer.echo(f"{number}. {step.name} ({step.step_type})")
        if step.depends_on:
            typer.echo(f"   after        {', '.join(step.depends_on)}")
        if step.job is None:
            typer.echo(f"   not executed {step.reason or 'a step that it needs is not executed'}")
            continue
        typer.echo(f"   command      {' '.join(step.job.command)}")
        typer.echo(f"   directory    {step.job.working_directory}")
        typer.echo(f"   instance     {step.job.instance_count} x {step.job.instance_type or 'not given'}")
        for wanted in step.job.inputs:
            typer.echo(f"   input        {wanted.path} <- {wanted.uri}  ({_origin(wanted.uri, origins)})")
        for output in step.job.outputs:
            typer.echo(f"   output       {output.path} -> {output.uri}")
        for name, value in sorted(step.job.environment.items()):
            if not name.startswith("SM_"):
                typer.echo(f"   environment  {name}={value}")
    for finding in workflow.with_lines_of_notes(plan):
        typer.echo(f"{finding.severity.value}: {finding.line()}")


def _origins(plan: Plan) -> dict[str, str]:
    """Where the objects below each URI come from: an output of a step, or a source."""
    written = {
        output.uri: f"{step.name}, output {output.name}"
        for step in plan.steps
        if step.job
        for output in step.job.outputs
    }
    return {**written, **{item.uri: item.binding.source for item in plan.served}}


def _origin(uri: str, origins: dict[str, str]) -> str:
    covering = [known for known in origins if f"{uri.rstrip('/')}/".startswith(f"{known.rstrip('/')}/")]
    return origins[max(covering, key=len)] if covering else "several sources"
