"""Hand-built values of every shape, a clock that only moves when told, a probe that reads from a script."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cursus_readiness.audits.base import Evidence
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.report import judge_run
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.job import Job, JobInput, JobOutput, Packing
from cursus_readiness.model.plan import Plan, PlannedStep, ServedInput
from cursus_readiness.model.report import ReadinessReport, RunEnvironment
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus, Usage
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.model.table import ColumnRecord, TableRecord
from cursus_readiness.resources import InstanceSpec
from cursus_readiness.sampling.probe import ProcessMemory, Reading, Share
from cursus_readiness.units import GIB, MIB

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)

INSTANCES = {
    spec.name: spec
    for spec in (
        InstanceSpec("ml.m5.large", 2, 8 * GIB, 0),
        InstanceSpec("ml.m5.xlarge", 4, 16 * GIB, 0),
        InstanceSpec("ml.m5.2xlarge", 8, 32 * GIB, 0),
        InstanceSpec("ml.m5.4xlarge", 16, 64 * GIB, 0),
        InstanceSpec("ml.m5.12xlarge", 48, 192 * GIB, 0),
        InstanceSpec("ml.c5.large", 2, 4 * GIB, 0),
        InstanceSpec("ml.g5.xlarge", 4, 16 * GIB, 1),
    )
}


class FakeClock:
    """A clock that moves when ``advance`` is called."""

    def __init__(self, at_s: float = 100.0) -> None:
        self.at_s = at_s

    def advance(self, seconds: float) -> None:
        self.at_s += seconds

    def monotonic(self) -> float:
        return self.at_s

    def now(self) -> datetime:
        return START + timedelta(seconds=self.at_s - 100.0)


class ScriptedProbe:
    """Yields the readings of a script, then the last one for ever; ``pss_bytes`` is the PSS of the whole tree."""

    def __init__(self, readings: Iterable[Reading | None], pss_bytes: int | None = None) -> None:
        self.readings = list(readings)
        self.pss_bytes = pss_bytes
        self.pss_reads = 0
        self.is_closed = False
        self.last: Reading | None = None

    def read(self) -> Reading | None:
        self.last = self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]
        return self.last

    def read_shares(self) -> tuple[Share, ...] | None:
        self.pss_reads += 1
        if self.pss_bytes is None or self.last is None:
            return None
        each = self.pss_bytes // self.last.process_count
        return tuple(Share(item.pid, item.rss_bytes, each, 0) for item in self.last.processes)

    def close(self) -> None:
        self.is_closed = True


def a_reading(**changes: Any) -> Reading:
    """One process of 10 MiB that has done nothing; where there are several, they have equal parts of the memory."""
    plain = Reading(
        cpu_s=0.0,
        rss_bytes=10 * MIB,
        read_bytes=0,
        written_bytes=0,
        process_count=1,
        thread_count=1,
        waiting_count=0,
    )
    reading = replace(plain, **changes)
    if "processes" in changes:
        return reading
    each = reading.rss_bytes // reading.process_count
    processes = [ProcessMemory(pid, each, each) for pid in range(1, reading.process_count + 1)]
    return replace(reading, processes=processes)


def a_usage(**changes: Any) -> Usage:
    """A well-behaved step: 10 s of CPU, 1 GiB at most, 100 samples."""
    fields: dict[str, Any] = {
        "sample_count": 100,
        "cadence_hz": 10.0,
        "cpu_s": 10.0,
        "peak_memory_bytes": 1 * GIB,
        "peak_memory_method": "sampled RSS",
        "largest_process_bytes": 1 * GIB,
        "peak_rss_bytes": 1 * GIB,
        "read_bytes": 5 * MIB,
        "written_bytes": 3 * MIB,
        "peak_process_count": 1,
        "io_wait_ratio": 0.0,
        "sampler_cpu_s": 0.05,
    }
    return Usage(**{**fields, **changes})


def a_step(name: str = "Train", *, usage: Usage | None = None, **changes: Any) -> StepResult:
    """A step that succeeded in 10 s, within 4 GiB."""
    fields: dict[str, Any] = {
        "step_name": name,
        "step_type": "Processing",
        "status": StepStatus.SUCCEEDED,
        "started_at": START,
        "offset_s": 0.0,
        "wall_s": 10.0,
        "exit_code": 0,
        "attempt_count": 1,
        "memory_limit_bytes": 4 * GIB,
        "time_limit_s": 600.0,
    }
    return StepResult(**{**fields, "usage": usage or a_usage(), **changes})


def a_step_that_never_ran(name: str, status: StepStatus, reason: str | None = None) -> StepResult:
    """A step without a process."""
    return StepResult(step_name=name, step_type="Processing", status=status, reason=reason)


def a_rule(*, held: bool | None = True, **changes: Any) -> RuleResult:
    """A rule on one file of the step Train."""
    fields: dict[str, Any] = {
        "step": "Train",
        "target": "data/*.csv",
        "rule": "row_count",
        "held": held,
        "message": "1,000 rows",
    }
    return RuleResult(**{**fields, **changes})


def a_result(steps: Iterable[StepResult] | None = None, **changes: Any) -> E2ETestResult:
    """The result of a scenario, with counts that follow from its steps."""
    chosen = tuple([a_step()] if steps is None else steps)
    peaks = [step.usage.peak_memory_bytes for step in chosen if step.usage.peak_memory_bytes is not None]
    failed = sum(step.status.has_failed for step in chosen)
    fields: dict[str, Any] = {
        "scenario_name": "churn",
        "success": bool(chosen) and all(step.status.has_succeeded for step in chosen),
        "total_duration": 12.5,
        "peak_memory_usage": max(peaks) / MIB if peaks else float("nan"),
        "steps_executed": sum(step.status.was_executed for step in chosen),
        "steps_failed": failed,
        "validation_results": {},
        "started_at": START,
        "expected_steps": tuple(step.step_name for step in chosen),
        "steps": chosen,
    }
    return E2ETestResult(**{**fields, **changes})


def an_environment(**changes: Any) -> RunEnvironment:
    """A machine that does not exist."""
    fields: dict[str, Any] = {
        "tool_version": "1.2.3",
        "python_version": "3.11.7",
        "platform": "Linux-6.1-x86_64",
        "cpu_model": "Example CPU",
        "cpu_count": 4,
        "memory_bytes": 16 * GIB,
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "is_commit_dirty": False,
        "packages": {"pandas": "3.0.0"},
    }
    return RunEnvironment(**{**fields, **changes})


def a_report(*scenarios: E2ETestResult, is_complete: bool = True, wall_s: float | None = 13.0) -> ReadinessReport:
    """The report that judging these scenarios gives."""
    return judge_run(
        scenarios,
        run_id="20260314T092653Z-abc123",
        started_at=START,
        wall_s=wall_s,
        is_complete=is_complete,
        environment=an_environment(),
        policy=Policy(),
        instances=INSTANCES,
    )


def some_evidence(*steps: StepResult, policy: Policy | None = None, **changes: Any) -> Evidence:
    """Evidence over one scenario with these steps."""
    return Evidence(a_result(steps, **changes), policy or Policy(), INSTANCES)


def a_scenario(folder: Path | None = None, **changes: Any) -> E2ETestScenario:
    """A scenario, as if it came from a file in ``folder``."""
    fields: dict[str, Any] = {"scenario_name": "churn", "pipeline_config_path": "definition.json", "expected_steps": []}
    if folder is not None:
        fields["source_file"] = folder / "scenario.yaml"
    return E2ETestScenario.model_validate({**fields, **changes})


def a_definition(*steps: dict[str, Any], parameters: list[dict[str, Any]] | None = None) -> str:
    """The text of a definition."""
    return json.dumps({"Version": "2020-12-01", "Parameters": parameters or [], "Steps": list(steps)})


def an_input(uri: str, path: str = "/opt/ml/processing/input/data", **changes: Any) -> JobInput:
    """An input of a job."""
    return JobInput(**{"name": "data", "uri": uri, "path": path, **changes})


def an_output(uri: str, path: str = "/opt/ml/processing/output/data", *, tar: bool = False) -> JobOutput:
    """An output of a job."""
    return JobOutput(name="data", uri=uri, path=path, packing=Packing.TAR_GZ if tar else Packing.NONE)


def a_job(name: str = "Train", **changes: Any) -> Job:
    """A job that runs ``true``."""
    fields: dict[str, Any] = {
        "step_name": name,
        "step_type": "Processing",
        "command": ("true",),
        "working_directory": "/",
        "environment": {},
    }
    return Job(**{**fields, **changes})


def a_plan(*jobs: Job, scenario: E2ETestScenario | None = None, served: Iterable[ServedInput] = ()) -> Plan:
    """A plan of jobs that do not depend on each other."""
    steps = tuple(PlannedStep(name=job.step_name, step_type=job.step_type, job=job) for job in jobs)
    return Plan(scenario=scenario or a_scenario(), steps=steps, served=tuple(served))


def a_served(uri: str, source: str, prefix: str | None = None, **binding: Any) -> ServedInput:
    """An input that something outside the pipeline serves."""
    return ServedInput(uri=uri, prefix=prefix or uri, binding=InputBinding(source=source, **binding))


def a_table(*, rows: int | None = 100, **changes: Any) -> TableRecord:
    """A table whose columns are given by name and type, and its other fields by their names."""
    fields = {name: changes.pop(name) for name in list(changes) if name in TableRecord.model_fields}
    columns = tuple(ColumnRecord(name=name, dtype=dtype, null_count=0) for name, dtype in changes.items())
    plain: dict[str, Any] = {
        "path": "part-*.csv",
        "format": "csv",
        "file_count": 1,
        "size_bytes": 1000,
        "row_count": rows,
        "read_file_count": 1,
        "read_row_count": rows or 0,
        "column_count": len(columns),
        "columns": columns,
    }
    return TableRecord(**{**plain, **fields})
