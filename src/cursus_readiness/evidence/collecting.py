"""Look up everything about a project that an audit of it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cursus_readiness.clock import Clock
from cursus_readiness.evidence.code import code_fact
from cursus_readiness.evidence.monitoring import alert_fact, health_fact
from cursus_readiness.evidence.pages import page_facts
from cursus_readiness.evidence.records import record_facts
from cursus_readiness.evidence.secrets import secret_fact
from cursus_readiness.evidence.workflows import workflow_facts
from cursus_readiness.model.evidence import Fact, ProjectRecord, examined
from cursus_readiness.model.policy import ProjectSettings


def collect(
    root: Path,
    settings: ProjectSettings,
    *,
    run: Path,
    pipelines: Sequence[str],
    covered: Iterable[Path],
    health: Mapping[str, Any] | None,
    variables: Mapping[str, str],
    clock: Clock,
) -> ProjectRecord:
    """The facts of a project at ``root``: ``covered`` are the pipelines that scenarios of the run exercised.

    Where a record and this run itself say the same, what this run says counts.
    """
    now = clock.now()
    facts = [
        pipeline_fact(root, pipelines, covered),
        *workflow_facts(root, _files(root, settings.workflows), variables, now.date()),
        health_fact(health, now.date()),
        alert_fact(root, _files(root, settings.alert_rules)),
        *page_facts(root, settings.user_pages, settings.operator_pages, _files(root, settings.links)),
        code_fact(root, settings.sources),
        secret_fact(root, settings.secrets_exclude, run),
    ]
    known = {fact.id for fact in facts}
    facts += [fact for fact in record_facts(root / settings.evidence) if fact.id not in known]
    return ProjectRecord(collected_at=now, facts=tuple(facts))


def pipeline_fact(root: Path, patterns: Sequence[str], covered: Iterable[Path]) -> Fact:
    """Which pipelines of the project no scenario exercised."""
    if not patterns:
        missing = "the policy does not say which pipelines the project has ([validation] pipelines)"
        return Fact(id="uncovered-pipeline", is_applicable=False, missing=missing)
    files, done = _files(root, patterns), {path.resolve() for path in covered}
    problems = [f"{path.relative_to(root)} has no scenario in this run" for path in files if path.resolve() not in done]
    return examined("uncovered-pipeline", len(files), problems, "pipelines")


def _files(root: Path, patterns: Sequence[str]) -> list[Path]:
    return sorted(set(_matching(root, patterns)))


def _matching(root: Path, patterns: Sequence[str]) -> Iterator[Path]:
    for pattern in patterns:
        yield from (path for path in root.glob(pattern) if path.is_file())
