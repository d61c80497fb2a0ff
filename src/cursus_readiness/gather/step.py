"""Run one step to its end: settled already, its attempts, what it says, its rules. Everything of one worker."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cursus_readiness.clock import Clock
from cursus_readiness.environments.base import PythonEnvironment, StepEnvironment
from cursus_readiness.executors.base import StepExecutor
from cursus_readiness.executors.disk import SharedDisk
from cursus_readiness.gather.accesses import access_findings
from cursus_readiness.gather.answers import known_at_end
from cursus_readiness.gather.attempt import Attempt, Limits, attempt
from cursus_readiness.gather.ending import ending
from cursus_readiness.gather.profiles import Profiles
from cursus_readiness.gather.repeat import NOT_REPEATED, Repeated, repeated, set_aside
from cursus_readiness.gather.results import ResultForm
from cursus_readiness.gather.workplace import Surroundings, Workplace
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.job import Job
from cursus_readiness.model.plan import PlannedStep
from cursus_readiness.model.result import OutputRecord, StepResult, StepStatus
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.model.secrets import Secrets
from cursus_readiness.objectstore.endpoint import S3Endpoint
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.planning.naming import REGION
from cursus_readiness.rules.comparands import Comparands, SecondRun
from cursus_readiness.rules.judging import judge
from cursus_readiness.rules.registry import BoundRule
from cursus_readiness.sampling.contention import MachineLook, contention
from cursus_readiness.sandbox.program import HOME
from cursus_readiness.sandbox.view import remove
from cursus_readiness.store.layout import StepLayout
from cursus_readiness.store.logs import hide_in_log
from cursus_readiness.store.writing import write_samples

AWS_FOLDER = f"{HOME}/.aws"


def judge_outputs(
    job: Job,
    rules: Sequence[BoundRule],
    store: ObjectStore,
    environment: StepEnvironment,
    comparands: Comparands,
) -> list[RuleResult]:
    """Judge a step by its rules; models are loaded with the step's own Python, where this machine has it."""
    python = environment.interpreter if isinstance(environment, PythonEnvironment) else sys.executable
    return judge(job, list(rules), store, interpreter=str(python), comparands=comparands)


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What came of a step: ``known`` is what later steps may ask of it, ``fatal`` why the run cannot go on."""

    result: StepResult
    known: dict[str, Any]
    rules: Sequence[RuleResult] = ()
    findings: Sequence[Finding] = ()
    fatal: Exception | None = None


@dataclass(slots=True)
class StepRun:
    """One step to be run; its ``job`` is settled. ``scenario_started_s`` is of the clock's ``monotonic``.

    ``second_objects`` is where the store of a second run goes, if a rule asks for one.
    """

    scenario: E2ETestScenario
    step: PlannedStep
    job: Job
    environment: StepEnvironment
    rules: Sequence[BoundRule]
    store: ObjectStore
    disk: SharedDisk
    files: StepLayout
    form: ResultForm
    profiles: Profiles
    comparands: Comparands
    second_objects: Path
    machine: MachineLook
    clock: Clock
    secrets: Secrets
    scenario_started_s: float
    fingerprint: str
    memory_bytes: int
    concurrent_steps: int = 1

    def run(self, place: Workplace, executor: StepExecutor) -> StepOutcome:
        """Run it, again if it may be tried again; its samples are on disk when this returns.

        Raises OSError when the disk gives out.
        """
        if not any(rule.needs_second_run for rule in self.rules):
            return self._run(place, executor, None)
        with set_aside(self.store, self.second_objects) as second:
            return self._run(place, executor, second)

    def _run(self, place: Workplace, executor: StepExecutor, second: ObjectStore | None) -> StepOutcome:
        self.files.folder.mkdir(parents=True, exist_ok=True)
        place.logs.lend(self.files)
        started_at, offset_s = self.clock.now(), self.clock.monotonic() - self.scenario_started_s
        before = self.machine.recent()
        made, number = self._attempts(place, executor)
        accesses = tuple(place.endpoint.take())
        if made.fatal is None:  # else something of it may still be there, and write
            place.logs.take_back(self.files)
        status, reason = ending(made, number, self.files)
        execution = made.execution
        outputs = self._outputs(place, made, status)
        again = NOT_REPEATED
        if second is not None and status.has_succeeded:
            again = self._repeat(place, executor, second)
        measured: dict[str, object] = {
            "status": status,
            "reason": reason,
            "started_at": started_at,
            "offset_s": offset_s,
            "attempt_count": number,
            "inputs": self.profiles.inputs(self.job),
            "outputs": outputs,
            "repeat": again.record,
            "accesses": accesses,
            "stand_in": self.job.stand_in,
            "environment": self.environment.label,
            "fingerprint": self.fingerprint,
            "contention": contention(before, execution.usage.cpu_s if execution else None),
        }
        if execution is not None:
            measured |= {
                "process_offset_s": execution.started_s - self.scenario_started_s,
                "wall_s": execution.wall_s,
                "exit_code": execution.exit_code,
                "signal": execution.signal,
                "usage": execution.usage,
                "isolation": execution.isolation,
                "cause": execution.cause,
                **asdict(execution.held),
            }
        result = self.form.result(self.step, measured)
        if made.fatal:
            remove(place.root)  # it may be what filled the disk
        elif execution and execution.samples.sample_count > 1:  # one look has no course over time; the usage tells it
            write_samples(self.files.samples, execution.samples.columns)
        for log in (self.files.stdout, self.files.stderr):
            hide_in_log(log, self.secrets)
        return StepOutcome(
            result=result,
            known=known_at_end(
                self.step,
                self.job,
                result,
                results=made.results,
                message=made.message,
                logs=(self.files.stdout, self.files.stderr),
            ),
            rules=self._judged(again) if status.has_succeeded else (),
            findings=[
                *made.findings,
                *access_findings(self.step.name, accesses, has_failed=status.has_failed),
                *again.findings,
            ],
            fatal=made.fatal or again.fatal,
        )

    def _judged(self, again: Repeated) -> list[RuleResult]:
        comparands = replace(self.comparands, second_run=again.second_run)
        return judge_outputs(self.job, self.rules, self.store, self.environment, comparands)

    def _repeat(self, place: Workplace, executor: StepExecutor, second: ObjectStore) -> Repeated:
        """The second run: in the same root, made ready anew, with a store, an endpoint and logs of its own."""
        if self._time_left_s() <= 0:
            return Repeated(None, SecondRun(why_not="the scenario's time was used up before its second run"))
        with S3Endpoint(second) as endpoint:
            aside = Surroundings(place.root, endpoint, second, self.files.again)
            aside.files.folder.mkdir(parents=True, exist_ok=True)
            return repeated(self.step.name, self._attempt(aside, executor), aside)

    def _outputs(self, place: Workplace, made: Attempt, status: StepStatus) -> tuple[OutputRecord, ...]:
        """The outputs with their tables; of a step that failed, what it has left in their folders."""
        if made.fatal:
            return made.outputs
        if status.has_succeeded:
            return self.profiles.outputs(self.job, made.outputs, self.rules)
        return self.profiles.left_behind(self.job, place.root)

    def _attempts(self, place: Workplace, executor: StepExecutor) -> tuple[Attempt, int]:
        here = Surroundings(place.root, place.endpoint, self.store, self.files)
        retries = self.scenario.retries_of(self.step.name)
        number = 1
        while True:
            if number > 1:
                self._mark_logs(number)
            made = self._attempt(here, executor)
            is_last = number > retries or self._time_left_s() <= 0
            if made.fatal or made.execution is None or not made.execution.status.has_failed or is_last:
                return made, number
            number += 1

    def _mark_logs(self, number: int) -> None:
        for log in (self.files.stdout, self.files.stderr):
            with log.open("a", encoding="utf-8") as file:
                file.write(f"\n--- attempt {number} ---\n")

    def _attempt(self, here: Surroundings, executor: StepExecutor) -> Attempt:
        name = self.step.name
        limit_s = self.scenario.time_limit_s(name) or self.job.max_runtime_s or float("inf")
        return attempt(
            self._reaching_the_store(here.endpoint),
            self.scenario.environment_of(name),
            Limits(
                self.scenario.memory_limit_bytes(name),
                min(limit_s, max(self._time_left_s(), 0.0)),
                self.scenario.log_limit_bytes,
                self.disk,
            ),
            root=here.root,
            store=here.store,
            files=here.files,
            environment=self.environment,
            executor=executor,
            reaches_only=None if self.scenario.has_network(name) else here.endpoint,
        )

    def _reaching_the_store(self, endpoint: S3Endpoint) -> Job:
        """The job with what makes clients of AWS come to the run's own store; its own environment comes first."""
        return self.job.model_copy(
            update={
                "environment": {**endpoint.environment(REGION, AWS_FOLDER), **self.job.environment},
                "files": {**self.job.files, **endpoint.files(AWS_FOLDER)},
            }
        )

    def _time_left_s(self) -> float:
        return self.scenario.timeout_minutes * 60 - (self.clock.monotonic() - self.scenario_started_s)
