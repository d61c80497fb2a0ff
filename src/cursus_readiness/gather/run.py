"""Run prepared scenarios into a run folder."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from cursus_readiness.clock import Clock
from cursus_readiness.errors import CannotRunError
from cursus_readiness.executors.base import StepExecutor, StopRequest
from cursus_readiness.executors.container import ContainerExecutor
from cursus_readiness.executors.dispatch import Dispatcher
from cursus_readiness.executors.machine import KillCounter
from cursus_readiness.executors.subprocess import SubprocessExecutor
from cursus_readiness.gather.budget import Budget
from cursus_readiness.gather.interruption import Interruptions, interrupted
from cursus_readiness.gather.reuse import EarlierRuns
from cursus_readiness.gather.scenario import PreparedScenario, ScenarioRun
from cursus_readiness.gather.scheduler import Scheduler
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.report import PLAIN_RUN, SCHEMA_VERSION, RunEnvironment, RunManifest, RunSettings
from cursus_readiness.model.secrets import Secrets
from cursus_readiness.store.journal import Journal, Listener
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.records import FindingsRecord, ScenarioRecord
from cursus_readiness.store.writing import write_shape


@dataclass(frozen=True, slots=True)
class RejectedScenario:
    """A scenario that cannot even be started. ``problem`` is ``invalid`` or ``cannot_run``."""

    name: str
    problem: str
    findings: tuple[Finding, ...]

    @property
    def error_details(self) -> str:
        """Every finding with its remedy."""
        return "\n".join(finding.told() for finding in self.findings)


def gather(
    scenarios: Sequence[PreparedScenario | RejectedScenario],
    layout: RunLayout,
    *,
    environment: RunEnvironment,
    clock: Clock,
    listener: Listener,
    settings: RunSettings = PLAIN_RUN,
    memory_bytes: int | None = None,
    earlier: EarlierRuns | None = None,
    interruptions: Interruptions | None = None,
) -> None:
    """Run every scenario and store what was measured; ``run.json`` is written last.

    ``settings.jobs`` steps run at a time at most, in ``memory_bytes`` together. Raises InterruptedRunError when it was
    stopped and CannotRunError when the machine gave out. In both cases the run folder holds everything up to then,
    without ``run.json``.
    """
    names = [_name(item) for item in scenarios]
    started, started_at = clock.monotonic(), clock.now()
    heard = interruptions or Interruptions()
    secrets = Secrets.of(*(item.plan for item in scenarios if isinstance(item, PreparedScenario)))
    try:
        with Journal(layout.journal, clock, listener, secrets) as journal:
            journal.emit(
                "run_started",
                run_id=layout.run_id,
                schema_version=SCHEMA_VERSION,
                scenarios=names,
                environment=environment.model_dump(mode="json"),
                settings=settings.model_dump(mode="json"),
            )
            for item in scenarios:
                if isinstance(item, RejectedScenario):
                    _store_rejected(item, layout, journal)
            runs = [
                ScenarioRun(
                    item,
                    layout.scenario(item.plan.scenario.scenario_name),
                    earlier=earlier or EarlierRuns((), reuses=False),
                    clock=clock,
                    journal=journal,
                    secrets=secrets,
                )
                for item in scenarios
                if isinstance(item, PreparedScenario)
            ]

            kills = KillCounter()

            def open_executor(stack: ExitStack, stop: StopRequest) -> StepExecutor:
                processes = stack.enter_context(SubprocessExecutor(clock, stop, kills))
                return Dispatcher(processes, ContainerExecutor(clock, layout.run_id, stop))

            with Scheduler(Budget(settings.jobs, memory_bytes), open_executor, heard) as scheduler:
                scheduler.run(runs)
            wall_s = clock.monotonic() - started
            manifest = RunManifest(
                run_id=layout.run_id,
                started_at=started_at,
                finished_at=clock.now(),
                wall_s=wall_s,
                environment=environment,
                scenarios=tuple(names),
                settings=settings,
            )
            journal.emit("run_finished", wall_s=wall_s)
            write_shape(layout.manifest, manifest)
    except KeyboardInterrupt as error:
        raise interrupted() from error
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        fix = "free some space and run again" if is_full else "check the folder given with --out"
        raise CannotRunError(f"cannot write to {layout.folder}: {error.strerror or error}", fix=fix) from error


def _name(item: PreparedScenario | RejectedScenario) -> str:
    return item.name if isinstance(item, RejectedScenario) else item.plan.scenario.scenario_name


def _store_rejected(item: RejectedScenario, layout: RunLayout, journal: Journal) -> None:
    files = layout.scenario(item.name)
    record = ScenarioRecord(scenario_name=item.name, problem=item.problem, error_details=item.error_details)
    secrets = Secrets()
    write_shape(files.findings, FindingsRecord(findings=item.findings), secrets)
    write_shape(files.record, record, secrets)
    journal.emit("scenario_rejected", scenario=item.name, problem=item.problem, error=item.error_details)
