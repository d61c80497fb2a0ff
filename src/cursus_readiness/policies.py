"""The policy of a run: found, recorded beside the run with its day, and what it asks to be looked up."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

from cursus_readiness.audits.project_policy import PYPROJECT, ProjectPolicy, parse_policy
from cursus_readiness.audits.terms import ITEMS_OF_A_RUN, terms_of
from cursus_readiness.audits.waiving import LONGEST_DAYS
from cursus_readiness.clock import Clock, SystemClock
from cursus_readiness.errors import InvalidInputError, UsageError
from cursus_readiness.evidence.collecting import collect
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.policy import PolicyRecord
from cursus_readiness.model.report import RunSettings
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.scenarios.loading import shown
from cursus_readiness.scenarios.project_file import SETTINGS_FILE, ProjectFile, find_project_file, read_project_file
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.reading import StoredRun
from cursus_readiness.store.sealing import seal_again, seal_run, sealed
from cursus_readiness.store.writing import write_shape, write_text


def project_file(start: Path, named: str | None) -> ProjectFile | None:
    """The policy file that was named, else the nearest one at ``start`` or above."""
    return read_project_file(Path(named)) if named else find_project_file(start.resolve())


def project_policy(start: Path, named: str | None) -> tuple[ProjectPolicy, Path]:
    """The policy at a place, and the folder that its paths are relative to; one with mistakes counts as none."""
    found = project_file(start, named)
    record = _record(found, RunSettings(), SystemClock())
    return terms_of(record).policy, found.folder if found else Path.cwd()


def policy_findings(start: Path) -> tuple[Finding, ...]:
    """The mistakes of the policy at a place."""
    return terms_of(_record(project_file(start, None), RunSettings(), SystemClock())).problems


def record_policy(layout: RunLayout, start: Path, settings: RunSettings, clock: Clock) -> None:
    """Keep the policy with the run, before anything of it is run: what is judged by is settled then."""
    write_shape(layout.policy, _record(project_file(start, settings.policy), settings, clock))


def evidence_folder(named: str | None) -> Path:
    """Where the evidence of the project at hand is recorded."""
    policy, root = project_policy(Path.cwd(), named)
    return root / policy.project.evidence


def add_waiver(named: Path | None, fields: Mapping[str, str], days: int) -> tuple[Path, date]:
    """Write a waiver at the end of the policy; where, and the last day on which it applies.

    Raises InvalidInputError when the policy would have mistakes then; it stays as it was.
    """
    found = project_file(Path.cwd(), str(named) if named else None)
    path = found.path if found else Path.cwd() / SETTINGS_FILE
    if not 1 <= days <= LONGEST_DAYS:
        raise UsageError(f"a waiver is for 1 to {LONGEST_DAYS} days, not {days}", fix="--days 30")
    expires = SystemClock().now().date() + timedelta(days=days)
    header = "tool.readiness.waivers" if path.name == PYPROJECT else "waivers"
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    before = f"{found.text.rstrip()}\n\n" if found and found.text and found.text.strip() else ""
    text = before + "\n".join((f"[[{header}]]", *lines, f"expires = {expires}")) + "\n"
    _, problems = parse_policy(text, shown(path))
    if problems:
        raise InvalidInputError("no waiver was written", fix="correct this", problems=tuple(p.line() for p in problems))
    write_text(path, text)
    return path, expires


def judge_by(stored: StoredRun, policy: Path, clock: Clock) -> None:
    """Let a run be judged by another policy from now on, as of today: what has expired since counts no more.

    A clock that is behind the run's own day is wrong; then that day counts.
    """
    record = _record(read_project_file(policy), stored.settings, clock)
    day = max(record.judged_on, stored.started_at.astimezone(UTC).date())
    write_shape(stored.layout.policy, sealed(record.model_copy(update={"judged_on": day})))
    seal_again(stored.layout, stored.layout.policy)


def close_run(
    stored: StoredRun,
    scenarios: Sequence[E2ETestScenario],
    start: Path,
    clock: Clock,
    health: Mapping[str, Any] | None,
) -> None:
    """Look up what the policy asks for of the project whose scenarios were run, then seal the folder."""
    layout, record = stored.layout, stored.policy
    if record is not None:
        terms = terms_of(record)
        if health is not None or not terms.required_items <= ITEMS_OF_A_RUN:
            found = project_file(start, stored.settings.policy)
            root = found.folder.resolve() if found else Path.cwd()
            project = collect(
                root,
                terms.policy.project,
                run=layout.folder,
                pipelines=terms.policy.validation.pipelines,
                covered=[item.path_of(item.pipeline_config_path) for item in scenarios],
                health=health,
                variables=os.environ,
                clock=clock,
            )
            write_shape(layout.project, project)
    seal_run(layout)


def _record(found: ProjectFile | None, settings: RunSettings, clock: Clock) -> PolicyRecord:
    record = PolicyRecord(
        source=shown(found.path) if found else None,
        text=found.text if found else None,
        problem=found.problem if found else None,
        stage=settings.stage,
        judged_on=clock.now().date(),
    )
    return sealed(record)
