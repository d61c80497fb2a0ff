"""Try execution parameters on one step: screened one at a time, then combined, then repeated beside the baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import median

from cursus_readiness.analysis.gains import FEWEST_REPEATS, LEAST_GAIN_RATIO, gain_of
from cursus_readiness.errors import CannotRunError, InterruptedRunError, UsageError
from cursus_readiness.model.optimization import Goal, Optimization, ParameterTrial, TrialFigures, TrialOutcome
from cursus_readiness.model.result import StepResult
from cursus_readiness.trials.bench import Bench, BenchRun
from cursus_readiness.trials.outputs import difference
from cursus_readiness.trials.parameters import Parameters, candidates
from cursus_readiness.units import format_ratio

_PROMISING_RATIO = 0.02  # alone; two that save little may save much together
_COMBINED_COUNT = 4
_FINALIST_COUNT = 3
_SCREENED_BETWEEN_BASELINES = 4
_TIE_RATIO = 0.01  # of the baseline; closer ones are decided by how little they change
_MOST_CPU_RATIO = 1.25
BASELINE = "baseline"


@dataclass(slots=True)
class _Tried:
    """A set of parameters while it is tried."""

    parameters: Parameters
    runs: list[TrialFigures] = field(default_factory=list)
    rejected: str | None = None

    def values(self, goal: Goal) -> list[float]:
        return [run.value(goal) for run in self.runs]


class Optimizer:
    """The trials of one step. Whatever ends them, ``record`` says what was found until then."""

    def __init__(
        self, bench: Bench, *, goal: Goal, repeats: int, ignored: Sequence[str], tell: Callable[[str], None]
    ) -> None:
        if repeats < FEWEST_REPEATS:
            raise UsageError(f"{repeats} repeats prove nothing", fix=f"--repeats {FEWEST_REPEATS} or more")
        self._bench = bench
        self._goal = goal
        self._repeats = repeats
        self._ignored = tuple(ignored)
        self._tell = tell
        self._baseline = _Tried(Parameters(BASELINE, {}))
        self._tried: list[_Tried] = []
        self._step = ""
        self._is_complete = False
        self._conclusion = ""

    def run(self, step: str | None = None) -> Optimization:
        """Try everything on a step, by default the one that uses most.

        Raises CannotRunError when the scenario does not succeed as it is, UsageError for an unknown step. An
        interruption ends the trials: the record is not complete then.
        """
        try:
            self._search(step)
            self._is_complete = True
        except InterruptedRunError:
            if not self._step:
                raise
        return self.record()

    def record(self) -> Optimization:
        """What was found until now."""
        trials = [self._judged(item) for item in self._tried]
        proven = [trial for trial in trials if trial.outcome is TrialOutcome.KEPT]
        best = _best(proven)
        trials = [
            trial.model_copy(update={"outcome": TrialOutcome.BEATEN, "reason": f"{best.name} saves as much or more"})
            if best is not None and trial.outcome is TrialOutcome.KEPT and trial is not best
            else trial
            for trial in trials
        ]
        return Optimization(
            scenario_name=self._bench.scenario.scenario_name,
            step_name=self._step,
            goal=self._goal,
            started_at=self._bench.started_at,
            environment=self._bench.environment,
            baseline=ParameterTrial(name=BASELINE, runs=tuple(self._baseline.runs), reason="as the scenario is"),
            trials=tuple(trials),
            is_complete=self._is_complete,
            conclusion=self._conclusion or self._said_of(best),
        )

    def _search(self, wanted: str | None) -> None:
        self._tell("the scenario as it is")
        reference = self._bench.run_all()
        chosen = _chosen(reference, wanted, self._goal)
        self._step = chosen.step_name
        self._baseline.runs.append(_figures(chosen))
        own = self._own_environment(reference)
        problem = self._try(self._baseline, reference)
        if problem:
            self._conclusion = f"{self._step} does not leave the same twice, so nothing can be compared: {problem}"
            return
        alone = [_Tried(item) for item in candidates(own)]
        self._screen(alone, reference)
        self._screen([_Tried(item) for item in self._combined(alone)], reference)
        self._repeat(self._finalists(), reference)

    def _own_environment(self, reference: BenchRun) -> dict[str, str]:
        job = next((item.job for item in reference.plan.steps if item.name == self._step), None)
        return {**(job.environment if job else {}), **self._bench.scenario.environment_of(self._step)}

    def _screen(self, items: Sequence[_Tried], reference: BenchRun) -> None:
        """Each once; the baseline again and again between them, so that a machine that changes is seen."""
        for number, item in enumerate(items):
            if number % _SCREENED_BETWEEN_BASELINES == _SCREENED_BETWEEN_BASELINES - 1:
                self._try(self._baseline, reference)
            self._tried.append(item)
            self._try(item, reference)

    def _repeat(self, items: Sequence[_Tried], reference: BenchRun) -> None:
        for _ in range(self._repeats):
            for item in (self._baseline, *items):
                if item.rejected is None and (item is self._baseline or len(item.runs) < self._repeats):
                    self._try(item, reference)

    def _try(self, item: _Tried, reference: BenchRun) -> str | None:
        """Run the step once; why these parameters are rejected, if they are."""
        self._tell(item.parameters.name)
        run = self._bench.run_step(self._step, item.parameters.variables, reference)
        step = run.step(self._step)
        problem = _failure(step, run) or difference(
            reference.step(self._step).outputs, reference.store, run.store, self._ignored
        )
        run.put_away()
        if problem is None:
            item.runs.append(_figures(step))
        else:
            item.rejected = problem
        return problem

    def _combined(self, alone: Sequence[_Tried]) -> list[Parameters]:
        """Pairs of the most promising, and all of them together as far as they go together."""
        promising = [item for item in alone if item.rejected is None and self._saved(item) >= _PROMISING_RATIO]
        most = sorted(promising, key=self._saved, reverse=True)[:_COMBINED_COUNT]
        best = [item for item in promising if item in most]  # in their own order, or a combination has many names
        pairs = [
            one.parameters.with_other(other.parameters)
            for one, other in combinations(best, 2)
            if not one.parameters.clashes_with(other.parameters)
        ]
        together: Parameters | None = None
        for item in best:
            if together is None:
                together = item.parameters
            elif not together.clashes_with(item.parameters):
                together = together.with_other(item.parameters)
        is_more = together is not None and len(together.parts) > 2
        return [*pairs, together] if together is not None and is_more else pairs

    def _finalists(self) -> list[_Tried]:
        found = [item for item in self._tried if item.rejected is None and self._saved(item) > LEAST_GAIN_RATIO]
        return sorted(found, key=self._saved, reverse=True)[:_FINALIST_COUNT]

    def _saved(self, item: _Tried) -> float:
        return 1 - median(item.values(self._goal)) / median(self._baseline.values(self._goal))

    def _judged(self, item: _Tried) -> ParameterTrial:
        trial = ParameterTrial(
            name=item.parameters.name, variables=dict(item.parameters.variables), runs=tuple(item.runs)
        )
        if item.rejected is not None:
            return trial.model_copy(update={"outcome": TrialOutcome.REJECTED, "reason": item.rejected})
        if not item.runs:
            return trial.model_copy(update={"reason": "not tried to the end"})
        gain = gain_of(self._baseline.values(self._goal), item.values(self._goal))
        figures = {"gain_ratio": round(gain.ratio, 4), "needed_ratio": round(gain.needed_ratio, 4)}
        dearer = self._cpu_ratio(item)
        if gain.is_proven and dearer > _MOST_CPU_RATIO:
            reason = f"it takes {format_ratio(dearer - 1)} more CPU time"
            return trial.model_copy(update={**figures, "outcome": TrialOutcome.REJECTED, "reason": reason})
        if gain.is_proven:
            return trial.model_copy(update={**figures, "outcome": TrialOutcome.KEPT, "reason": "the same outputs"})
        if gain.ratio > gain.needed_ratio:
            reason = f"others were ahead after {len(item.runs)} of {self._repeats} runs: not proven"
            return trial.model_copy(update={**figures, "outcome": TrialOutcome.BEATEN, "reason": reason})
        return trial.model_copy(
            update={**figures, "reason": f"less than {format_ratio(gain.needed_ratio)} is within the noise"}
        )

    def _cpu_ratio(self, item: _Tried) -> float:
        """CPU time by that of the baseline; 1 where it was not measured."""
        mine, others = ([run.cpu_s for run in tried.runs if run.cpu_s] for tried in (item, self._baseline))
        return median(mine) / median(others) if mine and others else 1.0

    def _said_of(self, best: ParameterTrial | None) -> str:
        what = "peak memory" if self._goal is Goal.MEMORY else "wall time"
        if best is not None and best.gain_ratio is not None:
            return f"{best.name}: {format_ratio(best.gain_ratio)} less {what} of {self._step}, with the same outputs"
        if not self._is_complete:
            return f"stopped before anything was proven for {self._step}"
        return f"nothing helps: nothing lowers the {what} of {self._step} beyond noise and leaves its outputs the same"


def _best(proven: Sequence[ParameterTrial]) -> ParameterTrial | None:
    """The largest gain; of those that are as good as that, the one that changes least."""
    if not proven:
        return None
    most = max(trial.gain_ratio or 0.0 for trial in proven)
    near = [trial for trial in proven if (trial.gain_ratio or 0.0) >= most - _TIE_RATIO]
    return min(near, key=lambda trial: (len(trial.variables), -(trial.gain_ratio or 0.0)))


def _chosen(reference: BenchRun, wanted: str | None, goal: Goal) -> StepResult:
    steps = [step for step in reference.result.steps if step.had_process]
    if wanted is not None and wanted not in [step.step_name for step in steps]:
        known = ", ".join(step.step_name for step in steps)
        raise UsageError(f"no step {wanted!r} of the scenario runs a process", fix=f"one of: {known}")
    failed = [step for step in steps if not step.status.has_succeeded]
    measured = [step for step in steps if step.usage.peak_memory_bytes is not None and step.wall_s is not None]
    if failed or not measured:
        what = f"step {failed[0].step_name}: {failed[0].reason}" if failed else "no step was measured"
        raise CannotRunError(f"the scenario does not succeed as it is: {what}", fix="`readiness run` it first")
    if wanted is not None:
        return reference.step(wanted)
    return max(measured, key=lambda step: _figures(step).value(goal))


def _figures(step: StepResult) -> TrialFigures:
    return TrialFigures(
        peak_memory_bytes=step.usage.peak_memory_bytes or 0, wall_s=step.wall_s or 0.0, cpu_s=step.usage.cpu_s
    )


def _failure(step: StepResult, run: BenchRun) -> str | None:
    """That the step failed, was not measured, or broke a rule."""
    if not step.status.has_succeeded:
        return f"the step failed: {step.reason or step.status.value}"
    if step.usage.peak_memory_bytes is None or step.wall_s is None:
        return "the step was not measured"
    broken = [rule for rule in run.result.rules if rule.step == step.step_name and rule.held is False]
    return f"a rule is broken: {broken[0].target} {broken[0].rule}: {broken[0].message}" if broken else None
