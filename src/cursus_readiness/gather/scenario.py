"""Run the steps of one scenario, in order, and store what came of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cursus_readiness.clock import Clock
from cursus_readiness.definitions.expressions import ExpressionError
from cursus_readiness.executors.base import Execution, StepExecutor
from cursus_readiness.gather.accesses import access_findings
from cursus_readiness.gather.answers import Answers, known_at_end
from cursus_readiness.gather.attempt import Attempt, Limits, attempt
from cursus_readiness.gather.control import decide_step
from cursus_readiness.gather.ending import cut, ending
from cursus_readiness.gather.groundwork import Groundwork, GroundworkError, lay_groundwork
from cursus_readiness.gather.obstacles import obstacle
from cursus_readiness.jobs.base import ArgumentsError, UnsupportedJobError
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.job import Job
from cursus_readiness.model.plan import Plan, PlannedStep
from cursus_readiness.model.result import StepKind, StepResult, StepStatus
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.model.secrets import without_secrets
from cursus_readiness.objectstore.endpoint import S3Endpoint
from cursus_readiness.objectstore.files import printable
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.planning.building import settled_job
from cursus_readiness.planning.naming import REGION
from cursus_readiness.rules.judging import judge, not_judged
from cursus_readiness.rules.registry import BoundRule
from cursus_readiness.sandbox.program import HOME
from cursus_readiness.sandbox.view import remove
from cursus_readiness.store.journal import Journal
from cursus_readiness.store.layout import ScenarioLayout, StepLayout
from cursus_readiness.store.records import FindingsRecord, ScenarioRecord
from cursus_readiness.store.writing import write_samples, write_shape
from cursus_readiness.units import format_seconds

AWS_FOLDER = f"{HOME}/.aws"


@dataclass(frozen=True, slots=True)
class PreparedScenario:
    """A plan that can be run: its rules are read. ``selected`` are the steps to run."""

    plan: Plan
    rules: list[BoundRule]
    selected: frozenset[str]


class ScenarioRun:
    """One scenario being run."""

    def __init__(
        self,
        prepared: PreparedScenario,
        files: ScenarioLayout,
        *,
        executor: StepExecutor,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._prepared = prepared
        self._plan = prepared.plan
        self._scenario = prepared.plan.scenario
        self._files = files
        self._executor = executor
        self._clock = clock
        self._journal = journal
        self._shown = without_secrets(prepared.plan)
        self._commands = {step.name: step.job.command for step in self._shown.steps if step.job}
        self._store = ObjectStore(files.objects)
        self._endpoint = S3Endpoint(self._store)
        self._answers = Answers(self._plan, self._store)
        self._outcomes: dict[str, str] = {}
        self._ground: Groundwork
        self._root = executor.root(files.root)
        self._results: dict[str, StepResult] = {}
        self._rules: list[RuleResult] = []
        self._findings: list[Finding] = [*prepared.plan.findings, *executor.findings]
        self._started = clock.monotonic()
        self._started_at: datetime = clock.now()

    def run(self) -> None:
        """Run every step that can be run; what was measured is on disk when this returns or raises.

        Raises InterruptedRunError when somebody stopped it, OSError when the disk gives out.
        """
        name = self._scenario.scenario_name
        write_shape(self._files.plan, self._shown)
        self._journal.emit("scenario_started", scenario=name, steps=[step.name for step in self._plan.steps])
        error_details = None
        try:
            self._lay_groundwork()
            with self._endpoint:
                for step in self._plan.steps:
                    self._step(step)
        except GroundworkError as error:
            error_details = printable(str(error))
        finally:
            remove(self._root)
            self._store_findings()
        duration_s = self._elapsed()
        record = ScenarioRecord(
            scenario_name=name,
            description=self._scenario.description,
            tags=tuple(self._scenario.tags),
            started_at=self._started_at,
            total_duration_s=duration_s,
            problem="cannot_run" if error_details else None,
            error_details=error_details,
        )
        write_shape(self._files.record, record)
        self._journal.emit("scenario_finished", scenario=name, duration_s=duration_s)

    def _elapsed(self) -> float:
        return self._clock.monotonic() - self._started

    def _lay_groundwork(self) -> None:
        """What the code of the steps says already is told before the first of them starts."""
        self._ground = lay_groundwork(self._plan, self._prepared.selected, self._store, self._journal)
        write_shape(self._files.dataset, self._ground.datasets)
        self._findings += self._ground.findings

    def _step(self, step: PlannedStep) -> None:
        found = self._obstacle(step)
        if found is not None:
            self._finish(step, self._result(step, status=found[0], reason=cut(found[1])))
        elif step.is_control:
            self._decide(step)
        elif step.job is None:
            self._answers.record(step.name, step.properties)
            self._finish(step, self._result(step, status=StepStatus.NOT_EXECUTED, reason=step.reason))
        else:
            self._settle_and_execute(step)

    def _decide(self, step: PlannedStep) -> None:
        """A Condition or Fail step."""
        at, offset_s = self._clock.now(), self._elapsed()
        status, reason, known = decide_step(step, self._plan, self._answers)
        self._outcomes |= {step.name: known["Outcome"]} if known else {}
        self._answers.record(step.name, known)
        result = self._result(step, status=status, reason=cut(reason), started_at=at, offset_s=offset_s)
        self._finish(step, result)

    def _settle_and_execute(self, step: PlannedStep) -> None:
        hopeless = self._ground.hopeless.get(step.name)
        if hopeless:
            self._finish(step, self._result(step, status=StepStatus.FAILED, reason=cut(f"not started: {hopeless}")))
            return
        try:
            job = settled_job(step, self._plan, self._answers)
        except (ExpressionError, ArgumentsError, UnsupportedJobError) as error:
            reason = cut(f"cannot be started: {error}")
            self._finish(step, self._result(step, status=StepStatus.FAILED, reason=reason))
            return
        self._execute(step.model_copy(update={"job": job}), job)

    def _execute(self, step: PlannedStep, job: Job) -> None:
        self._journal.emit("step_started", scenario=self._scenario.scenario_name, step=step.name)
        files = self._files.step(step.name)
        files.folder.mkdir(parents=True, exist_ok=True)
        started_at, offset_s = self._clock.now(), self._elapsed()
        retries = self._scenario.retries_of(step.name)
        for number in range(1, retries + 2):
            made = self._attempt(job, number, files)
            is_last = number > retries or self._time_left_s() <= 0
            if made.fatal or made.execution is None or not made.execution.status.has_failed or is_last:
                break
        accesses = tuple(self._endpoint.take())
        status, reason = ending(made, number, files)
        asked = access_findings(step.name, accesses, has_failed=status.has_failed)
        self._findings += [*made.findings, *asked]
        result = self._result(
            step,
            status=status,
            reason=reason,
            started_at=started_at,
            offset_s=offset_s,
            attempt_count=number,
            outputs=made.outputs,
            accesses=accesses,
            stand_in=job.stand_in,
            environment=self._ground.environments[step.name].label,
            **self._measured(made.execution),
        )
        known = known_at_end(
            step, job, result, results=made.results, message=made.message, logs=(files.stdout, files.stderr)
        )
        self._answers.record(step.name, known)
        if made.fatal:
            remove(self._root)  # it may be what filled the disk
        if status.has_succeeded:
            self._rules += judge(job, self._rules_of(step), self._store)
        self._finish(step, result)
        if made.execution and made.execution.samples.sample_count:
            write_samples(files.samples, made.execution.samples.columns)
        if made.fatal:
            raise made.fatal

    def _attempt(self, job: Job, number: int, files: StepLayout) -> Attempt:
        if number > 1:
            for log in (files.stdout, files.stderr):
                with log.open("a", encoding="utf-8") as file:
                    file.write(f"\n--- attempt {number} ---\n")
        limit_s = self._scenario.time_limit_s(job.step_name) or job.max_runtime_s or float("inf")
        return attempt(
            self._reaching_the_store(job),
            self._scenario.environment_of(job.step_name),
            Limits(self._scenario.memory_limit_bytes(job.step_name), min(limit_s, max(self._time_left_s(), 0.0))),
            root=self._root,
            store=self._store,
            files=files,
            environment=self._ground.environments[job.step_name],
            executor=self._executor,
        )

    def _reaching_the_store(self, job: Job) -> Job:
        """The job with what makes clients of AWS come to the run's own store; its own environment comes first."""
        return job.model_copy(
            update={
                "environment": {**self._endpoint.environment(REGION, AWS_FOLDER), **job.environment},
                "files": {**job.files, **self._endpoint.files(AWS_FOLDER)},
            }
        )

    def _obstacle(self, step: PlannedStep) -> tuple[StepStatus, str] | None:
        """Why a step is not started, if so."""
        if step.name not in self._prepared.selected:
            return StepStatus.NOT_EXECUTED, "not selected"
        found = obstacle(step, self._results, self._outcomes)
        if found or step.job is None:
            return found
        if self._time_left_s() <= 0:
            limit = format_seconds(self._scenario.timeout_minutes * 60)
            return StepStatus.NOT_EXECUTED, f"the scenario's time limit of {limit} was used up"
        return None

    def _time_left_s(self) -> float:
        return self._scenario.timeout_minutes * 60 - self._elapsed()

    def _rules_of(self, step: PlannedStep) -> list[BoundRule]:
        return [rule for rule in self._prepared.rules if rule.step == step.name]

    def _result(self, step: PlannedStep, **measured: object) -> StepResult:
        job = step.job
        fields: dict[str, object] = {
            "step_name": step.name,
            "step_type": step.step_type,
            "depends_on": step.depends_on,
            "kind": _kind(step),
            "memory_limit_bytes": self._scenario.memory_limit_bytes(step.name),
            "time_limit_s": self._scenario.time_limit_s(step.name) or (job.max_runtime_s if job else None),
        }
        if job:
            fields |= {
                "instance_type": job.instance_type,
                "instance_count": job.instance_count,
                "command": self._command(step, job),
            }
        return StepResult.model_validate({**fields, **measured})

    def _command(self, step: PlannedStep, job: Job) -> tuple[str, ...]:
        """The command as it may be stored; that of the plan unless only the run told it."""
        if step.arguments is None:
            return self._commands[step.name]
        shown = without_secrets(self._plan.model_copy(update={"steps": (step,)})).steps[0]
        return shown.job.command if shown.job else job.command

    def _measured(self, execution: Execution | None) -> dict[str, object]:
        if execution is None:
            return {}
        return {
            "process_offset_s": execution.started_s - self._started,
            "wall_s": execution.wall_s,
            "exit_code": execution.exit_code,
            "signal": execution.signal,
            "usage": execution.usage,
            "isolation": execution.isolation,
        }

    def _finish(self, step: PlannedStep, result: StepResult) -> None:
        if not result.status.has_succeeded:
            why = result.reason or result.status.value
            self._rules += [not_judged(rule, f"step {step.name!r}: {why}") for rule in self._rules_of(step)]
        self._results[step.name] = result
        write_shape(self._files.step(step.name).result, result)
        self._journal.emit(
            "step_finished",
            scenario=self._scenario.scenario_name,
            step=step.name,
            status=result.status.value,
            reason=result.reason,
            wall_s=result.wall_s,
            peak_memory_bytes=result.usage.peak_memory_bytes,
            stand_in=result.stand_in,
        )

    def _store_findings(self) -> None:
        write_shape(self._files.findings, FindingsRecord(rules=tuple(self._rules), findings=tuple(self._findings)))


def _kind(step: PlannedStep) -> StepKind:
    if step.is_control:
        return StepKind.CONTROL
    return StepKind.FIXTURE if step.has_fixture else StepKind.PROCESS
