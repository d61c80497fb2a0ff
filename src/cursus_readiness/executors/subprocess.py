"""Steps as processes of this machine, under a launcher, watched from the tool's own loop."""

from __future__ import annotations

import signal
from pathlib import Path
from types import TracebackType
from typing import Self

from cursus_readiness.clock import Clock
from cursus_readiness.errors import CannotRunError, InterruptedRunError
from cursus_readiness.executors.base import Assignment, Execution, StopRequest
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.result import StepStatus
from cursus_readiness.sampling.procfs import ProcfsProbe
from cursus_readiness.sampling.sampler import Sampler
from cursus_readiness.sampling.summary import usage_of
from cursus_readiness.sandbox.client import LauncherClient, StepEnd, StepSpec
from cursus_readiness.sandbox.remedies import namespace_remedy
from cursus_readiness.units import format_bytes, format_seconds

GRACE_S = 5.0
_KILL_WAIT_S = 10.0
_LOOK_S = 0.1  # how late a request to stop may be seen


class SubprocessExecutor:
    """Runs steps through a launcher; a context manager, and with its end all steps have ended."""

    def __init__(self, clock: Clock, stop: StopRequest) -> None:
        self._clock = clock
        self._stop = stop
        self._launcher = LauncherClient()

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
        watch = _Watch(self._launcher, assignment, self._clock, self._stop)
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
                grace_s=GRACE_S,
            )
        )
        try:
            end = watch.until_end()
        except CannotRunError as error:
            return watch.execution(StepEnd(), StepStatus.INTERRUPTED, error.message, error)
        if self._stop.is_asked:
            interruption = InterruptedRunError("the run was interrupted", fix="run again")
            return watch.execution(end, StepStatus.INTERRUPTED, interruption.message, interruption)
        return watch.execution(end, *watch.outcome(end))


class _Watch:
    """One running step: samples it, holds it to its limits."""

    def __init__(self, launcher: LauncherClient, assignment: Assignment, clock: Clock, stop: StopRequest) -> None:
        self._stop = stop
        self._launcher = launcher
        self._assignment = assignment
        self._clock = clock
        self._started = clock.monotonic()
        self._deadline = self._started + assignment.time_limit_s
        self._broken_limit: StepStatus | None = None
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
                return end
            if self._clock.monotonic() >= self._deadline:
                self._broken_limit = StepStatus.TIMED_OUT
                return self.stop(now=False)
            self._sampler.tick()
            if self._sampler.is_over_limit:
                self._broken_limit = StepStatus.OUT_OF_MEMORY
                return self.stop(now=True)

    def stop(self, *, now: bool) -> StepEnd:
        """End the tree: politely first unless ``now``, and for good after the grace time."""
        self._launcher.stop(now=now)
        give_up = self._clock.monotonic() + (_KILL_WAIT_S if now else GRACE_S + _KILL_WAIT_S)
        while self._clock.monotonic() < give_up:
            end = self._launcher.wait(_LOOK_S)
            if end is not None:
                return end
            if self._stop.is_urgent and not now:  # somebody is in a hurry
                now = True
                self._launcher.stop(now=True)
        name = self._assignment.job.step_name
        fix = "look for processes in state D (`ps`): something they read from does not answer"
        raise CannotRunError(f"the processes of step {name!r} do not end", fix=fix)

    def outcome(self, end: StepEnd) -> tuple[StepStatus, str | None]:
        """What the end of the step means."""
        limit_bytes = self._assignment.memory_limit_bytes
        if self._broken_limit is StepStatus.TIMED_OUT:
            return self._broken_limit, f"stopped at its time limit of {format_seconds(self._assignment.time_limit_s)}"
        if self._broken_limit is StepStatus.OUT_OF_MEMORY:
            return self._broken_limit, f"stopped at its memory limit of {format_bytes(limit_bytes)}"
        largest_bytes = max(end.max_rss_bytes or 0, self._sampler.memory.highest_process_bytes or 0)
        if largest_bytes - self._sampler.file_bytes > limit_bytes:
            reached = f"a process reached {format_bytes(largest_bytes)}"
            return StepStatus.OUT_OF_MEMORY, f"went over its memory limit of {format_bytes(limit_bytes)}: {reached}"
        if end.error:
            return StepStatus.FAILED, end.error
        if end.signal is not None:
            return StepStatus.FAILED, f"ended by signal {end.signal} ({signal.strsignal(end.signal)})"
        return (StepStatus.SUCCEEDED, None) if end.exit_code == 0 else (StepStatus.FAILED, f"exit code {end.exit_code}")

    def execution(
        self,
        end: StepEnd,
        status: StepStatus,
        reason: str | None,
        fatal: CannotRunError | InterruptedRunError | None = None,
    ) -> Execution:
        """The end of the step with all that was measured."""
        self._sampler.close()
        usage = usage_of(
            self._sampler,
            wall_s=end.wall_s,
            cpu_s=end.cpu_s,
            max_rss_bytes=end.max_rss_bytes,
            read_bytes=end.read_bytes,
            written_bytes=end.written_bytes,
        )
        return Execution(
            started_s=self._started,
            status=status,
            reason=reason,
            exit_code=end.exit_code,
            signal=end.signal,
            wall_s=end.wall_s,
            usage=usage,
            samples=self._sampler,
            isolation=self._launcher.isolation,
            fatal=fatal,
        )
