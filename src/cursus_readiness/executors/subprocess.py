"""Steps as processes of this machine, in namespaces, watched from the tool's own loop."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from cursus_readiness.clock import Clock
from cursus_readiness.errors import CannotRunError, InterruptedRunError
from cursus_readiness.executors.base import Assignment, Execution
from cursus_readiness.model.result import StepStatus
from cursus_readiness.sampling.procfs import ProcfsProbe
from cursus_readiness.sampling.sampler import Sampler
from cursus_readiness.sampling.summary import usage_of
from cursus_readiness.sandbox.client import LauncherClient, StepEnd, StepSpec
from cursus_readiness.units import format_bytes, format_seconds

GRACE_S = 5.0
_KILL_WAIT_S = 10.0


class SubprocessExecutor:
    """Runs steps through a launcher; a context manager, and with its end all steps have ended."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._launcher = LauncherClient()

    def __enter__(self) -> Self:
        self._launcher.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._launcher.__exit__(kind, error, trace)

    @property
    def isolation(self) -> str:
        """How steps are kept apart from the machine and from each other."""
        return self._launcher.isolation

    def execute(self, assignment: Assignment) -> Execution:
        """Run a step to its end, within its limits."""
        step_id = self._launcher.start(
            StepSpec(
                root=assignment.root,
                binds=assignment.view.binds,
                argv=assignment.argv,
                env=assignment.environment,
                cwd=assignment.job.working_directory,
                stdout=assignment.stdout,
                stderr=assignment.stderr,
                grace_s=GRACE_S,
            )
        )
        watch = _Watch(self._launcher, step_id, assignment, self._clock)
        try:
            end = watch.until_end()
        except (KeyboardInterrupt, InterruptedRunError):
            end = watch.stop(now=False)
            return watch.execution(end, StepStatus.INTERRUPTED, "the run was interrupted")
        return watch.execution(end, *watch.outcome(end))


class _Watch:
    """One running step: samples it, holds it to its limits."""

    def __init__(self, launcher: LauncherClient, step_id: int, assignment: Assignment, clock: Clock) -> None:
        self._launcher = launcher
        self._step_id = step_id
        self._assignment = assignment
        self._clock = clock
        self._deadline = clock.monotonic() + assignment.time_limit_s
        self._broken_limit: StepStatus | None = None
        self._sampler: Sampler | None = None

    def until_end(self) -> StepEnd:
        """Sample until the step has ended by itself or by a limit."""
        while True:
            now = self._clock.monotonic()
            due = self._sampler.next_due if self._sampler else now + 0.005
            end = self._launcher.wait(self._step_id, min(due, self._deadline) - now)
            if end is not None:
                return end
            if self._clock.monotonic() >= self._deadline:
                self._broken_limit = StepStatus.TIMED_OUT
                return self.stop(now=False)
            self._sample()
            if self._sampler and self._sampler.is_over_limit:
                self._broken_limit = StepStatus.OUT_OF_MEMORY
                return self.stop(now=True)

    def stop(self, *, now: bool) -> StepEnd:
        """End the tree: politely first unless ``now``, and for good after the grace time."""
        for is_final, wait_s in ((now, GRACE_S + _KILL_WAIT_S), (True, _KILL_WAIT_S)):
            self._launcher.stop(self._step_id, now=is_final)
            give_up = self._clock.monotonic() + wait_s
            while (left_s := give_up - self._clock.monotonic()) > 0:
                end = self._launcher.wait(self._step_id, min(left_s, 0.1))
                if end is not None:
                    return end
        name = self._assignment.job.step_name
        raise CannotRunError(f"the processes of step {name!r} do not end", fix="look for processes in state D (ps)")

    def outcome(self, end: StepEnd) -> tuple[StepStatus, str | None]:
        """What the end of the step means."""
        assignment = self._assignment
        if self._broken_limit is StepStatus.TIMED_OUT:
            return StepStatus.TIMED_OUT, f"stopped at its time limit of {format_seconds(assignment.time_limit_s)}"
        limit = format_bytes(assignment.memory_limit_bytes)
        if self._broken_limit is StepStatus.OUT_OF_MEMORY:
            return StepStatus.OUT_OF_MEMORY, f"stopped at its memory limit of {limit}"
        if end.error:
            return StepStatus.FAILED, end.error
        if end.max_rss_bytes is not None and end.max_rss_bytes > assignment.memory_limit_bytes:
            peak = format_bytes(end.max_rss_bytes)
            return StepStatus.OUT_OF_MEMORY, f"went over its memory limit of {limit} (a process reached {peak})"
        if end.signal is not None:
            return StepStatus.FAILED, f"ended by signal {end.signal}"
        if end.exit_code != 0:
            return StepStatus.FAILED, f"exit code {end.exit_code}"
        return StepStatus.SUCCEEDED, None

    def execution(self, end: StepEnd, status: StepStatus, reason: str | None) -> Execution:
        """The end of the step with all that was measured."""
        sampler = self._sampler or self._new_sampler(0)
        usage = usage_of(
            sampler,
            wall_s=end.wall_s,
            user_s=end.user_s,
            system_s=end.system_s,
            max_rss_bytes=end.max_rss_bytes,
            read_bytes=end.read_bytes,
            written_bytes=end.written_bytes,
        )
        return Execution(status, reason, end.exit_code, end.signal, end.wall_s, usage, sampler)

    def _sample(self) -> None:
        if self._sampler is None:
            supervisor = self._launcher.supervisor_of(self._step_id)
            if supervisor is None:
                return
            self._sampler = self._new_sampler(supervisor)
        if self._clock.monotonic() >= self._sampler.next_due:
            self._sampler.tick()

    def _new_sampler(self, supervisor: int) -> Sampler:
        return Sampler(ProcfsProbe(supervisor), self._clock, limit_bytes=self._assignment.memory_limit_bytes)
