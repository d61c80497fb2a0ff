"""What a run measured: per step, and per scenario."""

from __future__ import annotations

import math
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_serializer, field_validator, model_validator

from cursus_readiness.model.access import Access
from cursus_readiness.model.base import Bytes, Model, Seconds
from cursus_readiness.model.contention import Contention
from cursus_readiness.model.critical_path import CriticalPath
from cursus_readiness.model.diagnosis import StepDiagnosis
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.lineage import DataFlow
from cursus_readiness.model.notebook import html_table
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.model.table import TableRecord
from cursus_readiness.units import format_bracket, format_bytes, format_seconds


class StepStatus(StrEnum):
    """How a step ended, or why it never started."""

    SUCCEEDED = "succeeded"
    FLAKY = "flaky"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    BLOCKED = "blocked"
    NOT_TAKEN = "not_taken"
    NOT_EXECUTED = "not_executed"
    REUSED = "reused"
    INTERRUPTED = "interrupted"

    @property
    def has_succeeded(self) -> bool:
        """Whether steps that depend on this one may run."""
        return self in (StepStatus.SUCCEEDED, StepStatus.FLAKY, StepStatus.REUSED)

    @property
    def has_failed(self) -> bool:
        """Whether the step was executed and did not succeed."""
        return self in (StepStatus.FAILED, StepStatus.TIMED_OUT, StepStatus.OUT_OF_MEMORY)

    @property
    def was_executed(self) -> bool:
        """Whether this step was run, or decided, here."""
        return self.has_failed or self in (StepStatus.SUCCEEDED, StepStatus.FLAKY, StepStatus.INTERRUPTED)


class StepCause(StrEnum):
    """What ended a step that was started, or was to be, and did not succeed."""

    EXIT_CODE = "exit_code"
    SIGNAL = "signal"
    FAILURE_FILE = "failure_file"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    MACHINE_OUT_OF_MEMORY = "machine_out_of_memory"
    DISK_LIMIT = "disk_limit"
    NOT_STARTED = "not_started"


class StepKind(StrEnum):
    """What a step is here: a process, a decision of the tool itself, or a fixture that stands for its outputs."""

    PROCESS = "process"
    CONTROL = "control"
    FIXTURE = "fixture"


class Usage(Model):
    """What one attempt of a step used. Every value comes from the kernel; ``None`` means *not measured*.

    ``peak_memory_bytes`` is the best estimate of the resident memory of the whole process tree, with shared pages
    counted once and pages of mapped files included. It lies within ``peak_memory_lower_bytes`` (the largest
    high-water mark of a single process, or the largest measured total) and ``peak_memory_upper_bytes`` (the largest
    sum over the tree that is possible), unless a spike of several processes fell between two looks. What must fit is
    ``peak_anonymous_bytes``: pages of files can be dropped and read again. docs/measuring.md says how each was got.
    """

    sample_count: int = Field(default=0, ge=0)
    cadence_hz: float | None = Field(default=None, ge=0, description="Achieved samples per second.")
    cpu_s: Seconds | None = None
    is_cpu_lower_bound: bool = Field(default=False, description="Totals may lack what some children used.")
    peak_memory_bytes: Bytes | None = None
    peak_memory_method: str | None = Field(default=None, description="A short name, a colon, and what it means.")
    peak_memory_lower_bytes: Bytes | None = None
    peak_memory_upper_bytes: Bytes | None = None
    peak_anonymous_bytes: Bytes | None = Field(default=None, description="Anonymous and shared memory, no files.")
    cgroup_peak_bytes: Bytes | None = Field(default=None, description="The kernel's, with the page cache.")
    largest_process_bytes: Bytes | None = None
    peak_rss_bytes: Bytes | None = None
    peak_pss_bytes: Bytes | None = None
    read_bytes: Bytes | None = None
    written_bytes: Bytes | None = None
    peak_process_count: int | None = Field(default=None, ge=0)
    io_wait_ratio: float | None = Field(default=None, ge=0, description="Share of samples with a process in D state.")
    sampler_cpu_s: Seconds | None = Field(default=None, description="What watching cost the tool.")

    @property
    def peak_memory_line(self) -> str:
        """Method, value, bounds and cadence on one line: ``PSS 612 [610-620] MiB, 48 Hz``."""
        if self.peak_memory_bytes is None:
            return "not measured"
        short = (self.peak_memory_method or "").partition(":")[0]
        bracket = format_bracket(self.peak_memory_bytes, self.peak_memory_lower_bytes, self.peak_memory_upper_bytes)
        cadence = "not sampled" if self.cadence_hz is None else f"{self.cadence_hz:.0f} Hz"
        return f"{short} {bracket}, {cadence}".lstrip()

    @model_validator(mode="after")
    def _a_sampled_value_needs_samples(self) -> Self:
        sampled = (self.peak_rss_bytes, self.peak_pss_bytes, self.peak_anonymous_bytes, self.io_wait_ratio)
        if self.sample_count == 0 and any(value is not None for value in sampled):
            raise ValueError("a sampled value without a single sample")
        return self


class OutputRecord(Model):
    """What one output of a step held when the step had ended; of a step that failed, what lay in its folder."""

    name: str
    uri: str
    file_count: int = Field(ge=0)
    size_bytes: Bytes
    tables: tuple[TableRecord, ...] | None = Field(default=None, description="None: nobody looked.")

    @property
    def row_count(self) -> int | None:
        """Rows of all its tables; ``None`` when there is none, or not all rows were counted."""
        counts = [table.row_count for table in self.tables or ()]
        return sum(count for count in counts if count is not None) if counts and None not in counts else None


class InputRecord(Model):
    """Data that a step was given. Figures are those of data from sources: steps tell of what they wrote themselves."""

    name: str
    uri: str
    file_count: int | None = Field(default=None, ge=0)
    size_bytes: Bytes | None = None
    tables: tuple[TableRecord, ...] | None = None


class RepeatRecord(Model):
    """The second run of a step whose outputs are to be the same each time: what it cost."""

    status: StepStatus
    reason: str | None = None
    wall_s: Seconds | None = None
    cpu_s: Seconds | None = None
    peak_memory_bytes: Bytes | None = None


class StepResult(Model):
    """One step of one run. Units are in the names; ``None`` means *not measured* or *does not apply*."""

    step_name: str
    step_type: str
    status: StepStatus
    reason: str | None = None
    depends_on: tuple[str, ...] = ()
    started_at: AwareDatetime | None = None
    offset_s: Seconds | None = Field(default=None, description="Start, counted from the start of the scenario.")
    wall_s: Seconds | None = Field(default=None, description="Monotonic, start to end of the step's process.")
    process_offset_s: Seconds | None = Field(
        default=None, description="Start of its (last attempt's) process, likewise."
    )
    exit_code: int | None = None
    signal: int | None = None
    cause: StepCause | None = Field(default=None, description="What ended it, where it was executed and failed.")
    attempt_count: int = Field(default=0, ge=0)
    usage: Usage = Usage()
    memory_limit_bytes: Bytes | None = None
    limited_by: str | None = Field(default=None, description="What holds the memory limit: control groups, or polling.")
    oom_kill_count: int | None = Field(default=None, ge=0, description="Processes that the kernel killed for memory.")
    stdout_dropped_bytes: Bytes | None = Field(default=None, description="What its log had no room for.")
    stderr_dropped_bytes: Bytes | None = None
    time_limit_s: Seconds | None = None
    instance_type: str | None = None
    instance_count: int | None = None
    command: tuple[str, ...] = ()
    inputs: tuple[InputRecord, ...] = Field(default=(), description="Its data, without its code.")
    outputs: tuple[OutputRecord, ...] = ()
    repeat: RepeatRecord | None = Field(default=None, description="Its second run, where a rule asks for one.")
    accesses: tuple[Access, ...] = Field(default=(), description="What its scripts asked AWS for by themselves.")
    isolation: str | None = None
    environment: str | None = Field(default=None, description="The Python that it ran with.")
    kind: StepKind = StepKind.PROCESS
    stand_in: str | None = Field(default=None, description="What ran in the place of the container's program.")
    contention: Contention | None = None
    fingerprint: str | None = Field(
        default=None,
        description="SHA-256 of its code, inputs, environment and parameters.",
    )
    reused_from: str | None = Field(default=None, description="The run that measured it, of a step that is reused.")
    diagnosis: StepDiagnosis | None = Field(default=None, description="From its samples; None where they are few.")

    @property
    def had_process(self) -> bool:
        """Whether a process of this step ran, here or in the run that it is reused from."""
        return (self.status.was_executed or self.status is StepStatus.REUSED) and self.kind is StepKind.PROCESS

    @property
    def limited_memory_bytes(self) -> int | None:
        """What of the peak counts against the memory limit: where pages of files put it over, what must fit."""
        peak, needed = self.usage.peak_memory_bytes, self.usage.peak_anonymous_bytes
        if peak is None or needed is None or not self.memory_limit_bytes or peak <= self.memory_limit_bytes:
            return peak
        return needed

    @property
    def is_flaky(self) -> bool:
        """Whether it succeeded only when it was tried again."""
        return self.status is StepStatus.FLAKY or (self.status is StepStatus.REUSED and self.attempt_count > 1)


class PerformanceMetrics(Model):
    """One summary of what a process tree used. The units are the founding plan's; ``mb`` is MiB (2^20 bytes)."""

    cpu_usage_percent: float
    memory_usage_mb: float
    memory_peak_mb: float
    disk_io_read_mb: float
    disk_io_write_mb: float
    execution_time_seconds: float
    concurrent_tasks: int


class E2ETestResult(BaseModel):
    """What became of one scenario.

    ``total_duration`` is in seconds and ``peak_memory_usage`` in MiB (2^20 bytes): the largest peak of any step. Both
    are NaN (``null`` in JSON) when nothing was measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")

    scenario_name: str
    success: bool
    total_duration: float
    peak_memory_usage: float
    steps_executed: int
    steps_failed: int
    validation_results: dict[str, Any]
    error_details: str | None = None
    performance_metrics: dict[str, float] = Field(default_factory=dict)
    description: str = ""
    tags: tuple[str, ...] = ()
    started_at: datetime | None = None
    expected_steps: tuple[str, ...] = ()
    steps: tuple[StepResult, ...] = ()
    critical_path: CriticalPath | None = Field(default=None, description="None when no step was timed.")
    rules: tuple[RuleResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    data_flow: DataFlow = DataFlow()
    problem: str | None = Field(default=None, description="'invalid' or 'cannot_run' when it never started.")
    is_complete: bool = True
    max_flaky: int | None = Field(default=None, ge=0, description="How many flaky steps are accepted; None: any.")

    @field_validator("total_duration", "peak_memory_usage", mode="before")
    @classmethod
    def _null_is_nan(cls, value: Any) -> Any:
        return math.nan if value is None else value

    @field_serializer("total_duration", "peak_memory_usage", when_used="json")
    def _nan_is_null(self, value: float) -> float | None:
        return None if math.isnan(value) else value

    def _repr_html_(self) -> str:
        """The scenario as a notebook shows it."""
        outcome = "passed" if self.success else "not passed"
        rows = [
            (
                step.step_name,
                f"{step.status.value}: {step.reason}" if step.reason else step.status.value,
                format_seconds(step.wall_s),
                format_bytes(step.usage.peak_memory_bytes),
            )
            for step in self.steps
        ]
        caption = f"{self.scenario_name}: {outcome}, {format_seconds(self.total_duration)}"
        why = f" ({self.error_details})" if self.error_details else ""
        return html_table(caption + why, ("Step", "Status", "Time", "Peak memory"), rows)
