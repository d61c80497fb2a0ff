"""What the page shows beside the judgement: series for the charts, logs, what each step was given."""

from __future__ import annotations

from pydantic import Field

from cursus_readiness.model.base import Model
from cursus_readiness.model.signature import Signature


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


class StepInput(Model):
    """Where an input of a step came from, and the folder of the container that it was placed in."""

    name: str
    uri: str
    path: str


class StepDetail(Model):
    """What a step was given, secrets hidden, and the command that runs it again."""

    scenario: str
    step: str
    variables: dict[str, str] = Field(default_factory=dict)
    inputs: tuple[StepInput, ...] = ()
    instance_memory_bytes: int | None = Field(default=None, description="Memory of the instance that it asks for.")
    rerun: str | None = Field(default=None, description="A command line for this step and what it depends on.")


class Attachments(Model):
    """Everything that is shown and was not judged."""

    series: tuple[StepSeries, ...] = ()
    logs: tuple[LogTail, ...] = ()
    details: tuple[StepDetail, ...] = ()
    signatures: tuple[Signature, ...] = Field(default=(), description="Who signed what was judged.")
