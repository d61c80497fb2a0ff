"""Where the time and the memory of a step went, from its samples and totals. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cursus_readiness.analysis.growth import growth_of
from cursus_readiness.model.diagnosis import StepDiagnosis
from cursus_readiness.model.result import E2ETestResult, StepResult

SHORTEST_DIAGNOSED_S = 2.0
FEWEST_DIAGNOSED_SAMPLES = 10
_COMPUTING_CORES = 0.5  # where nobody counted the threads that want to compute


def with_diagnoses(
    scenario: E2ETestResult, samples: Callable[[str], Mapping[str, Any]], cpu_count: int | None
) -> E2ETestResult:
    """The same result with the diagnosis of each step that is long enough; ``samples`` reads those of a step."""
    steps = tuple(
        step.model_copy(update={"diagnosis": diagnose(step, samples(step.step_name), cpu_count)})
        if is_diagnosable(step)
        else step
        for step in scenario.steps
    )
    return scenario.model_copy(update={"steps": steps})


def is_diagnosable(step: StepResult) -> bool:
    """Whether a step ran here, and long enough for shares of its time to mean something: most of 0.2 s is start-up."""
    is_long = step.wall_s is not None and step.wall_s >= SHORTEST_DIAGNOSED_S
    return step.had_process and is_long and step.usage.sample_count >= FEWEST_DIAGNOSED_SAMPLES


def diagnose(step: StepResult, samples: Mapping[str, Any], cpu_count: int | None) -> StepDiagnosis | None:
    """The diagnosis from samples (numpy columns); ``None`` without enough of them."""
    if len(samples.get("elapsed_s", ())) < FEWEST_DIAGNOSED_SAMPLES:
        return None
    import numpy as np  # slow to import

    elapsed_s, cores = samples["elapsed_s"], samples["cpu_ratio"]
    weights = np.diff(elapsed_s, prepend=0.0)  # each sample tells of the time since the one before
    runnable = samples.get("runnable_count", np.full(len(elapsed_s), np.nan))
    wants = np.where(np.isnan(runnable), cores >= _COMPUTING_CORES, runnable >= 1)
    waits = samples["waiting_count"] > 0
    computes = wants & ~waits
    shares = [float(weights[chosen].sum() / weights.sum()) for chosen in (computes, waits, ~wants & ~waits)]
    counted = wants & ~np.isnan(runnable)
    usage, half = step.usage, len(elapsed_s) // 2
    has_both = usage.peak_rss_bytes is not None and usage.peak_memory_bytes
    return StepDiagnosis(
        cpu_count=cpu_count,
        effective_cores=None if usage.cpu_s is None or not step.wall_s else usage.cpu_s / step.wall_s,
        computing_ratio=min(shares[0], 1.0),
        storage_wait_ratio=min(shares[1], 1.0),
        idle_ratio=min(shares[2], 1.0),
        runnable_threads=float(np.average(runnable[counted])) if counted.any() else None,
        busy_cores=float(np.average(cores[wants], weights=weights[wants])) if weights[wants].sum() > 0 else None,
        process_count=float(np.mean(samples["process_count"][wants] if wants.any() else samples["process_count"])),
        peak_thread_count=int(samples["thread_count"].max()),
        staging_s=_staging_s(step),
        steady_memory_bytes=int(np.median(samples["rss_bytes"][half:])),
        resident_to_held_ratio=(usage.peak_rss_bytes or 0) / (usage.peak_memory_bytes or 1) if has_both else None,
        growth=growth_of(elapsed_s, samples["rss_bytes"]),
    )


def _staging_s(step: StepResult) -> float | None:
    """What bringing inputs and a root directory took; attempts before the last would count as staging, too."""
    if step.offset_s is None or step.process_offset_s is None or step.attempt_count > 1:
        return None
    return max(step.process_offset_s - step.offset_s, 0.0)
