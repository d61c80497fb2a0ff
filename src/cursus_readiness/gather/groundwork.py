"""What is done before the first step of a scenario starts: inputs, environments, a look at the code of every step."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from cursus_readiness.environments.base import PythonEnvironment, StepEnvironment
from cursus_readiness.environments.drift import drift
from cursus_readiness.environments.preflight import Examined, examine
from cursus_readiness.environments.registry import build_environments
from cursus_readiness.environments.requests import environment_requests
from cursus_readiness.errors import CannotRunError
from cursus_readiness.gather.inputs import DatasetRecord, serve_inputs
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.plan import Plan
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.resources import cache_dir
from cursus_readiness.sources.base import SourceError
from cursus_readiness.store.journal import Journal

# What a step cannot get over. A module that is not found is none of them: a script may extend its own search path.
_HOPELESS = ("missing-entry-point", "script-does-not-compile")


class GroundworkError(Exception):
    """A scenario whose steps cannot be started: its inputs or environments cannot be had."""


@dataclass(frozen=True, slots=True)
class Groundwork:
    """What the steps start from; ``hopeless`` says of steps why they cannot run, which their code tells already."""

    datasets: DatasetRecord
    environments: Mapping[str, StepEnvironment]
    findings: tuple[Finding, ...]
    hopeless: Mapping[str, str]


def lay_groundwork(plan: Plan, selected: Collection[str], store: ObjectStore, journal: Journal) -> Groundwork:
    """Serve the inputs, build the environments, look at the code; the journal hears of all that is found.

    Raises GroundworkError when that fails, OSError when the disk gives out.
    """
    lock, name = Lock(), plan.scenario.scenario_name

    def tell(message: str) -> None:
        with lock:  # environments are built side by side
            journal.emit("preparing", scenario=name, message=message)

    def downloading(uri: str, done_bytes: int, total_bytes: int) -> None:
        journal.emit("downloading", scenario=name, uri=uri, done_bytes=done_bytes, total_bytes=total_bytes)

    try:
        datasets = serve_inputs(plan, selected, store, downloading)
        requests = environment_requests(plan, store, selected=selected)
        environments = build_environments(requests, cache=cache_dir() / "environments", notify=tell)
        pythons = {name: found for name, found in environments.items() if isinstance(found, PythonEnvironment)}
        jobs = [(step.job, pythons[step.name]) for step in plan.steps if step.job and step.name in pythons]
        examined = examine(jobs, store)
    except SourceError as error:
        raise GroundworkError(str(error)) from error
    except CannotRunError as error:
        raise GroundworkError(f"{error.message}; {error.fix}" if error.fix else error.message) from error
    findings = [finding for seen in examined.values() for finding in seen.findings]
    hopeless = {
        finding.step: finding.message
        for finding in reversed(findings)
        if finding.step and finding.id in _HOPELESS and finding.severity is Severity.ERROR
    }
    findings += _drift(plan, pythons, examined)
    findings += [_not_examined(step) for step in environments if step not in pythons]
    for event in _events(findings):
        journal.emit("found", scenario=name, **event)
    return Groundwork(datasets, environments, tuple(findings), hopeless)


def _not_examined(step: str) -> Finding:
    message = "its code was not looked at before the run: what its image has is not known"
    return Finding(id="not-examined", severity=Severity.NOTE, message=message, step=step)


def _events(findings: list[Finding]) -> Iterator[dict[str, Any]]:
    """Warnings and errors, those of one kind together."""
    for kind in dict.fromkeys(finding.id for finding in findings if finding.severity is not Severity.NOTE):
        alike = [finding for finding in findings if finding.id == kind and finding.severity is not Severity.NOTE]
        first = min(alike, key=lambda finding: list(Severity).index(finding.severity))
        steps = [finding.step for finding in alike]
        yield {"id": kind, "severity": first.severity.value, "steps": steps, "message": first.message}


def _drift(
    plan: Plan, environments: Mapping[str, PythonEnvironment], examined: Mapping[str, Examined]
) -> Iterator[Finding]:
    """What the image of each step pins, against what the step runs with."""
    for step in plan.steps:
        if step.job and step.name in environments and not step.job.stand_in:
            imports = examined[step.name].imports
            yield from drift(step.job.image_uri, environments[step.name], step=step.name, imports=imports)
