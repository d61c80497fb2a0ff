"""What earlier runs tell: the history of a folder, baselines, and a run beside one of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from cursus_readiness.analysis.comparison import compare
from cursus_readiness.analysis.history import history_of
from cursus_readiness.analysis.machines import obstacles
from cursus_readiness.analysis.summary import repeats_of, summary_of, together
from cursus_readiness.audits.policy import Policy
from cursus_readiness.errors import InvalidInputError, UsageError
from cursus_readiness.judging import judge, stored_terms
from cursus_readiness.model.comparison import Comparison, Figure
from cursus_readiness.model.history import HistoryEntry
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.summary import RunSummary
from cursus_readiness.model.verdict import Verdict
from cursus_readiness.store.history import baseline_names, held, read_summary, run_at, run_folders, write_summary
from cursus_readiness.store.layout import OutLayout, RunLayout
from cursus_readiness.store.reading import StoredRun, read_run
from cursus_readiness.store.writing import write_text

NO_BASELINE = "none"
USUAL_BASELINES = ("main", "default")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EARLIER_RUNS = 20
_GENERATOR = '<meta name="generator" content="cursus-readiness'
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_FIT = (Verdict.READY, Verdict.READY_WITH_WAIVERS)


def history(out: Path, scenario: str | None = None) -> list[HistoryEntry]:
    """Every run of a folder, the newest first; one that cannot be read says why.

    With a scenario: only the runs of it, with nothing of the others, and those that cannot be read.
    """
    entries = [_entry(folder) for folder in run_folders(out)]
    if scenario is not None:
        entries = [narrowed for entry in entries if (narrowed := _of_scenario(entry, scenario)) is not None]
    return sorted(entries, key=lambda entry: (entry.started_at or _LONG_AGO, entry.run_id), reverse=True)


def baselines(out: Path) -> list[tuple[str, RunSummary]]:
    """The baselines of a folder by name. Raises InvalidInputError when one cannot be read."""
    return [(name, find_summary(out, name)[1]) for name in baseline_names(out)]


def summary_at(layout: RunLayout) -> RunSummary:
    """What a run measured; a complete run that has no summary yet gets one.

    Raises InvalidInputError when it is no run folder.
    """
    found = read_summary(layout.summary)
    if found is not None:
        return found
    summary = summary_of(judge(read_run(layout.folder)))
    if summary.newest.is_complete:
        with suppress(OSError):  # a folder that one may only read
            write_summary(layout.summary, summary)
    return summary


def resolve_baseline(out: Path, wanted: str | None) -> str | None:
    """What a run will be compared with, as a name that means the same when it has ended: ``None`` is the usual one.

    Raises UsageError when there is no such baseline or run, InvalidInputError when it cannot be read.
    """
    if wanted is None:
        _usual(out)
        return None
    if wanted == NO_BASELINE:
        return wanted
    find_summary(out, wanted)
    layout = run_at(out, wanted)
    if layout is None or wanted in baseline_names(out):
        return wanted
    return layout.run_id if layout.folder.parent == out.resolve() else str(layout.folder)


def find_summary(out: Path, reference: str) -> tuple[str, RunSummary]:
    """The baseline of a name, or the run at a path or of a name in ``out``, with what to call it.

    Raises UsageError when there is neither, InvalidInputError when it cannot be read.
    """
    if _NAME.fullmatch(reference):
        found = _read_baseline(OutLayout(out).baseline(reference))
        if found is not None:
            return reference, found
    layout = run_at(out, reference)
    if layout is not None:
        return layout.run_id, summary_at(layout)
    known = [*baseline_names(out), *(folder.name for folder in run_folders(out))]
    near = difflib.get_close_matches(reference, known, n=1)
    listed = f"choose from: {', '.join(known[:5])}" if known else "run the scenarios first"
    raise UsageError(
        f"{reference!r} is neither a baseline nor a run of {out}", fix=f"did you mean {near[0]}?" if near else listed
    )


def judge_beside_baseline(stored: StoredRun, wanted: str | None) -> ReadinessReport:
    """The report of a run that has been read, beside its baseline if there is one; ``wanted`` is of its settings.

    Earlier runs that executed the same on the same machine count as repeats.
    """
    judged, out = judge(stored), stored.layout.folder.parent
    found = None if wanted == NO_BASELINE else _usual(out) if wanted is None else find_summary(out, wanted)
    if found is None:
        return judged
    name, before = found
    now = summary_of(judged)
    used = {stamp.run_id for stamp in before.runs}
    comparison = compare(
        before,
        together([*repeats_of(now, _earlier(out, judged.run_id, used)), now]),
        name_before=name,
        name_now=judged.run_id,
        yardstick=stored_terms(stored).policy.thresholds.yardstick,
    )
    return judge(stored, comparison, judged=judged)


def write_index(out: Path) -> None:
    """Write the page that lists every run of a folder, unless something of that name is there that is not ours."""
    from cursus_readiness.render.index import render_index  # slow to import

    path, tolerances = OutLayout(out).index, Policy().yardstick.tolerances
    with held(out):  # of two runs that end together the second must not list the folder as it was before the first
        if path.is_file() and _GENERATOR not in path.read_text(encoding="utf-8", errors="replace"):
            return
        shown = history_of(history(out), time=tolerances[Figure.WALL], memory=tolerances[Figure.PEAK_MEMORY])
        write_text(path, render_index(shown))


def compare_references(out: Path, before: str, now: str) -> Comparison:
    """Two runs or baselines beside each other, each as it is."""
    (name_before, earlier), (name_now, later) = find_summary(out, before), find_summary(out, now)
    return compare(earlier, later, name_before=name_before, name_now=name_now, yardstick=Policy().yardstick)


def promote(out: Path, runs: Sequence[str], name: str, *, forced_because: str | None = None) -> Path:
    """Make runs of the same code on the same machine a baseline; the newest says what became of the steps.

    Raises UsageError when they are not fit to be one and nobody says why they should be all the same.
    """
    if not _NAME.fullmatch(name) or name == NO_BASELINE:
        raise UsageError(f"{name!r} is no name for a baseline", fix="use letters, digits, dots and dashes: --name main")
    found = [_run_summary(out, reference) for reference in runs]
    summaries = list({summary.newest.run_id: summary for summary in found}.values())
    pooled = together(summaries)
    unfit = [*_unfit(summaries), *_strangers(summaries, pooled)]
    if unfit and not forced_because:
        raise UsageError(f"not promoted: {unfit[0]}", fix="promote another run, or say why with --force REASON")
    path = OutLayout(out).baseline(name)
    write_summary(path, pooled.model_copy(update={"forced_because": forced_because if unfit else None}))
    return path


def _entry(folder: Path) -> HistoryEntry:
    layout = RunLayout(folder)
    has_page = layout.rendered("html").is_file()
    try:
        return HistoryEntry(run_id=folder.name, summary=summary_at(layout), has_page=has_page)
    except InvalidInputError as error:
        where = f"{folder.resolve().parent}/", f"{folder.parent}/"  # the page of a folder says nothing of its place
        problem = error.message.replace(where[0], "").replace(where[1], "")
        return HistoryEntry(run_id=folder.name, problem=problem, has_page=has_page)


def _of_scenario(entry: HistoryEntry, name: str) -> HistoryEntry | None:
    if entry.summary is None:
        return entry
    mine = tuple(item for item in entry.summary.scenarios if item.scenario_name == name)
    return entry.model_copy(update={"summary": entry.summary.model_copy(update={"scenarios": mine})}) if mine else None


def _read_baseline(path: Path) -> RunSummary | None:
    try:
        return read_summary(path)
    except InvalidInputError as error:
        error.fix = "promote it again, or choose another with --baseline"
        raise


def _usual(out: Path) -> tuple[str, RunSummary] | None:
    for name in USUAL_BASELINES:
        found = _read_baseline(OutLayout(out).baseline(name))
        if found is not None:
            return name, found
    return None


def _earlier(out: Path, run_id: str, used: set[str]) -> list[RunSummary]:
    """The newest runs up to this one that are no part of the baseline; one that cannot be read is no use."""
    second = len("20260314T092653Z")  # names of runs of one second have no order
    names = [folder.name for folder in run_folders(out) if folder.name[:second] <= run_id[:second]]
    found = []
    for name in [name for name in names if name != run_id and name not in used][:_EARLIER_RUNS]:
        with suppress(InvalidInputError):
            found.append(summary_at(RunLayout(out / name)))
    return found


def _run_summary(out: Path, reference: str) -> RunSummary:
    layout = run_at(out, reference)
    if layout is None:
        raise UsageError(f"{reference!r} is no run of {out}", fix="`readiness history` lists them")
    return summary_at(layout)


def _unfit(summaries: Sequence[RunSummary]) -> list[str]:
    found = []
    for stamp in (summary.newest for summary in summaries):
        if not stamp.is_complete:
            found.append(f"{stamp.run_id} did not come to its end")
        elif stamp.verdict not in _FIT:
            found.append(f"{stamp.run_id} is {stamp.verdict.value.replace('_', ' ')}")
        elif stamp.is_selection:
            found.append(f"{stamp.run_id} ran a selection of scenarios or steps")
    return found


def _strangers(summaries: Sequence[RunSummary], pooled: RunSummary) -> list[str]:
    """Why runs are not repeats of each other."""
    newest = pooled.newest.run_id
    used = {item.run_id for scenario in pooled.scenarios for step in scenario.steps for item in step.measurements}
    found = [] if used else ["nothing was measured: every step was reused or did not succeed"]
    for summary in summaries:
        run_id = summary.newest.run_id
        others = obstacles(summary.environment, pooled.environment)
        if others and run_id != newest:
            found.append(f"{run_id} and {newest} ran on different machines ({others[0]})")
        elif run_id not in used and run_id != newest:
            found.append(f"no step of {run_id} executed the same as {newest}")
    return found
