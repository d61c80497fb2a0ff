"""What the page shows beside the judgement: series for the charts, logs, data."""

from __future__ import annotations

from pydantic import Field

from cursus_readiness.model.base import Model


class StepSeries(Model):
    """The samples of one step, thinned for drawing so that no peak is lost. Equal lengths; ``None`` not measured."""

    scenario: str
    step: str
    sample_count: int = Field(ge=0, description="How many samples were taken.")
    elapsed_s: tuple[float, ...]
    memory_bytes: tuple[int, ...]
    cpu_ratio: tuple[float, ...]


class LogTail(Model):
    """The end of a step's log."""

    scenario: str
    step: str
    stream: str
    text: str
    dropped_bytes: int = 0


class Attachments(Model):
    """Everything that is shown and was not judged."""

    series: tuple[StepSeries, ...] = ()
    logs: tuple[LogTail, ...] = ()
