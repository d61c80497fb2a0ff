"""``readiness run``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class LogFormat(StrEnum):
    """How the events of a run are told."""

    TEXT = "text"
    JSON = "json"


def run_command(
    scenarios: Annotated[Path | None, typer.Argument(help="Scenario file, or folder of them (scenarios).")] = None,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Where the run folder is created (reports).")] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME[/STEP]", help="Run only this scenario, or step of it.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Run only scenarios with this tag.")] = None,
    jobs: Annotated[
        str, typer.Option("--jobs", "-j", metavar="N|auto", help="Steps to run at the same time; auto: one per CPU.")
    ] = "1",
    from_step: Annotated[
        str | None, typer.Option("--from", metavar="STEP", help="Run this step and those after it; needs --execution.")
    ] = None,
    execution: Annotated[
        str | None,
        typer.Option("--execution", metavar="ARN|s3://...", help="What has the outputs of the steps before --from."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="RUN", help="Go on where the run in this folder stopped.")
    ] = None,
    cached: Annotated[
        bool, typer.Option("--cached", help="Reuse steps of earlier runs whose code, inputs and settings are the same.")
    ] = False,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="NAME|RUN|none", help="What to compare with (main or default).")
    ] = None,
    environment: Annotated[
        str, typer.Option("--environment", metavar="dev|staging|production", help="Whose checklist items gate.")
    ] = "dev",
    policy: Annotated[
        str | None, typer.Option("--policy", metavar="FILE", help="The policy; else the nearest readiness.toml.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Take 'ready with waivers' for not ready.")] = False,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="json: a line of JSON per event on standard error.")
    ] = LogFormat.TEXT,
    prometheus: Annotated[
        Path | None, typer.Option("--prometheus", metavar="FILE", help="Write metrics for the textfile collector.")
    ] = None,
    webhook: Annotated[
        str | None,
        typer.Option(
            "--webhook", envvar="READINESS_WEBHOOK_URL", help="Post to this address when the verdict changes."
        ),
    ] = None,
    sns: Annotated[
        str | None,
        typer.Option("--sns", metavar="ARN", envvar="READINESS_SNS_TOPIC", help="Tell this topic when it changes."),
    ] = None,
    cloudwatch: Annotated[
        str | None,
        typer.Option(
            "--cloudwatch", metavar="NAMESPACE", envvar="READINESS_CLOUDWATCH_NAMESPACE", help="Put metrics there."
        ),
    ] = None,
) -> None:
    """Run scenarios, judge what they left behind, write the report."""
    from cursus_readiness import announcing, workflow  # slow to import
    from cursus_readiness.cli.json_log import json_log
    from cursus_readiness.cli.progress import progress
    from cursus_readiness.cli.stages import stage_of
    from cursus_readiness.cli.verdict import finish
    from cursus_readiness.errors import UsageError
    from cursus_readiness.model.report import RunSettings

    fresh = scenarios or only or tag or cached or baseline or from_step or execution or policy or environment != "dev"
    if resume is not None and fresh:
        raise UsageError("a run that goes on has its own scenarios and settings", fix="give --resume RUN alone")
    count = job_count(jobs)
    channels = announcing.channels_of(webhook=webhook, sns=sns, cloudwatch=cloudwatch)
    with json_log() if log_format is LogFormat.JSON else progress() as listener:
        if resume is not None:
            outcome = workflow.resume(resume, out=out, jobs=count, listener=listener)
        else:
            settings = RunSettings(
                only=tuple(only or ()),
                tags=tuple(tag or ()),
                jobs=count,
                is_cached=cached,
                baseline=baseline,
                from_step=from_step,
                execution=execution,
                stage=stage_of(environment),
                policy=policy,
            )
            where = (scenarios or Path("scenarios"), out or Path("reports"))
            outcome = workflow.run(*where, settings=settings, listener=listener)
        report = outcome.report
        fields = {name: getattr(report, name) for name in ("run_id", "verdict", "reason", "exit_code")}
        listener({"event": "run_judged", **fields, "report": str(outcome.layout.rendered("html"))})
        for problem in announcing.announce(report, outcome.layout.folder.parent, channels, prometheus=prometheus):
            listener({"event": "not_told", "message": problem})
    finish(outcome, strict=strict)


def job_count(text: str) -> int:
    """How many steps may run at the same time.

    Raises UsageError when it is no number.
    """
    from cursus_readiness.environments.capacity import usable_cpus
    from cursus_readiness.errors import UsageError

    if text == "auto":
        return usable_cpus()
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise UsageError(f"--jobs {text}: a number of steps is meant, or auto", fix="--jobs 2")
