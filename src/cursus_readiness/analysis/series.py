"""Thin samples for drawing."""

from __future__ import annotations

from typing import Any

from cursus_readiness.model.attachments import StepSeries

MOST_POINTS = 240
FEWEST_POINTS = 24
_ALL_POINTS = 600_000


def points_for(step_count: int) -> int:
    """How many points of each step are drawn: all steps of a run share what a page can carry."""
    return max(FEWEST_POINTS, min(MOST_POINTS, _ALL_POINTS // max(step_count, 1)))


def step_series(scenario: str, step: str, samples: dict[str, Any], most_points: int = MOST_POINTS) -> StepSeries | None:
    """The series of a step from its samples (numpy columns); ``None`` without any.

    Memory is PSS where it was read, else RSS. Of more than ``most_points`` samples, equal spans keep their smallest and
    largest value of memory and of CPU, so the extremes drawn are those measured.
    """
    if not samples or len(samples["elapsed_s"]) == 0:
        return None
    import numpy as np  # slow to import

    pss, rss = samples["pss_bytes"], samples["rss_bytes"]
    memory = np.where(np.isnan(pss), rss, pss)
    cpu = samples["cpu_ratio"]
    count = len(memory)
    if count <= most_points:
        kept = np.arange(count)
    else:
        spans = np.array_split(np.arange(count), max(most_points // 4, 1))
        extremes = [
            span[pick(values[span])] for span in spans for values in (memory, cpu) for pick in (np.argmin, np.argmax)
        ]
        kept = np.unique(np.array([0, *extremes, count - 1]))
    return StepSeries(
        scenario=scenario,
        step=step,
        sample_count=count,
        elapsed_s=tuple(np.round(samples["elapsed_s"][kept], 3).tolist()),
        memory_bytes=tuple(memory[kept].astype(np.int64).tolist()),
        cpu_ratio=tuple(np.round(cpu[kept], 3).tolist()),
    )
