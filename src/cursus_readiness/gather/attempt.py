"""One attempt of one step: place inputs, execute, collect outputs."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cursus_readiness.environments.base import StepEnvironment
from cursus_readiness.environments.container import ContainerEnvironment
from cursus_readiness.environments.pip_requests import pip_findings, read_requests
from cursus_readiness.errors import is_machines_fault
from cursus_readiness.executors.base import Assignment, Execution, StepExecutor
from cursus_readiness.executors.disk import SharedDisk
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.job import Job, JobInput, Packing
from cursus_readiness.model.result import OutputRecord, StepCause
from cursus_readiness.objectstore.archives import UnsafeArchiveError
from cursus_readiness.objectstore.endpoint import S3Endpoint
from cursus_readiness.objectstore.files import printable
from cursus_readiness.objectstore.store import MissingObjectError, ObjectStore
from cursus_readiness.sandbox.program import HOME
from cursus_readiness.sandbox.view import give_back_permissions, plan_view
from cursus_readiness.store.layout import StepLayout

_MESSAGE_LIMIT = 1024  # as SageMaker cuts FailureReason and ExitMessage


class UnreadableResultsError(Exception):
    """A stand-in did not leave the results that later steps need."""


@dataclass(slots=True)
class Attempt:
    """What came of an attempt; ``execution`` is ``None`` when the inputs could not be placed.

    ``error`` is a failure of the step. ``fatal`` is one of the tool, or an interruption: the run cannot go on, but what
    was measured is kept. ``results`` is what the job's results file holds.
    """

    execution: Execution | None = None
    error: str | None = None
    message: str | None = None
    results: dict[str, Any] = field(default_factory=dict)
    fatal: Exception | None = None
    outputs: tuple[OutputRecord, ...] = ()
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Limits:
    """What an attempt may use."""

    memory_bytes: int
    time_s: float
    log_bytes: int | None
    disk: SharedDisk


def attempt(
    job: Job,
    environment_variables: dict[str, str],
    limits: Limits,
    *,
    root: Path,
    store: ObjectStore,
    files: StepLayout,
    environment: StepEnvironment,
    executor: StepExecutor,
    reaches_only: S3Endpoint | None = None,
) -> Attempt:
    """Run a job once in a root directory made ready for it; what it wrote to its outputs is in the store afterwards.

    With ``reaches_only`` it has no network but this endpoint.
    """
    made = Attempt()
    own_paths = tuple(_paths(job))
    view = plan_view(own_paths) if reaches_only is None else plan_view(own_paths).secluded()
    shown = environment.shown(own_paths)
    doing = "its inputs cannot be placed"
    try:
        if not os.path.isdir(root):
            os.makedirs(root)
        view.prepare(root, own_paths, job.files, shown=shown, rewritten=tuple(_single_files(job, store)))
        _place(job, root, store, made.findings)
        made.execution = executor.execute(
            Assignment(
                job=job,
                root=root,
                view=view,
                shown=shown,
                folders=own_paths,
                argv=environment.command(job.command),
                environment=environment.variables({**job.environment, **environment_variables}),
                stdout=files.stdout,
                stderr=files.stderr,
                memory_limit_bytes=limits.memory_bytes,
                time_limit_s=limits.time_s,
                container=environment if isinstance(environment, ContainerEnvironment) else None,
                log_limit_bytes=limits.log_bytes,
                disk=limits.disk,
                reaches_only=reaches_only,
            )
        )
        made.fatal = made.execution.fatal
        made.findings += made.execution.findings
        doing = "its outputs cannot be collected"
        if os.geteuid() != 0:
            give_back_permissions(root)
        made.message = _message(job, root)
        if made.message and made.execution.cause is StepCause.EXIT_CODE:
            made.execution = replace(made.execution, cause=StepCause.FAILURE_FILE)
        made.findings += pip_findings(job.step_name, read_requests(root / HOME.lstrip("/")))
        if made.execution.status.has_succeeded:
            made.results = _results(job, root)
            made.outputs = tuple(_collect(job, root, store, made.findings))
    except (MissingObjectError, UnsafeArchiveError, UnreadableResultsError) as error:
        made.error = str(error)
    except RecursionError:
        made.error = f"{doing}: folders are nested too deeply"
    except OSError as error:
        if is_machines_fault(error):
            made.fatal = error
        else:
            made.error = f"{doing}: {printable(str(error))}"
    return made


def _paths(job: Job) -> Iterator[str]:
    yield from job.directories
    yield from (item.path for item in job.inputs)
    yield from (item.path for item in job.outputs)


def _single_files(job: Job, store: ObjectStore) -> Iterator[str]:
    """Inputs that are one file each and are there when the step starts, or it does not start."""
    for item in job.inputs:
        if item.is_optional or item.packing is not Packing.NONE:
            continue
        source = store.path_of(item.uri)
        if source.is_file():
            yield f"{item.path}/{source.name}"


def _place(job: Job, root: Path, store: ObjectStore, findings: list[Finding]) -> None:
    for wanted in sorted(job.inputs, key=lambda item: item.path):  # a mount below another comes after it
        try:
            store.place(wanted, root)
        except (MissingObjectError, UnsafeArchiveError) as error:
            if wanted.is_optional:
                continue
            findings.append(_unusable(wanted, job, error))
            raise


def _unusable(wanted: JobInput, job: Job, error: Exception) -> Finding:
    message = f"input {wanted.name!r} cannot be used: {error}"
    remedy = "see what serves it: `readiness plan`"
    return Finding(
        id="unusable-input",
        severity=Severity.ERROR,
        message=message,
        place=wanted.at,
        step=job.step_name,
        remedy=remedy,
    )


def _collect(job: Job, root: Path, store: ObjectStore, findings: list[Finding]) -> Iterator[OutputRecord]:
    for output in job.outputs:
        found = store.collect(output, root)
        yield OutputRecord(name=output.name, uri=output.uri, file_count=found.file_count, size_bytes=found.size_bytes)
        problems = []
        if found.file_count == 0 and output.packing is Packing.NONE:
            problems.append(("empty-output", f"output {output.name!r} is empty"))
        if found.left_out:
            names = ", ".join(found.left_out[:5])
            problems.append(("outside-link", f"output {output.name!r}: left behind, not regular files: {names}"))
        for kind, message in problems:
            findings.append(
                Finding(id=kind, severity=Severity.WARNING, message=message, place=output.path, step=job.step_name)
            )


def _results(job: Job, root: Path) -> dict[str, Any]:
    """The properties that the job itself has found out.

    Raises UnreadableResultsError when they cannot be read.
    """
    if job.results_file is None:
        return {}
    file = root / job.results_file.lstrip("/")
    try:
        if not stat.S_ISREG(os.lstat(file).st_mode):  # who reads a pipe waits for somebody to write
            raise UnreadableResultsError(f"{job.results_file} cannot be read: it is no regular file")
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableResultsError(f"{job.results_file} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise UnreadableResultsError(f"{job.results_file} holds no JSON object")
    return found


def _message(job: Job, root: Path) -> str | None:
    """What the job itself says of its failure, as the service would show it."""
    for path in job.message_files:
        file = f"{root}{path}"
        if os.path.isfile(file) and not os.path.islink(file):
            with open(file, "rb") as reader:
                text = reader.read(_MESSAGE_LIMIT).decode("utf-8", "replace").strip()
            if text:
                return text
    return None
