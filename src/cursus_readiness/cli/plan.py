"""``readiness plan``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cursus_readiness.model.job import Job
    from cursus_readiness.model.plan import Plan, PlannedStep


def plan_command(
    scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Show the resolved steps of a scenario (order, command, inputs, outputs) without running it."""
    from cursus_readiness import preparation  # slow to import
    from cursus_readiness.cli.findings import show_findings
    from cursus_readiness.clock import SystemClock
    from cursus_readiness.errors import CannotRunError, InvalidInputError
    from cursus_readiness.model.secrets import without_secrets
    from cursus_readiness.planning.plan import InvalidPlanError
    from cursus_readiness.scenarios.loading import load_scenario

    loaded = load_scenario(scenario)
    try:
        plan, _ = preparation.plan_scenario(loaded, SystemClock().now())
    except InvalidPlanError as error:
        lines = tuple(finding.told() for finding in error.findings)
        raise InvalidInputError(
            f"{scenario} cannot be planned", fix="correct the lines above", problems=lines
        ) from error
    except CannotRunError as error:
        if show_findings(preparation.check_uncompiled(loaded, error)):
            raise InvalidInputError(f"{scenario} cannot be planned", fix="correct the lines above") from error
        return
    shown = without_secrets(plan)
    if as_json:
        typer.echo(json.dumps(shown.model_dump(mode="json"), indent=2))
        return
    origins = _origins(shown)
    for number, step in enumerate(shown.steps, 1):
        typer.echo(f"{number}. {step.name} ({step.step_type})")
        for label, text in _lines(step, origins):
            typer.echo(f"   {label:<12} {text}")
    show_findings(preparation.with_lines_of_notes(plan))


def _lines(step: PlannedStep, origins: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What there is to say of a step, each with its label."""
    if step.depends_on:
        yield "after", ", ".join(step.depends_on)
    if step.branch:
        yield "branch", f"{step.branch.condition} is {'true' if step.branch.is_if else 'false'}"
    if step.is_control:
        yield "decides", _decision(step)
    elif step.job is None:
        yield "not executed", step.reason or "a step that it needs is not executed"
    else:
        yield from _job_lines(step.job, origins)


def _job_lines(job: Job, origins: dict[str, str]) -> Iterator[tuple[str, str]]:
    if job.stand_in:
        yield "stand-in", job.stand_in
    yield "command", " ".join(job.command)
    yield "directory", job.working_directory
    yield "instance", f"{job.instance_count} x {job.instance_type or 'not given'}"
    for wanted in job.inputs:
        yield "input", f"{wanted.path} <- {wanted.uri}  ({_origin(wanted.uri, origins)})"
    for output in job.outputs:
        yield "output", f"{output.path} -> {output.uri}"
    for name, value in sorted(job.environment.items()):
        if not name.startswith("SM_"):
            yield "environment", f"{name}={value}"


def _decision(step: PlannedStep) -> str:
    """What a Condition asks, or with which words a Fail step ends the pipeline."""
    from cursus_readiness.definitions.conditions import describe

    if step.conditions is not None:
        return describe(step.conditions)
    return f"end the pipeline: {step.fail_message}" if step.fail_message else "end the pipeline"


def _origins(plan: Plan) -> dict[str, str]:
    """Where the objects below each URI come from: an output of a step, or a source."""
    written = {
        output.uri.rstrip("/"): f"{step.name}, output {output.name}"
        for step in plan.steps
        if step.job
        for output in step.job.outputs
    }
    return {**written, **{item.uri.rstrip("/"): item.binding.source for item in plan.served}}


def _origin(uri: str, origins: dict[str, str]) -> str:
    from cursus_readiness.planning.serving import prefixes_above

    covering = (origins[prefix] for prefix in (uri.rstrip("/"), *prefixes_above(uri)) if prefix in origins)
    return next(covering, "several sources")
