"""One scenario being run: which of its steps can be started, and what is known of those that have ended."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from cursus_readiness.clock import Clock
from cursus_readiness.definitions.expressions import ExpressionError
from cursus_readiness.environments.base import StepEnvironment
from cursus_readiness.executors.base import StepExecutor
from cursus_readiness.executors.disk import SharedDisk
from cursus_readiness.gather.answers import Answers
from cursus_readiness.gather.control import decide_step
from cursus_readiness.gather.ending import cut
from cursus_readiness.gather.fingerprints import Fingerprints
from cursus_readiness.gather.groundwork import Groundwork, GroundworkError, lay_groundwork
from cursus_readiness.gather.known import KnownFile
from cursus_readiness.gather.obstacles import obstacle
from cursus_readiness.gather.profiles import Profiles
from cursus_readiness.gather.results import ResultForm
from cursus_readiness.gather.reuse import EarlierRuns, EarlierStep, repeated_rules
from cursus_readiness.gather.spare_logs import SpareLogs
from cursus_readiness.gather.step import StepOutcome, StepRun, judge_outputs
from cursus_readiness.gather.turns import Turns
from cursus_readiness.gather.workplace import Workplace
from cursus_readiness.jobs.base import ArgumentsError, UnsupportedJobError
from cursus_readiness.model.contention import Contention
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.job import Job
from cursus_readiness.model.plan import Plan, PlannedStep
from cursus_readiness.model.result import StepKind, StepResult, StepStatus
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.model.secrets import Secrets
from cursus_readiness.objectstore.files import printable
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.planning.building import settled_job
from cursus_readiness.rules.comparands import Comparands
from cursus_readiness.rules.judging import not_judged
from cursus_readiness.rules.registry import BoundRule
from cursus_readiness.sampling.contention import MachineLook
from cursus_readiness.store.journal import Journal
from cursus_readiness.store.layout import ScenarioLayout
from cursus_readiness.store.records import FindingsRecord, ScenarioRecord, StepRecord
from cursus_readiness.store.writing import write_shape
from cursus_readiness.units import format_seconds


@dataclass(frozen=True, slots=True)
class PreparedScenario:
    """A plan that can be run: its rules are read. ``selected`` are the steps to run."""

    plan: Plan
    rules: list[BoundRule]
    selected: frozenset[str]


class ScenarioRun:
    """One scenario being run, all of it in the scheduler's thread but the steps themselves."""

    def __init__(
        self,
        prepared: PreparedScenario,
        files: ScenarioLayout,
        *,
        earlier: EarlierRuns,
        clock: Clock,
        journal: Journal,
        secrets: Secrets,
    ) -> None:
        self._prepared = prepared
        self._plan = prepared.plan
        self._scenario = prepared.plan.scenario
        self._files = files
        self._earlier = earlier
        self._clock = clock
        self._journal = journal
        self._secrets = secrets
        self._store = ObjectStore(files.objects)
        self._disk = SharedDisk(files.objects, self._scenario.disk_limit_bytes)
        self._known = KnownFile(files.known)
        self._machine = MachineLook()
        self._answers = Answers(self._plan, self._store)
        self._outcomes: dict[str, str] = {}
        self._results: dict[str, StepResult] = {}
        compared = {step.name: self._compared(step) for step in self._plan.steps}
        self._turns = Turns(self._plan.steps, compared)
        self._waiting: list[StepRun] = []
        self._places: dict[int, Workplace] = {}
        self._problem: str | None = None

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self._scenario.scenario_name

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be run."""
        return self._problem is not None or len(self._results) == len(self._plan.steps)

    def open(self, findings: Sequence[Finding]) -> None:
        """Serve the inputs, build the environments, look at the code; ``findings`` are those of the executor.

        Raises OSError when the disk gives out.
        """
        self._started, self._started_at = self._clock.monotonic(), self._clock.now()
        shown = self._secrets.without(self._plan)
        self._form = ResultForm(self._plan, shown)
        write_shape(self._files.plan, shown)
        find = partial(self._earlier.references.find, self.name)
        self._comparands = Comparands(newest=find(), promoted=find)
        if self._comparands.newest is not None:
            write_shape(self._files.reference, self._comparands.newest)
        self._journal.emit("scenario_started", scenario=self.name, steps=[step.name for step in self._plan.steps])
        found = [*self._plan.findings, *findings]
        try:
            self._ground: Groundwork = lay_groundwork(self._plan, self._prepared.selected, self._store, self._journal)
            write_shape(self._files.dataset, self._ground.datasets, self._secrets)
            found += self._ground.findings
            served = [item.uri for item in self._ground.datasets.datasets]
            self._fingerprints = Fingerprints(self._store, served)
            self._profiles = Profiles(self._store, served, self._clock)
        except GroundworkError as error:
            self._problem = printable(str(error))
        write_shape(self._files.findings, FindingsRecord(findings=tuple(found)), self._secrets)

    def ready(self) -> list[StepRun]:
        """The steps that can be started now, in the plan's order. What needs no process is done on the way."""
        while self._problem is None and (step := self._turns.next()) is not None:
            work = self._next(step)
            if work is not None:
                insort(self._waiting, work, key=lambda waiting: self._turns.position(waiting.step.name))
        return list(self._waiting)

    def start(self, work: StepRun, slot: int, executor: StepExecutor) -> Workplace:
        """Where the step is to run that is started now."""
        self._waiting.remove(work)
        self._journal.emit("step_started", scenario=self.name, step=work.step.name)
        if slot not in self._places:
            logs = SpareLogs(self._files.spare_logs(slot))
            self._places[slot] = Workplace(executor.root(self._files.root(slot)), logs, self._store)
        return self._places[slot]

    def finish(self, work: StepRun, outcome: StepOutcome) -> None:
        """Take note of a step that has ended."""
        beside = {"concurrent_steps": work.concurrent_steps}
        contention = (outcome.result.contention or Contention()).model_copy(update=beside)
        result = outcome.result.model_copy(update={"contention": contention})
        self._known.keep(work.step.name, outcome.known)
        self._end(work.step, result, outcome.known, outcome.rules, outcome.findings)

    def close(self) -> None:
        """The scenario is over: put away where its steps ran, and say so."""
        self.abandon()
        duration_s = self._clock.monotonic() - self._started
        record = ScenarioRecord(
            scenario_name=self.name,
            description=self._scenario.description,
            tags=tuple(self._scenario.tags),
            started_at=self._started_at,
            total_duration_s=duration_s,
            problem="cannot_run" if self._problem else None,
            error_details=self._problem,
        )
        write_shape(self._files.record, record, self._secrets)
        self._journal.emit("scenario_finished", scenario=self.name, duration_s=duration_s)

    def abandon(self) -> None:
        """Put away where its steps ran."""
        while self._places:
            self._places.popitem()[1].close()
        self._known.close()

    def _next(self, step: PlannedStep) -> StepRun | None:
        """What is to be run of a step whose turn has come; ``None`` when it has ended without."""
        found = self._obstacle(step)
        if found is not None:
            self._end_without_process(step, found[0], found[1])
        elif step.is_control:
            self._decide(step)
        elif step.job is None:
            self._end_without_process(step, StepStatus.NOT_EXECUTED, step.reason or "", step.properties)
        elif step.name in self._ground.hopeless:
            self._end_without_process(step, StepStatus.FAILED, f"not started: {self._ground.hopeless[step.name]}")
        else:
            return self._settled(step)
        return None

    def _settled(self, planned: PlannedStep) -> StepRun | None:
        try:
            job = settled_job(planned, self._plan, self._answers)
        except (ExpressionError, ArgumentsError, UnsupportedJobError) as error:
            self._end_without_process(planned, StepStatus.FAILED, f"cannot be started: {error}")
            return None
        step = planned.model_copy(update={"job": job})
        environment = self._ground.environments[step.name]
        variables, has_network = self._scenario.environment_of(step.name), self._scenario.has_network(step.name)
        rules, asked = self._rules_of(step), repeated_rules(self._rules_of(step))
        fingerprint = self._fingerprints.of(job, variables, environment, asked, has_network=has_network)
        earlier = self._earlier.find(self.name, step.name, fingerprint) if self._may_be_reused(step) else None
        if earlier is not None and earlier.has_judged(rules) and earlier.hand_over(job, self._store):
            self._reuse(step, job, earlier, environment)
            return None
        limit = self._scenario.memory_limit_bytes(step.name)
        return StepRun(
            scenario=self._scenario,
            step=step,
            job=job,
            environment=environment,
            rules=rules,
            store=self._store,
            disk=self._disk,
            files=self._files.step(step.name),
            form=self._form,
            profiles=self._profiles,
            comparands=self._comparands,
            second_objects=self._files.second_objects(step.name),
            machine=self._machine,
            clock=self._clock,
            secrets=self._secrets,
            scenario_started_s=self._started,
            fingerprint=fingerprint,
            memory_bytes=min(self._earlier.needed_bytes(self.name, step.name) or limit, limit),
        )

    def _may_be_reused(self, step: PlannedStep) -> bool:
        """Only on what the same earlier run has left: a step that runs now may write something else than it did."""
        before = [self._results[name] for name in step.depends_on]
        return all(result.status is StepStatus.REUSED for result in before if result.kind is StepKind.PROCESS)

    def _reuse(self, step: PlannedStep, job: Job, earlier: EarlierStep, environment: StepEnvironment) -> None:
        """The step counts as it was measured then, against the limits and rules of now."""
        fields = {
            **self._form.limits(step),
            "status": StepStatus.REUSED,
            "reason": f"reused from run {earlier.run_id}",
            "reused_from": earlier.run_id,
            "offset_s": None,
            "process_offset_s": None,
        }
        result = earlier.record.result.model_copy(update=fields)
        self._known.keep(step.name, earlier.known)
        judged = judge_outputs(job, self._rules_of(step), self._store, environment, self._comparands)
        rules = earlier.with_second_runs(self._rules_of(step), judged)
        self._end(step, result, earlier.known, rules, earlier.record.findings)

    def _decide(self, step: PlannedStep) -> None:
        """A Condition or Fail step."""
        at, offset_s = self._clock.now(), self._clock.monotonic() - self._started
        status, reason, known = decide_step(step, self._plan, self._answers)
        self._outcomes |= {step.name: known["Outcome"]} if known else {}
        measured = {"status": status, "reason": cut(reason), "started_at": at, "offset_s": offset_s}
        self._end(step, self._form.result(step, measured), known)

    def _end_without_process(
        self, step: PlannedStep, status: StepStatus, reason: str, known: dict[str, object] | None = None
    ) -> None:
        measured = {"status": status, "reason": cut(reason)}
        self._end(step, self._form.result(step, measured), known)

    def _end(
        self,
        step: PlannedStep,
        result: StepResult,
        known: dict[str, object] | None = None,
        rules: Sequence[RuleResult] = (),
        findings: Sequence[Finding] = (),
    ) -> None:
        """The result of a step is on disk, and others can go by it."""
        if known is not None:
            self._answers.record(step.name, known)
        if not result.status.has_succeeded:
            why = result.reason or result.status.value
            rules = [not_judged(rule, f"step {step.name!r}: {why}") for rule in self._rules_of(step)]
        self._results[step.name] = result
        self._turns.ended(step.name)
        fields = {name: getattr(result, name) for name in StepResult.model_fields}
        record = StepRecord.model_construct(**fields, rules=tuple(rules), findings=tuple(findings))
        write_shape(self._files.step(step.name).result, record, self._secrets)
        self._journal.emit(
            "step_finished",
            scenario=self.name,
            step=step.name,
            status=result.status.value,
            reason=result.reason,
            wall_s=result.wall_s,
            peak_memory_bytes=result.usage.peak_memory_bytes,
            stand_in=result.stand_in,
        )

    def _obstacle(self, step: PlannedStep) -> tuple[StepStatus, str] | None:
        """Why a step is not started, if so."""
        if step.name not in self._prepared.selected:
            return StepStatus.NOT_EXECUTED, "not selected"
        found = obstacle(step, self._results, self._outcomes)
        if found or step.job is None:
            return found
        if self._clock.monotonic() - self._started >= self._scenario.timeout_minutes * 60:
            limit = format_seconds(self._scenario.timeout_minutes * 60)
            return StepStatus.NOT_EXECUTED, f"the scenario's time limit of {limit} was used up"
        return None

    def _compared(self, step: PlannedStep) -> set[str]:
        """The steps with whose outputs those of a step are compared."""
        return set().union(*(rule.compared_steps for rule in self._rules_of(step)))

    def _rules_of(self, step: PlannedStep) -> list[BoundRule]:
        return [rule for rule in self._prepared.rules if rule.step == step.name]
