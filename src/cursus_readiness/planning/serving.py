"""Which inputs no step of the pipeline writes, and what serves them."""

from __future__ import annotations

from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.job import Job, JobInput
from cursus_readiness.model.plan import ServedInput
from cursus_readiness.model.scenario import E2ETestScenario, InputBinding


def serve(scenario: E2ETestScenario, jobs: list[Job]) -> tuple[list[ServedInput], list[Finding]]:
    """What serves each external input of the jobs (in the order in which it is first needed), and what is wrong."""
    written: list[str] = []
    served: dict[str, ServedInput] = {}
    findings: list[Finding] = []
    used: set[str] = set()
    for job in jobs:
        for wanted in job.inputs:
            if any(_is_below(wanted.uri, uri) for uri in written):
                continue
            found = _bindings(wanted.uri, scenario)
            if not found and any(_is_below(uri, wanted.uri) for uri in written):
                continue
            used.update(prefix for prefix, _ in found)
            if not found and wanted.is_code:
                findings.append(_unserved_code(job, wanted))
            elif not found:
                found = [(wanted.uri, _default(wanted.uri, scenario))]
                findings.append(_defaulted(job, wanted, scenario))
            for prefix, binding in found:
                uri = wanted.uri if _is_below(wanted.uri, prefix) else prefix
                served.setdefault(uri, ServedInput(uri=uri, prefix=prefix, binding=binding))
        written += [output.uri for output in job.outputs]
    findings += [_unused(prefix) for prefix in scenario.inputs if prefix not in used]
    return list(served.values()), findings


def _is_below(uri: str, prefix: str) -> bool:
    folder = prefix.rstrip("/")
    return uri.rstrip("/") == folder or uri.startswith(folder + "/")


def _bindings(uri: str, scenario: E2ETestScenario) -> list[tuple[str, InputBinding]]:
    """The longest binding that covers the URI; else every binding below it."""
    covering = [prefix for prefix in scenario.inputs if _is_below(uri, prefix)]
    if covering:
        longest = max(covering, key=len)
        return [(longest, scenario.inputs[longest])]
    return [(prefix, binding) for prefix, binding in scenario.inputs.items() if _is_below(prefix, uri)]


def _default(uri: str, scenario: E2ETestScenario) -> InputBinding:
    """``data/<bucket>/<key>`` beside the scenario, or the built-in synthetic table."""
    if scenario.data_source == "local":
        return InputBinding(source=f"local:data/{uri.removeprefix('s3://')}")
    return InputBinding(source="synthetic:")


def _unserved_code(job: Job, wanted: JobInput) -> Finding:
    return Finding(
        id="invalid-scenario",
        severity=Severity.ERROR,
        message=f"nothing serves the code {wanted.uri} of step {job.step_name!r}",
        place="inputs",
        step=job.step_name,
        remedy=f'add to inputs:  "{wanted.uri}": "local:PATH"',
    )


def _defaulted(job: Job, wanted: JobInput, scenario: E2ETestScenario) -> Finding:
    what = "the built-in synthetic table" if scenario.data_source == "synthetic" else "the scenario's data/ folder"
    return Finding(
        id="default-data",
        severity=Severity.NOTE,
        message=f"{wanted.uri} is served by {what}: no entry of inputs covers it",
        place="inputs",
        step=job.step_name,
    )


def _unused(prefix: str) -> Finding:
    return Finding(
        id="unused-input",
        severity=Severity.WARNING,
        message=f"no step reads {prefix} from outside the pipeline",
        place=f"inputs.{prefix}",
    )
