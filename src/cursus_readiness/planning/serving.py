"""Which inputs no step of the pipeline writes, and what serves them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from cursus_readiness.definitions.expressions import is_late
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.job import Job, JobInput
from cursus_readiness.model.plan import ServedInput
from cursus_readiness.model.scenario import E2ETestScenario

_DEFAULTS = {"synthetic": "a synthetic table", "local": "the scenario's data/ folder", "s3": "S3 itself"}


def serve(
    scenario: E2ETestScenario,
    jobs: list[Job],
    extra: Mapping[str, InputBinding],
    *,
    uploads: Mapping[str, InputBinding] | None = None,
    read: Iterable[str] = (),
) -> tuple[list[ServedInput], list[Finding]]:
    """What serves each external input of the jobs (in the order in which it is first needed), and what is wrong.

    ``extra`` are bindings beside the scenario's inputs: those of fixtures and functions, which come before them.
    ``uploads`` come after them. ``read`` are files of steps that are not executed, which conditions ask for.
    """
    bindings = {**(uploads or {}), **scenario.inputs, **extra}
    written = _Written()
    served: dict[str, ServedInput] = {}
    findings: list[Finding] = []
    used: set[str] = set()
    for job in jobs:
        for wanted in job.inputs:
            if is_late(wanted.uri) or written.covers(wanted.uri):
                continue
            found = _bindings(wanted.uri, bindings)
            if not found and (wanted.is_optional or written.has_below(wanted.uri)):
                continue
            used.update(prefix for prefix, _ in found)
            if not found and wanted.is_code:
                findings.append(_unserved_code(job, wanted))
            elif not found:
                found = [(wanted.uri, _default(wanted.uri, scenario))]
                findings.append(_defaulted(job, wanted, scenario))
            for prefix, binding in found:
                uri = wanted.uri if is_below(wanted.uri, prefix) else prefix
                served.setdefault(uri, ServedInput(uri=uri, prefix=prefix, binding=binding))
        for output in job.outputs:
            written.add(output.uri)
    for uri in read:
        for prefix, binding in _bindings(uri, bindings):
            used.add(prefix)
            served.setdefault(uri, ServedInput(uri=uri, prefix=prefix, binding=binding))
    findings += [_unused(prefix) for prefix in scenario.inputs if prefix not in used]
    for whole in _for_scripts(scenario, used):
        served.setdefault(whole.uri, whole)
    return list(served.values()), findings


def _for_scripts(scenario: E2ETestScenario, used: Collection[str]) -> Iterator[ServedInput]:
    """Inputs as a whole: a script may fetch what no input of a step names. What is made up stays where it is."""
    for prefix, binding in scenario.inputs.items():
        if prefix not in used or binding.source.startswith("local:"):
            yield ServedInput(uri=prefix, prefix=prefix, binding=binding, is_for_scripts=True)


class _Written:
    """The URIs that steps write, asked in constant time: pipelines have a thousand steps."""

    def __init__(self) -> None:
        self._uris: set[str] = set()
        self._above: set[str] = set()

    def add(self, uri: str) -> None:
        self._uris.add(uri.rstrip("/"))
        self._above.update(prefixes_above(uri))

    def covers(self, uri: str) -> bool:
        return not self._uris.isdisjoint((uri.rstrip("/"), *prefixes_above(uri)))

    def has_below(self, uri: str) -> bool:
        return uri.rstrip("/") in self._above


def prefixes_above(uri: str) -> Iterator[str]:
    """Every prefix above a URI."""
    uri = uri.rstrip("/")
    while (uri := uri.rpartition("/")[0]) and uri != "s3:/":
        yield uri


def is_below(uri: str, prefix: str) -> bool:
    """Whether an object or prefix is another, or lies below it."""
    folder = prefix.rstrip("/")
    return uri.rstrip("/") == folder or uri.startswith(folder + "/")


def _bindings(uri: str, bindings: Mapping[str, InputBinding]) -> list[tuple[str, InputBinding]]:
    """The longest binding that covers the URI; else every binding below it."""
    covering = [prefix for prefix in bindings if is_below(uri, prefix)]
    if covering:
        longest = max(covering, key=len)
        return [(longest, bindings[longest])]
    return [(prefix, binding) for prefix, binding in bindings.items() if is_below(prefix, uri)]


def _default(uri: str, scenario: E2ETestScenario) -> InputBinding:
    """``data/<bucket>/<key>`` beside the scenario, S3 itself, or a synthetic table."""
    if scenario.data_source == "local":
        return InputBinding(source=f"local:data/{uri.removeprefix('s3://')}")
    return InputBinding(source="s3:" if scenario.data_source == "s3" else "synthetic:")


def _unserved_code(job: Job, wanted: JobInput) -> Finding:
    what = "file" if wanted.uri.endswith(".json") else "code"
    return Finding(
        id="invalid-scenario",
        severity=Severity.ERROR,
        message=f"nothing serves the {what} {wanted.uri} of step {job.step_name!r}",
        place="inputs",
        step=job.step_name,
        remedy=f'add to inputs:  "{wanted.uri}": "local:PATH"',
    )


def _defaulted(job: Job, wanted: JobInput, scenario: E2ETestScenario) -> Finding:
    what = _DEFAULTS[scenario.data_source]
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
        severity=Severity.NOTE,
        message=f"no input of a step names {prefix}: it is there for scripts that fetch it themselves",
        place=f"inputs.{prefix}",
    )
