"""The data sources: one explicit line each."""

from __future__ import annotations

from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.plan import Plan, ServedInput
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.sources.base import Dataset, Source, SourceError
from cursus_readiness.sources.local import LocalSource
from cursus_readiness.sources.s3 import Progress, S3Source, nobody
from cursus_readiness.sources.synthetic import SyntheticSource

SOURCES: dict[str, Source] = {source.scheme: source for source in (LocalSource(), S3Source(), SyntheticSource())}


def source_of(served: ServedInput) -> Source:
    """The source that a binding names.

    Raises SourceError for an unknown one.
    """
    scheme = served.binding.source.partition(":")[0]
    if ":" not in served.binding.source or scheme not in SOURCES:
        known = ", ".join(f"{name}:..." for name in SOURCES)
        raise SourceError(f"unknown source {served.binding.source!r}; use {known}")
    return SOURCES[scheme]


def check_sources(plan: Plan) -> list[Finding]:
    """What keeps the inputs of a plan from being served; touches no data."""
    findings = []
    named = {served.prefix for served in plan.served if not served.is_for_scripts}
    for served in plan.served:
        if served.is_for_scripts and served.prefix in named:
            continue  # said already, or all that is named is there
        try:
            source_of(served).check(served, plan.scenario)
        except SourceError as error:
            findings.append(
                Finding(
                    id="invalid-scenario",
                    severity=Severity.ERROR,
                    message=str(error),
                    place=served.place or f"inputs.{served.prefix}",
                )
            )
    return findings


def materialise(plan: Plan, store: ObjectStore, tell: Progress = nobody) -> list[Dataset]:
    """Serve every external input of a plan into the object store; ``tell`` hears of downloads.

    Longer URIs come first, so that what a narrower binding serves is not replaced by a wider one.
    """
    datasets = []
    for served in sorted(plan.served, key=lambda item: (-len(item.uri), item.uri)):
        source = source_of(served)
        if isinstance(source, S3Source):
            source = S3Source(tell)
        datasets.append(source.materialise(served, plan.scenario, store.path_of(served.uri)))
    return datasets
