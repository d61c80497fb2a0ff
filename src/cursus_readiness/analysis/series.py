"""Thin samples for drawing."""

from __future__ import annotations

from typing import Any

from cursus_readiness.model.attachments import StepSeries

POINT_LIMIT = 240


def step_series(scenario: str, step: str, samples: dict[str, Any]) -> StepSeries | None:
    """The series of a step from its samples (numpy columns); ``None`` without any.

    Memory is PSS where it was read, else RSS. Above ``POINT_LIMIT`` samples each of 60 equal spans keeps its smallest
    and largest value of memory and of CPU, so the extremes drawn are those measured.
    """
    if not samples or len(samples["elapsed_s"]) == 0:
        return None
    import numpy as np  # slow to import

    pss, rss = samples["pss_bytes"], samples["rss_bytes"]
    memory = np.where(np.isnan(pss), rss, pss)
    cpu = samples["cpu_ratio"]
    count = len(memory)
    if count <= POINT_LIMIT:
        kept = np.arange(count)
    else:
        spans = np.array_split(np.arange(count), POINT_LIMIT // 4)
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
