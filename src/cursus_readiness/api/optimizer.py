"""``PerformanceOptimizer``: watch this process tree, and say what could be better."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cursus_readiness.analysis.diagnosis import with_diagnoses
from cursus_readiness.analysis.series import MOST_POINTS, step_series
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.runner import run_audits
from cursus_readiness.clock import Clock, SystemClock
from cursus_readiness.environments.machine import memory_bytes
from cursus_readiness.errors import UsageError
from cursus_readiness.model.attachments import StepSeries
from cursus_readiness.model.audit import OptimizationRecommendation
from cursus_readiness.model.result import E2ETestResult, PerformanceMetrics, StepResult, StepStatus, Usage
from cursus_readiness.resources import instance_specs
from cursus_readiness.sampling.portable import probe_of
from cursus_readiness.sampling.probe import Probe, Reading
from cursus_readiness.sampling.sampler import Sampler
from cursus_readiness.sampling.summary import usage_of
from cursus_readiness.units import GIB, MIB


def _this_process() -> Probe:
    return probe_of(os.getpid())


class PerformanceOptimizer:
    """Samples this process and all it has started, between ``start_monitoring`` and ``stop_monitoring``.

    ``watch`` opens something else to be watched, ``probe_of(pid)`` or the whole machine; advice calls it ``name``.
    ``scenario`` is the file of which execution parameters are tried, into folders below ``out``.
    """

    def __init__(
        self,
        scenario: str | Path | None = None,
        *,
        out: str | Path = "reports",
        clock: Clock | None = None,
        watch: Callable[[], Probe] = _this_process,
        name: str = "monitored",
    ) -> None:
        self._scenario = None if scenario is None else Path(scenario)
        self._out = Path(out)
        self._name = name
        self._clock = clock or SystemClock()
        self._watch_what = watch
        self._sampler: Sampler | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._wall_s = 0.0

    def start_monitoring(self, interval_seconds: float = 1.0) -> None:
        """Sample in the background, at most ``interval_seconds`` apart.

        Raises UsageError when it is already monitoring.
        """
        if self._thread is not None:
            raise UsageError("monitoring has been started already", fix="call stop_monitoring() first")
        self._stopping.clear()
        self._sampler = Sampler(self._watch_what(), self._clock, interval_s=interval_seconds)
        self._sampler.tick()
        self._thread = threading.Thread(target=self._watch, args=(self._sampler,), daemon=True)
        self._thread.start()

    def stop_monitoring(self) -> None:
        """Take a last sample and stop; without effect when it is not monitoring."""
        if self._thread is None or self._sampler is None:
            return
        self._stopping.set()
        self._thread.join()
        self._thread = None
        self._sampler.tick()
        self._sampler.close()
        self._wall_s = self._sampler.elapsed_s

    def analyze_performance(self) -> dict[str, Any]:
        """The metrics of what was monitored (keys of PerformanceMetrics), the number of samples and the peaks' method.

        Raises UsageError when nothing was monitored.
        """
        usage, wall_s = self._usage()
        diagnosis = self._result().steps[0].diagnosis
        return {
            **self._metrics(usage, wall_s).model_dump(),
            "sample_count": usage.sample_count,
            "diagnosis": diagnosis.model_dump(mode="json") if diagnosis else None,
            "memory_peak_method": usage.peak_memory_method,
            "recommendations": [item.model_dump(mode="json") for item in self.generate_optimization_recommendations()],
        }

    def generate_optimization_recommendations(self) -> list[OptimizationRecommendation]:
        """What the audits have to say about what was monitored; empty when there is nothing."""
        return run_audits([self._result()], Policy(), instance_specs())[1]

    def glimpse(self) -> tuple[float, Reading | None, int | None]:
        """While it is monitoring: the seconds until now, the last look, and the peak of memory in bytes."""
        if self._sampler is None:
            return 0.0, None, None
        peak = self._sampler.memory.peak()
        return self._sampler.elapsed_s, self._sampler.last_reading, peak.likely_bytes if peak else None

    def series(self, most_points: int = MOST_POINTS) -> StepSeries | None:
        """CPU and memory over time, thinned; ``None`` without a sample."""
        return step_series(self._name, self._name, self._samples(self._name), most_points)

    def _result(self) -> E2ETestResult:
        """What was monitored, as a scenario of one step."""
        usage, wall_s = self._usage()
        step = StepResult(
            step_name=self._name,
            step_type="Processing",
            status=StepStatus.SUCCEEDED,
            wall_s=wall_s,
            usage=usage,
            memory_limit_bytes=memory_bytes(),
        )
        scenario = E2ETestResult(
            scenario_name=self._name,
            success=True,
            total_duration=wall_s,
            peak_memory_usage=math.nan,
            steps_executed=1,
            steps_failed=0,
            validation_results={},
            steps=(step,),
        )
        return with_diagnoses(scenario, self._samples, os.cpu_count())

    def optimize_execution_parameters(self) -> dict[str, Any]:
        """Scenario settings that save memory.

        With a scenario file they are proven, as by ``readiness optimize``, on its step that uses most.
        ``environment_variables`` is step -> variables, empty when nothing helps; ``gain_ratio``, ``conclusion`` and
        ``record`` (the page) say what that did. Without one they follow from what was monitored: ``memory_limit_gb``
        (GiB) is the peak with the policy's headroom, ``concurrent_tasks`` how many of these fit this machine by memory
        and by busy cores, at least 1.
        """
        if self._scenario is not None:
            return _proven(self._scenario, self._out)
        usage, wall_s = self._usage()
        peak = usage.peak_memory_bytes or 0
        cores = max((usage.cpu_s or 0.0) / wall_s if wall_s else 0.0, 0.01)
        by_memory = (memory_bytes() or peak) / (peak * Policy().memory_headroom_ratio) if peak else 1
        by_cpu = (os.cpu_count() or 1) / cores
        return {
            "memory_limit_gb": round(peak * Policy().memory_headroom_ratio / GIB, 3),
            "concurrent_tasks": max(int(min(by_memory, by_cpu, os.cpu_count() or 1)), 1),
        }

    def _watch(self, sampler: Sampler) -> None:
        while not self._stopping.wait(max(sampler.next_due - self._clock.monotonic(), 0.0)):
            sampler.tick()

    def _samples(self, _step: str) -> dict[str, Any]:
        """All but the first, which counts the CPU time of a process since long before it was watched."""
        import numpy as np  # slow to import

        columns = self._sampler.columns if self._sampler else {}
        return {name: np.array(values[1:]) for name, values in columns.items()}

    def _usage(self) -> tuple[Usage, float]:
        sampler = self._sampler
        if sampler is None or self._thread is not None or sampler.sample_count == 0:
            raise UsageError("nothing was monitored", fix="call start_monitoring(), then stop_monitoring()")
        usage = usage_of(
            sampler,
            wall_s=self._wall_s,
            cpu_s=sampler.cpu_growth_s(),
            max_rss_bytes=None,
            read_bytes=sampler.growth("read_bytes"),
            written_bytes=sampler.growth("written_bytes"),
        )
        return usage, self._wall_s

    def _metrics(self, usage: Usage, wall_s: float) -> PerformanceMetrics:
        rss = self._sampler.columns["rss_bytes"] if self._sampler else []
        return PerformanceMetrics(
            cpu_usage_percent=100 * (usage.cpu_s or 0.0) / wall_s if wall_s else math.nan,
            memory_usage_mb=sum(rss) / len(rss) / MIB if rss else math.nan,
            memory_peak_mb=math.nan if usage.peak_memory_bytes is None else usage.peak_memory_bytes / MIB,
            disk_io_read_mb=math.nan if usage.read_bytes is None else usage.read_bytes / MIB,
            disk_io_write_mb=math.nan if usage.written_bytes is None else usage.written_bytes / MIB,
            execution_time_seconds=wall_s,
            concurrent_tasks=usage.peak_process_count or 0,
        )


def _proven(scenario: Path, out: Path) -> dict[str, Any]:
    from cursus_readiness.scenarios.loading import load_scenario
    from cursus_readiness.trials.recording import optimize  # slow to import

    done = optimize(load_scenario(scenario), out)
    winner = done.found.winner
    return {
        "environment_variables": {done.found.step_name: dict(winner.variables)} if winner else {},
        "gain_ratio": winner.gain_ratio if winner else None,
        "conclusion": done.found.conclusion,
        "record": str(done.folder / "optimization.html"),
    }
