"""The only place where the phases meet: discover, plan, gather, judge, render."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cursus_readiness.analysis.summary import summary_of
from cursus_readiness.clock import Clock, SystemClock
from cursus_readiness.environments.capacity import usable_memory_bytes
from cursus_readiness.environments.machine import run_environment
from cursus_readiness.errors import (
    CannotRunError,
    InterruptedRunError,
    InvalidInputError,
    NothingSelectedError,
    ReadinessError,
    UsageError,
)
from cursus_readiness.gather.interruption import Interruptions
from cursus_readiness.gather.reuse import EarlierRuns
from cursus_readiness.gather.run import RejectedScenario, gather
from cursus_readiness.model.report import PLAIN_RUN, ReadinessReport, RunSettings
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.pages import page
from cursus_readiness.past import judge_beside_baseline, resolve_baseline, write_index
from cursus_readiness.planning.selection import Selection
from cursus_readiness.policies import close_run, judge_by, record_policy
from cursus_readiness.preparation import prepare, start_of
from cursus_readiness.publishing import Unwritten, publish
from cursus_readiness.sandbox.view import remove
from cursus_readiness.scenarios.discovery import Discovery, discover
from cursus_readiness.scenarios.loading import shown
from cursus_readiness.store.history import write_summary
from cursus_readiness.store.journal import is_running
from cursus_readiness.store.layout import JOURNAL_NAME, RunLayout
from cursus_readiness.store.reading import read_run
from cursus_readiness.store.reference import References

Listener = Callable[[dict[str, Any]], None]
_EARLIER_RUNS = 20


def _ignore(_event: dict[str, Any]) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """A run that was judged and rendered, but for the files that could not be written."""

    report: ReadinessReport
    layout: RunLayout
    unwritten: tuple[Unwritten, ...] = ()

    def check(self) -> None:
        """Raise CannotRunError when a file could not be written."""
        if self.unwritten:
            files = "; ".join(f"{item.path.name}: {item.why}" for item in self.unwritten)
            what = f"{shown(self.layout.folder)}: the report is not complete: {files}"
            fix = f"remove the cause, then: readiness report {shown(self.layout.folder)}"
            raise CannotRunError(what, fix=fix) from self.unwritten[0].error


def run(
    scenarios: Path,
    out: Path,
    *,
    settings: RunSettings = PLAIN_RUN,
    listener: Listener = _ignore,
    clock: Clock | None = None,
    health: Mapping[str, Any] | None = None,
) -> RunOutcome:
    """Run scenarios, judge what they left behind, write the report in every format.

    With what a health check found, all that the checklist of the environment asks for is looked up, too. Raises
    NothingSelectedError when no scenario is left; InterruptedRunError and CannotRunError after the report of what was
    measured until then has been written.
    """
    selection = Selection(settings.only, settings.tags)
    found = discover(scenarios)
    chosen = [scenario for scenario in found.scenarios if selection.wants(scenario)]
    rejected = [] if selection.only or selection.tags else _rejected(found)
    known = [scenario.scenario_name for scenario in found.scenarios]
    unknown = [name for name in selection.names if name not in known]
    if unknown or not (chosen or rejected):
        raise NothingSelectedError(
            f"no scenario in {scenarios} is named {unknown[0]!r}"
            if unknown
            else f"no scenario is selected in {scenarios}",
            fix=f"choose from: {', '.join(known)}" if known else "add a scenario file; docs/scenarios.md shows how",
        )
    settings = settings.model_copy(update={"scenarios": str(scenarios.absolute())})
    return run_scenarios(
        chosen, out, rejected=rejected, settings=settings, listener=listener, clock=clock, health=health
    )


def resume(
    folder: Path, *, out: Path | None = None, jobs: int = 1, listener: Listener = _ignore, clock: Clock | None = None
) -> RunOutcome:
    """Go on where a run stopped, in a new run folder beside it (or in ``out``): what has succeeded is not run again.

    Raises InvalidInputError when the folder is no run folder or its run still goes on, else as ``run`` does.
    """
    stored = read_run(folder)
    layout = stored.layout
    if is_running(layout.journal):
        raise InvalidInputError(f"the run in {folder} still goes on", fix="wait for its end, or stop it")
    if not stored.settings.scenarios:
        raise InvalidInputError(f"{folder} does not say what was run", fix="run again without --resume")
    for root in layout.work.glob("*/root-*"):  # of steps that nobody has put away
        remove(root)
    fields = {
        "jobs": jobs,
        "resumed_from": layout.run_id,
        "pipeline_started_at": stored.settings.pipeline_started_at or stored.started_at,
    }
    settings = stored.settings.model_copy(update=fields)
    where = out or layout.folder.parent
    return run(Path(settings.scenarios), where, settings=settings, listener=listener, clock=clock)


def run_scenarios(
    chosen: Sequence[E2ETestScenario],
    out: Path,
    *,
    rejected: Sequence[RejectedScenario] = (),
    settings: RunSettings = PLAIN_RUN,
    listener: Listener = _ignore,
    clock: Clock | None = None,
    health: Mapping[str, Any] | None = None,
) -> RunOutcome:
    """Run loaded scenarios; see ``run``."""
    clock = clock or SystemClock()
    started_at = clock.now()
    selection = Selection(settings.only, settings.tags)
    pipelines_start = settings.pipeline_started_at or started_at
    begin = start_of(settings, chosen)
    if begin is not None:  # as it was found: the latest may be another one tomorrow
        settings = settings.model_copy(update={"execution": begin.execution.reference})
    prepared = [prepare(scenario, selection, pipelines_start, begin) for scenario in chosen]
    fields = {"baseline": resolve_baseline(out, settings.baseline), "is_sealed": True}
    settings = settings.model_copy(update=fields)
    earlier = _earlier(out, settings)
    layout = _new_layout(out, started_at, [scenario.scenario_name for scenario in chosen])
    base = chosen[0].source_file.parent if chosen and chosen[0].source_file else Path.cwd()
    start = Path(settings.scenarios) if settings.scenarios else base
    record_policy(layout, start, settings, clock)
    with Interruptions() as interruptions:
        try:
            gather(
                [*rejected, *prepared],
                layout,
                environment=run_environment(base),
                clock=clock,
                listener=listener,
                settings=settings,
                memory_bytes=usable_memory_bytes(),
                earlier=earlier,
                interruptions=interruptions,
            )
        except ReadinessError as error:
            if isinstance(error, InterruptedRunError):
                error.fix = f"readiness run --resume {shown(layout.folder)}"
            _report_what_is_there(layout, error)
            raise
        close_run(read_run(layout.folder), chosen, start, clock, health)
        return report(layout.folder)


def _earlier(out: Path, settings: RunSettings) -> EarlierRuns:
    """The runs whose steps may be reused, tell how much memory a step needs, or are what this run is compared with."""
    references = References(out)
    if settings.resumed_from is not None:
        stopped = RunLayout((out / settings.resumed_from).resolve())
        return EarlierRuns([stopped], reuses=True, references=references)
    if not settings.is_cached and settings.jobs == 1:
        return EarlierRuns((), reuses=False, references=references)
    folders = [entry.parent for entry in out.glob(f"*/{JOURNAL_NAME}") if not entry.parent.is_symlink()]
    newest = sorted(folders, reverse=True)[:_EARLIER_RUNS]
    layouts = [RunLayout(folder.resolve()) for folder in newest]
    return EarlierRuns(layouts, reuses=settings.is_cached, references=references)


def _report_what_is_there(layout: RunLayout, error: ReadinessError) -> None:
    """Render an incomplete run; that this fails too must not hide why the run ended."""
    try:
        report(layout.folder).check()
    except (ReadinessError, OSError) as second:
        error.add_note(f"the report could not be written either: {second}")


def report(
    folder: Path, *, baseline: str | None = None, policy: Path | None = None, clock: Clock | None = None
) -> RunOutcome:
    """Judge a run folder and render it, without running anything; files that cannot be written are told in the outcome.

    ``baseline`` is what to compare it with, when that is not what the run was told; ``policy`` is to judge it by from
    now on, as of today. Raises InvalidInputError when it is no run folder, UsageError when it is signed or there is
    no such baseline, CannotRunError when ``latest`` cannot lead to it.
    """

    stored = read_run(folder)
    if stored.layout.signatures.exists():
        fix = "`readiness verify` looks at it; to judge it again, copy the folder without signatures/"
        raise UsageError(f"{folder} is signed: another report would not be what was signed", fix=fix)
    if policy is not None:
        judge_by(stored, policy, clock or SystemClock())
        stored = read_run(folder)
    judged = judge_beside_baseline(stored, baseline or stored.settings.baseline)
    unwritten = publish(stored.layout, judged, lambda: page(stored, judged))
    try:
        write_summary(stored.layout.summary, summary_of(judged))
        _point_latest(stored.layout)
        write_index(stored.layout.folder.parent)
    except OSError as error:
        where = stored.layout.folder
        raise CannotRunError(f"cannot write to {where}: {error.strerror}", fix="check space and permissions") from error
    return RunOutcome(judged, stored.layout, unwritten)


def _rejected(found: Discovery) -> list[RejectedScenario]:
    return [RejectedScenario(shown(path), "invalid", findings) for path, findings in found.broken]


def _new_layout(out: Path, started_at: datetime, names: list[str]) -> RunLayout:
    """A run folder of its own: the start in UTC and a short hash that tells runs of one second apart."""
    seed = f"{started_at.isoformat()} {os.getpid()} {names}"
    name = f"{started_at:%Y%m%dT%H%M%SZ}-{hashlib.sha256(seed.encode()).hexdigest()[:6]}"
    folder = out / name
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise CannotRunError(f"cannot create {folder}: {error.strerror}", fix="choose another --out") from error
    return RunLayout(folder.resolve())


def _point_latest(layout: RunLayout) -> None:
    """Let ``latest`` lead to this run unless a newer one is there, or something of that name that is no link."""
    link = layout.folder.parent / "latest"
    if link.is_symlink() and os.readlink(link) > layout.folder.name:
        return
    if link.exists() and not link.is_symlink():
        return
    temporary = link.with_name(f".latest-{layout.folder.name}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(layout.folder.name, target_is_directory=True)
    temporary.replace(link)
