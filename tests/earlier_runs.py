"""Summaries of runs that never were, and folders of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from builders import START, a_report, a_result, a_step, a_usage, an_environment
from cursus_readiness.analysis.summary import summary_of, together
from cursus_readiness.model.report import PLAIN_RUN, RunEnvironment, RunSettings
from cursus_readiness.model.result import E2ETestResult, StepResult
from cursus_readiness.model.summary import RunSummary
from cursus_readiness.store.history import write_summary
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.writing import write_text
from cursus_readiness.units import GIB


def a_run_id(number: int) -> str:
    """Names of runs an hour apart."""
    return f"{START + timedelta(hours=number):%Y%m%dT%H%M%SZ}-{number:06x}"


def a_summary(
    *steps: StepResult,
    number: int = 0,
    environment: RunEnvironment | None = None,
    scenarios: Sequence[E2ETestResult] = (),
    is_complete: bool = True,
    settings: RunSettings = PLAIN_RUN,
    **changes: Any,
) -> RunSummary:
    """What a run of these steps would leave; ``number`` tells runs apart."""
    judged = a_report(*(scenarios or [a_result(steps or None, **changes)]), is_complete=is_complete)
    fields = {
        "run_id": a_run_id(number),
        "started_at": START + timedelta(hours=number),
        "environment": environment or an_environment(),
        "settings": settings,
    }
    return summary_of(judged.model_copy(update=fields))


def a_timed_step(name: str = "Train", wall_s: float = 10.0, peak_bytes: int = GIB, **changes: Any) -> StepResult:
    """A step of which all figures follow from two."""
    usage = a_usage(cpu_s=wall_s, peak_memory_bytes=peak_bytes)
    return a_step(
        name, wall_s=wall_s, usage=usage, **{"fingerprint": "f" * 64, "command": ("python3", name), **changes}
    )


def repeats(walls_s: Iterable[float], *, first: int = 0) -> RunSummary:
    """Runs of one step that took so long, as one."""
    return together([a_summary(a_timed_step(wall_s=wall), number=first + place) for place, wall in enumerate(walls_s)])


def write_run(out: Path, summary: RunSummary, *, has_page: bool = True) -> Path:
    """A run folder of which nothing is left but what the history needs."""
    layout = RunLayout(out / summary.newest.run_id)
    write_text(layout.journal, "")
    write_summary(layout.summary, summary)
    if has_page:
        write_text(layout.rendered("html"), "<!DOCTYPE html><title>report</title>")
    return layout.folder
