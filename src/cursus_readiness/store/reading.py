"""Read a run folder, complete or not."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.evidence import ProjectRecord
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.plan import Plan
from cursus_readiness.model.policy import PolicyRecord
from cursus_readiness.model.reference import Reference
from cursus_readiness.model.report import SCHEMA_VERSION, RunEnvironment, RunManifest, RunSettings
from cursus_readiness.model.result import StepResult
from cursus_readiness.model.secret_shapes import hide_forms, hide_told
from cursus_readiness.store.journal import read_journal
from cursus_readiness.store.layout import RunLayout, ScenarioLayout
from cursus_readiness.store.records import FindingsRecord, RunStart, ScenarioRecord, StepRecord
from cursus_readiness.store.schema import load
from cursus_readiness.store.sealing import damage_of

Shape = TypeVar("Shape", bound=BaseModel)
_PARQUET = b"PAR1"  # what such a file begins and ends with


@dataclass(frozen=True, slots=True)
class StoredScenario:
    """What a run folder holds of one scenario.

    ``started_steps`` are those that the journal saw begin, ``unreadable_steps`` those whose results are damaged. It is
    complete only when no file is missing that a verdict rests on: a lost or damaged file must never make one better.
    ``findings`` are those of the scenario and of all its steps, ``reference`` is what it was compared with.
    """

    record: ScenarioRecord
    plan: Plan | None
    steps: dict[str, StepResult]
    findings: FindingsRecord
    started_steps: frozenset[str]
    is_complete: bool
    unreadable_steps: frozenset[str] = frozenset()
    reference: Reference | None = None


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run folder, read. ``manifest`` is ``None`` when the run is incomplete.

    ``problems`` are files that are not readable, ``damage`` those that were changed or lost since.
    """

    layout: RunLayout
    started_at: datetime
    environment: RunEnvironment
    settings: RunSettings
    manifest: RunManifest | None
    scenarios: tuple[StoredScenario, ...]
    problems: tuple[Finding, ...] = ()
    policy: PolicyRecord | None = None
    project: ProjectRecord | None = None
    damage: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Files:
    """Reads the files of a run; what cannot be read is missing, and told."""

    folder: Path
    problems: list[Finding] = field(default_factory=list)

    def read(self, kind: type[Shape], path: Path) -> Shape | None:
        """The shape in a file; ``None`` when it is not there or damaged."""
        try:
            return _read(kind, path)
        except InvalidInputError as error:
            self._note(path, error.message.removeprefix(f"{path}: "), Severity.ERROR)
            return None

    def look_at_samples(self, path: Path) -> None:
        """Note samples that were cut off; without them a step has no course over time, its usage stays."""
        with suppress(FileNotFoundError), path.open("rb") as file:
            start = file.read(len(_PARQUET))
            file.seek(max(os.fstat(file.fileno()).st_size - len(_PARQUET), 0))
            if (start, file.read()) != (_PARQUET, _PARQUET):
                self._note(path, "not readable as samples", Severity.WARNING)

    def _note(self, path: Path, message: str, severity: Severity) -> None:
        place = path.relative_to(self.folder).as_posix()
        remedy = "run the scenarios again"
        self.problems.append(
            Finding(id="unreadable-file", severity=severity, message=message, place=place, remedy=remedy)
        )


def read_run(folder: Path) -> StoredRun:
    """Read a run folder; files in it that are damaged count as missing and are told in ``problems``.

    Raises InvalidInputError when it is none, or one of a later version.
    """
    layout = RunLayout(folder.resolve())
    files = _Files(layout.folder)
    events = read_journal(layout.journal) if layout.journal.is_file() else []
    opening = next((event for event in events if event["event"] == "run_started"), None)
    try:
        start = RunStart.model_validate(opening)
    except ValidationError as error:
        fix = "name a folder that `readiness run` has written"
        raise InvalidInputError(f"{folder} is not a run folder", fix=fix) from error
    if start.schema_version > SCHEMA_VERSION:
        what = f"{folder}: schema version {start.schema_version}, this is for {SCHEMA_VERSION}"
        raise InvalidInputError(what, fix="update cursus-readiness")
    manifest = files.read(RunManifest, layout.manifest)
    return StoredRun(
        layout=layout,
        started_at=start.at,
        environment=start.environment,
        settings=start.settings,
        manifest=manifest,
        scenarios=tuple(_scenario(files, layout.scenario(name), name, events) for name in start.scenarios),
        policy=files.read(PolicyRecord, layout.policy),
        project=files.read(ProjectRecord, layout.project),
        damage=damage_of(layout) if start.settings.is_sealed and manifest else (),
        problems=tuple(files.problems),
    )


def _scenario(files: _Files, paths: ScenarioLayout, name: str, events: list[dict[str, Any]]) -> StoredScenario:
    plan = files.read(Plan, paths.plan)
    record = files.read(ScenarioRecord, paths.record)
    findings = files.read(FindingsRecord, paths.findings)
    records, unreadable = {}, set()
    for step in plan.steps if plan else ():
        path = paths.step(step.name)
        problem_count = len(files.problems)
        found = files.read(StepRecord, path.result)
        if found is not None:
            records[step.name] = found
        elif len(files.problems) > problem_count:
            unreadable.add(step.name)
        files.look_at_samples(path.samples)
    has_all_steps = plan is not None and len(records) == len(plan.steps)
    began = [event for event in events if event["event"] == "step_started" and event.get("scenario") == name]
    return StoredScenario(
        record=record or ScenarioRecord(scenario_name=name),
        plan=plan,
        steps={step: found.result for step, found in records.items()},
        findings=_together(findings or FindingsRecord(), records.values()),
        started_steps=frozenset(str(event.get("step")) for event in began),
        is_complete=record is not None and findings is not None and (record.problem is not None or has_all_steps),
        unreadable_steps=frozenset(unreadable),
        reference=files.read(Reference, paths.reference),
    )


def _together(findings: FindingsRecord, records: Iterable[StepRecord]) -> FindingsRecord:
    """What was found of the scenario and of its steps, in their order."""
    rules, found = [*findings.rules], [*findings.findings]
    for record in records:
        rules += record.rules
        found += record.findings
    return FindingsRecord(rules=tuple(rules), findings=tuple(found))


def read_step(path: Path) -> StepRecord | None:
    """What a run folder holds of one step; ``None`` when it has not ended there."""
    return _read(StepRecord, path)


def _read(kind: type[Shape], path: Path) -> Shape | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path}: cannot be read: {error}", fix="run the scenarios again") from error
    return load(kind, hide_forms(text), str(path))  # runs of earlier versions may hold some


def read_samples(path: Path) -> dict[str, Any]:
    """The samples of a step as numpy arrays by column name; empty when there are none, or none that can be read."""
    if not path.exists():
        return {}
    import numpy as np  # slow to import
    import pyarrow as pa
    import pyarrow.parquet

    try:
        table = pa.parquet.ParquetFile(path).read(use_threads=False)
    except (OSError, pa.ArrowException):
        return {}
    columns = {}
    for name in table.column_names:
        chunks = table.column(name).chunks  # to_numpy() would import pandas
        columns[name] = np.concatenate([np.frombuffer(chunk.buffers()[1], np.float64, len(chunk)) for chunk in chunks])
    return columns


def read_log_tail(path: Path, limit_bytes: int = 16_384) -> tuple[str, int]:
    """The end of a log as text without credentials, and how many bytes before it are left out."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(size - limit_bytes, 0), os.SEEK_SET)
            return hide_told(file.read().decode("utf-8", "replace")), max(size - limit_bytes, 0)
    except FileNotFoundError:
        return "", 0
