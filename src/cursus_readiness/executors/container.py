"""Steps in containers of their images: the engine holds the memory limit, and this machine's ``/proc`` is read."""

from __future__ import annotations

import math
import os
import subprocess
import tempfile
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cursus_readiness.clock import Clock
from cursus_readiness.environments.container import ContainerEnvironment
from cursus_readiness.errors import CannotRunError, InterruptedRunError
from cursus_readiness.executors.base import Assignment, Execution, Held, StopRequest
from cursus_readiness.executors.container_command import create_command, hand_back_command, own_folders
from cursus_readiness.executors.logs import CappedLog
from cursus_readiness.executors.outcome import Limits, Outcome, broken
from cursus_readiness.executors.refusal import not_secluded, seclusion_finding
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.result import StepCause, StepStatus, Usage
from cursus_readiness.sampling.container import ContainerProbe
from cursus_readiness.sampling.sampler import Sampler
from cursus_readiness.sampling.summary import usage_of
from cursus_readiness.sandbox import grace
from cursus_readiness.units import format_bytes

_LOOK_S = 0.5  # at the logs, where there is nothing else to look at, and at a request to stop
_NEVER = "0001-"  # Go's zero time


class ContainerExecutor:
    """Runs steps in containers; with the end of each its container is gone. All of a run have its id as a label."""

    def __init__(self, clock: Clock, run_id: str, stop: StopRequest) -> None:
        self._clock = clock
        self._stop = stop
        self._run_id = run_id

    @property
    def findings(self) -> tuple[Finding, ...]:
        """None: steps see nothing of this machine but its network."""
        return ()

    @property
    def is_exclusive(self) -> bool:
        """Never: the engine keeps containers apart."""
        return False

    def root(self, folder: Path) -> Path:
        """The folder itself."""
        return folder

    def execute(self, assignment: Assignment) -> Execution:
        """Run a step to its end, within its limits."""
        if assignment.container is None:
            raise ValueError(f"step {assignment.job.step_name!r} has no image")
        container = _Container(assignment, assignment.container, self._clock, self._stop)
        try:
            return self._watched(container)
        except CannotRunError as error:
            return container.execution(Outcome(StepStatus.INTERRUPTED, reason=error.message), error)
        finally:
            container.remove()

    def _watched(self, container: _Container) -> Execution:
        if container.is_to_be_secluded:
            return container.not_secluded()
        container.start(self._run_id)
        container.until_end()
        if self._stop.is_asked:
            interruption = InterruptedRunError("the run was interrupted", fix="run again")
            return container.execution(Outcome(StepStatus.INTERRUPTED, reason=interruption.message), interruption)
        container.hand_back()
        return container.execution(container.outcome())


class _Container:
    """The container of one step: started, sampled, held to its time limit, removed."""

    def __init__(
        self, assignment: Assignment, environment: ContainerEnvironment, clock: Clock, stop: StopRequest
    ) -> None:
        self._stop = stop
        self._assignment = assignment
        self._engine = environment.engine
        self._image_id = environment.image_id
        self._clock = clock
        self._name = f"cursus-readiness-{uuid.uuid4().hex[:16]}"
        self._state: dict[str, Any] = {}
        self._logs = [CappedLog(file, assignment.log_limit_bytes) for file in (assignment.stdout, assignment.stderr)]
        # conmon of podman 4 leaves word of a process killed for its memory where podman works, which does not find it
        self._folder = tempfile.TemporaryDirectory(prefix="cursus-readiness-")
        self._timed_out = False
        self._attached: subprocess.Popen[bytes] | None = None
        self._started = clock.monotonic()
        self._probe = ContainerProbe("", self._pid)
        self._sampler = Sampler(self._probe, clock)

    @property
    def is_to_be_secluded(self) -> bool:
        """Whether the step is to reach nothing but the run's object store, which answers on this machine alone."""
        return self._assignment.reaches_only is not None

    def not_secluded(self) -> Execution:
        """The end of a step that is to be secluded."""
        why = "in a container the run's object store is reached by this machine's network"
        remedy = "give the step an environment of kind 'host' or 'uv', or its network"
        finding = seclusion_finding(self._assignment.job.step_name, why, remedy)
        return replace(self.execution(not_secluded(why)), findings=(finding,))

    def start(self, run_id: str) -> None:
        """Make the container and let it run, its output going to the logs of the step.

        Raises CannotRunError when the engine refuses.
        """
        command = create_command(self._assignment, self._image_id, name=self._name, run_id=run_id)
        container_id = self._engine.ask(*command).splitlines()[-1]
        if self._engine.name == "podman":  # its process can be watched before it starts; docker has no such command
            with suppress(CannotRunError):  # starting it says why, in the log of the step
                self._engine.ask("init", self._name, folder=self._folder.name)
        self._started = self._clock.monotonic()
        self._probe = ContainerProbe(container_id, self._pid)
        self._probe.read()  # finds the process, where it is there already
        self._sampler = Sampler(self._probe, self._clock, limit_bytes=self._assignment.memory_limit_bytes)
        with self._assignment.stdout.open("ab") as stdout, self._assignment.stderr.open("ab") as stderr:
            self._attached = subprocess.Popen(
                [self._engine.program, "start", "--attach", self._name],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                cwd=self._folder.name,
                start_new_session=True,
            )

    def until_end(self) -> None:
        """Sample until the container has ended by itself or by its time limit.

        Raises CannotRunError when the engine has lost it.
        """
        deadline = self._started + self._assignment.time_limit_s
        while self._attached is not None:
            now = self._clock.monotonic()
            if self._stop.is_asked:
                if not self._stop.is_urgent:  # else removing it ends it
                    self.stop()
                break
            if now >= deadline:
                self._timed_out = True
                self.stop()
                break
            looks_at = now + _LOOK_S if self._probe.is_hidden else self._sampler.next_due
            with suppress(subprocess.TimeoutExpired):
                self._attached.wait(max(min(looks_at, deadline) - now, 0))
                break
            for log in self._logs:
                log.trim()
            if not self._probe.is_hidden:
                self._sampler.tick()
        self._state = self._engine.state(self._name)
        if self._state["Running"] and not self._stop.is_asked:
            fix = "look whether the engine still runs, and run again"
            raise CannotRunError(f"{self._engine.name} has lost step {self._assignment.job.step_name!r}", fix=fix)

    def stop(self) -> None:
        """Interrupt it, then ask it to end (SIGTERM); it is killed after the grace times."""
        with suppress(CannotRunError):  # it has ended meanwhile
            self._engine.ask("kill", "--signal", "INT", self._name)
        if self._attached is not None:
            with suppress(subprocess.TimeoutExpired):
                self._attached.wait(grace.INTERRUPT_GRACE_S)
        self._engine.ask("stop", "-t", str(math.ceil(grace.TERMINATE_GRACE_S)), self._name)
        self._state = self._engine.state(self._name)

    def remove(self) -> None:
        """Nothing is left of it, whether it has ended or not; where the engine does not answer, no more can be done."""
        if self._state.get("Running", True):
            with suppress(CannotRunError):  # it has ended, or was never made
                self._engine.ask("kill", self._name)
        with suppress(CannotRunError):
            self._engine.ask("rm", "--force", "--volumes", self._name)
        if self._attached is not None:
            self._attached.kill()
            self._attached.wait()
        self._folder.cleanup()

    def hand_back(self) -> None:
        """Give files to the user whose run it is: root of a container may be root of this machine, or a stranger.

        Raises CannotRunError when that does not work.
        """
        user = os.geteuid()
        owners = set() if user == 0 else _owners(self._assignment) - {user}
        if owners:
            owner = f"{user}:{os.getegid()}" if 0 in owners else "0:0"  # root of a rootless container is the user
            self._engine.ask(*hand_back_command(self._assignment, self._image_id, owner))

    def outcome(self) -> Outcome:
        """What the end of the step means."""
        code = self._state["ExitCode"]
        memory_bytes = self._assignment.memory_limit_bytes
        if self._timed_out:
            return broken(StepCause.TIME_LIMIT, Limits(self._assignment.time_limit_s, memory_bytes, None))
        if self._state.get("OOMKilled") or os.path.exists(f"{self._folder.name}/oom"):
            reason = f"killed by the kernel at its memory limit of {format_bytes(memory_bytes)}"
            return Outcome(StepStatus.OUT_OF_MEMORY, StepCause.MEMORY_LIMIT, reason)
        if not self._has_started:
            return Outcome(StepStatus.FAILED, StepCause.NOT_STARTED, "its container does not start")
        if code == 0:
            return Outcome(StepStatus.SUCCEEDED)
        return Outcome(StepStatus.FAILED, StepCause.EXIT_CODE, f"exit code {code}")

    def execution(self, outcome: Outcome, fatal: CannotRunError | InterruptedRunError | None = None) -> Execution:
        """The end of the step with all that was measured."""
        for log in self._logs:
            log.finish()
        wall_s = self._wall_s()
        return Execution(
            started_s=self._started,
            status=outcome.status,
            reason=outcome.reason,
            exit_code=self._state["ExitCode"] if self._has_started else None,
            signal=None,
            wall_s=wall_s,
            usage=self._usage(wall_s),
            samples=self._sampler,
            isolation=f"container ({self._engine}), this machine's network",
            fatal=fatal,
            findings=tuple(self._findings()),
            cause=outcome.cause,
            held=Held(
                limited_by="container",
                stdout_dropped_bytes=self._logs[0].dropped_bytes,
                stderr_dropped_bytes=self._logs[1].dropped_bytes,
            ),
        )

    @property
    def _has_started(self) -> bool:
        return not self._state.get("StartedAt", _NEVER).startswith(_NEVER)

    def _pid(self) -> int:
        return int(self._engine.state(self._name)["Pid"])

    def _wall_s(self) -> float | None:
        """By the engine's clock: starting a container is not the step's time."""
        if not self._has_started or self._state["Running"]:
            return None
        times = (datetime.fromisoformat(self._state[name]) for name in ("FinishedAt", "StartedAt"))
        finished, started = times
        return max((finished - started).total_seconds(), 0.0)

    def _usage(self, wall_s: float | None) -> Usage:
        """Totals as of the last sample: what the kernel says of a container goes with it."""
        self._sampler.close()
        last = self._sampler.last_reading
        return usage_of(
            self._sampler,
            wall_s=wall_s,
            cpu_s=last.cpu_s if last else None,
            max_rss_bytes=None,
            read_bytes=last.read_bytes if last else None,
            written_bytes=last.written_bytes if last else None,
            is_cpu_lower_bound=last is not None,
        )

    def _findings(self) -> list[Finding]:
        if not self._probe.is_hidden:
            return []
        message = (
            f"nothing was measured: {self._engine.name} runs containers where their processes cannot be seen from here"
        )
        remedy = "use an engine that runs on this machine itself"
        step = self._assignment.job.step_name
        return [Finding(id="hidden-container", severity=Severity.WARNING, message=message, step=step, remedy=remedy)]


def _owners(assignment: Assignment) -> set[int]:
    """To whom the files of a step belong, as far as they can be seen."""
    tops = [f"{assignment.root}{folder}" for folder in own_folders(assignment)]
    found = {os.lstat(top).st_uid for top in tops}
    for top in tops:
        for folder, folders, files in os.walk(top):
            found |= {os.lstat(os.path.join(folder, name)).st_uid for name in (*folders, *files)}
    return found
