"""Steps as processes of this machine, under a launcher, watched from the tool's own loop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from cursus_readiness.clock import Clock
from cursus_readiness.errors import CannotRunError, InterruptedRunError
from cursus_readiness.executors.base import Assignment, Execution, Held, StopRequest
from cursus_readiness.executors.disk import DiskLimit
from cursus_readiness.executors.logs import CappedLog
from cursus_readiness.executors.machine import KillCounter, unkillable
from cursus_readiness.executors.outcome import Limits, Outcome, broken, ended
from cursus_readiness.executors.refusal import not_secluded, seclusion_finding
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.result import StepCause, StepStatus
from cursus_readiness.sampling.procfs import ProcfsProbe
from cursus_readiness.sampling.sampler import Sampler
from cursus_readiness.sampling.summary import usage_of
from cursus_readiness.sandbox import grace
from cursus_readiness.sandbox.client import LauncherClient, StepEnd, StepSpec
from cursus_readiness.sandbox.remedies import namespace_remedy

_SIGKILL = 9
_KILL_WAIT_S = 10.0
_LOOK_S = 0.1  # how late a request to stop may be seen


class SubprocessExecutor:
    """Runs steps through a launcher; a context manager, and with its end all steps have ended."""

    def __init__(self, clock: Clock, stop: StopRequest, kills: KillCounter) -> None:
        self._clock = clock
        self._stop = stop
        self._launcher = LauncherClient()
        self._kills = kills

    def __enter__(self) -> Self:
        self._launcher.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._launcher.__exit__(kind, error, trace)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Word of it that steps see more of this machine than they would see in a container, if so."""
        message = self._launcher.shared
        if message is None:
            return ()
        remedy = namespace_remedy()
        return (Finding(id="shared-machine", severity=Severity.WARNING, message=message, remedy=remedy),)

    @property
    def is_exclusive(self) -> bool:
        """Whether the steps have this machine's ``/opt/ml``."""
        return self._launcher.shared is not None

    def root(self, folder: Path) -> Path:
        """The folder to be a step's root: ``folder``, unless steps can have theirs in one place only."""
        return self._launcher.root(folder)

    def execute(self, assignment: Assignment) -> Execution:
        """Run a step to its end, within its limits."""
        with assignment.disk.held_by(assignment.root) as disk:
            watch = _Watch(self._launcher, assignment, disk, clock=self._clock, stop=self._stop, kills=self._kills)
            return self._watched(watch)

    def _watched(self, watch: _Watch) -> Execution:
        assignment = watch.assignment
        if assignment.reaches_only is not None:
            try:
                assignment.reaches_only.answer_in_seclusion(self._launcher.listen)
            except OSError as error:
                return self._not_secluded(watch, assignment.job.step_name, str(error.strerror))
        self._launcher.start(
            StepSpec(
                root=str(assignment.root),
                binds=assignment.view.binds,
                shown=assignment.shown,
                folders=assignment.folders,
                argv=assignment.argv,
                env=assignment.environment,
                cwd=assignment.job.working_directory,
                shm_bytes=assignment.memory_limit_bytes,
                stdout=str(assignment.stdout),
                stderr=str(assignment.stderr),
                memory_limit_bytes=assignment.memory_limit_bytes if watch.limited_by else None,
                time_limit_s=assignment.time_limit_s,
                interrupt_grace_s=grace.INTERRUPT_GRACE_S,
                terminate_grace_s=grace.TERMINATE_GRACE_S,
                network=assignment.reaches_only is None,
            )
        )
        try:
            end = watch.until_end()
        except CannotRunError as error:
            return watch.execution(StepEnd(), Outcome(StepStatus.INTERRUPTED, reason=error.message), error)
        if self._stop.is_asked:
            interruption = InterruptedRunError("the run was interrupted", fix="run again")
            return watch.execution(end, Outcome(StepStatus.INTERRUPTED, reason=interruption.message), interruption)
        return watch.execution(end, watch.outcome(end))

    def _not_secluded(self, watch: _Watch, step: str, why: str) -> Execution:
        execution = watch.execution(StepEnd(), not_secluded(why))
        finding = seclusion_finding(step, why, namespace_remedy())
        return replace(execution, findings=(finding,), isolation=self._launcher.isolation)


class _Watch:
    """One running step: samples it, holds it to its limits."""

    def __init__(
        self,
        launcher: LauncherClient,
        assignment: Assignment,
        disk: DiskLimit,
        *,
        clock: Clock,
        stop: StopRequest,
        kills: KillCounter,
    ) -> None:
        self._stop = stop
        self._launcher = launcher
        self.assignment = assignment
        self._clock = clock
        self._kills = kills
        self._kills_before = None if launcher.has_groups else kills.unclaimed_count()
        self.limited_by = launcher.limited_by(assignment.root)
        self._limits = Limits(assignment.time_limit_s, assignment.memory_limit_bytes, assignment.disk.limit_bytes)
        self._logs = [CappedLog(file, assignment.log_limit_bytes) for file in (assignment.stdout, assignment.stderr)]
        self._disk = disk
        self._broken: StepCause | None = None
        self._started = clock.monotonic()
        self._deadline = self._started + assignment.time_limit_s
        probe = ProcfsProbe(launcher.pid)
        self._sampler = Sampler(probe, clock, limit_bytes=assignment.memory_limit_bytes)

    def until_end(self) -> StepEnd:
        """Sample until the step has ended by itself, by a limit, or because the run is to end."""
        while True:
            if self._stop.is_asked:
                return self.stop(now=self._stop.is_urgent)
            due = min(self._sampler.next_due, self._deadline)
            end = self._launcher.wait(due - self._clock.monotonic())
            if end is not None:
                self._broken = StepCause.TIME_LIMIT if end.is_over_time else None
                return end
            if self._clock.monotonic() >= self._deadline:
                self._broken = StepCause.TIME_LIMIT
                return self.stop(now=False)
            self._broken = self._look()
            if self._broken is not None:
                return self.stop(now=True)

    def stop(self, *, now: bool) -> StepEnd:
        """End the tree: politely first unless ``now``, and for good after the grace times.

        Raises CannotRunError, with the names of what does not end.
        """
        self._launcher.stop(now=now)
        patience_s = _KILL_WAIT_S if now else grace.INTERRUPT_GRACE_S + grace.TERMINATE_GRACE_S + _KILL_WAIT_S
        give_up = self._clock.monotonic() + patience_s
        while (left_s := give_up - self._clock.monotonic()) > 0:
            end = self._launcher.wait(min(left_s, _LOOK_S))
            if end is not None:
                return end
            if not now and (self._stop.is_urgent or self._look() is not None):  # it goes on while it is asked to end
                now = True
                self._launcher.stop(now=True)
        stuck = ", ".join(unkillable(self._launcher.pid)) or "none in state D"
        fix = f"see what these wait for, it does not answer: {stuck}"
        raise CannotRunError(f"the processes of step {self.assignment.job.step_name!r} do not end", fix=fix)

    def outcome(self, end: StepEnd) -> Outcome:
        """What the end of the step means."""
        if self._broken is None and self._disk.judge(end.written_bytes, at_end=True):
            self._broken = StepCause.DISK_LIMIT
        if self._broken is not None:
            return broken(self._broken, self._limits)
        largest_bytes = None
        if self.limited_by is None and end.max_rss_bytes is not None:
            highest_bytes = max(end.max_rss_bytes, self._sampler.memory.highest_process_bytes or 0)
            largest_bytes = highest_bytes - self._sampler.file_bytes
        return ended(end, self._limits, largest_bytes=largest_bytes, has_machine_killed=self._has_machine_killed(end))

    def execution(
        self, end: StepEnd, outcome: Outcome, fatal: CannotRunError | InterruptedRunError | None = None
    ) -> Execution:
        """The end of the step with all that was measured."""
        usage = usage_of(
            self._sampler,
            wall_s=end.wall_s,
            cpu_s=max((value for value in (end.cpu_s, end.cgroup_cpu_s) if value is not None), default=None),
            max_rss_bytes=end.max_rss_bytes,
            read_bytes=end.read_bytes,
            written_bytes=end.written_bytes,
            cgroup_peak_bytes=end.cgroup_peak_bytes,
        )
        self._sampler.close()
        for log in self._logs:
            log.finish()
        held = Held(
            limited_by=self.limited_by or "polling",
            oom_kill_count=end.oom_kill_count,
            stdout_dropped_bytes=self._logs[0].dropped_bytes,
            stderr_dropped_bytes=self._logs[1].dropped_bytes,
        )
        return Execution(
            started_s=self._started,
            status=outcome.status,
            reason=outcome.reason,
            exit_code=end.exit_code,
            signal=end.signal,
            wall_s=end.wall_s,
            usage=usage,
            samples=self._sampler,
            isolation=self._launcher.isolation + ("" if self.assignment.reaches_only is None else ", no network"),
            fatal=fatal,
            cause=outcome.cause,
            held=held,
        )

    def _look(self) -> StepCause | None:
        """Look at the step; the limit that it has passed, if any."""
        self._sampler.tick()
        for log in self._logs:
            log.trim()
        last = self._sampler.last_reading
        if self._disk.judge(last.written_bytes if last else None):
            return StepCause.DISK_LIMIT
        is_over = self._sampler.is_over_limit and self.limited_by is None
        return StepCause.MEMORY_LIMIT if is_over else None

    def _has_machine_killed(self, end: StepEnd) -> bool:
        """Whether the kernel killed a process of the step for the memory of others."""
        if end.oom_kill_count is not None:  # its own group's, of which the machine's count need not be asked
            return end.oom_kill_count > 0 and not end.has_exhausted_memory
        return end.signal == _SIGKILL and self._kills.claim(self._kills_before)
