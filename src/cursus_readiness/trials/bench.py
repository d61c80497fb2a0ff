"""Run one step of a scenario again and again, on the same input, each time with other variables or on other data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cursus_readiness.analysis.scenario import summarise
from cursus_readiness.clock import Clock
from cursus_readiness.environments.capacity import usable_memory_bytes
from cursus_readiness.environments.machine import run_environment
from cursus_readiness.errors import CannotRunError, InvalidInputError
from cursus_readiness.gather.inputs import DatasetRecord
from cursus_readiness.gather.interruption import Interruptions
from cursus_readiness.gather.reuse import EarlierRuns, EarlierStep
from cursus_readiness.gather.run import RejectedScenario, gather
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.plan import Plan
from cursus_readiness.model.report import RunSettings
from cursus_readiness.model.result import E2ETestResult, StepResult
from cursus_readiness.model.scenario import E2ETestScenario, StepOverride
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.planning.selection import Selection
from cursus_readiness.preparation import prepare
from cursus_readiness.sandbox.view import remove
from cursus_readiness.sources.base import Dataset
from cursus_readiness.store.layout import RunLayout, ScenarioLayout
from cursus_readiness.store.reading import read_run
from cursus_readiness.store.schema import load

Listener = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class BenchRun:
    """A scenario that was run: what was measured, and the store with its outputs."""

    layout: RunLayout
    plan: Plan
    result: E2ETestResult

    @property
    def files(self) -> ScenarioLayout:
        """The files of the scenario."""
        return self.layout.scenario(self.result.scenario_name)

    @property
    def store(self) -> ObjectStore:
        """Where its outputs are, until it is put away."""
        return ObjectStore(self.files.objects)

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """What served its inputs."""
        path = self.files.dataset
        return load(DatasetRecord, path.read_text(encoding="utf-8"), str(path)).datasets

    def step(self, name: str) -> StepResult:
        """One of its steps."""
        return next(step for step in self.result.steps if step.step_name == name)

    def put_away(self) -> None:
        """Remove the outputs; what was measured and the logs stay."""
        remove(self.layout.work)


class _AllBut(EarlierRuns):
    """One run whose steps are reused, but one, which is to be measured again."""

    def __init__(self, layout: RunLayout, step: str) -> None:
        super().__init__([layout], reuses=True)
        self._step = step

    def find(self, scenario: str, step: str, fingerprint: str) -> EarlierStep | None:
        """As of any earlier run; never for the one step."""
        return None if step == self._step else super().find(scenario, step, fingerprint)


class Bench:
    """Runs of one scenario below a folder. All of them start, for the pipeline, at the same instant."""

    def __init__(
        self,
        scenario: E2ETestScenario,
        folder: Path,
        *,
        clock: Clock,
        interruptions: Interruptions,
        listener: Listener = lambda _event: None,
    ) -> None:
        self.scenario = scenario
        self.folder = folder
        self.started_at = clock.now()
        self.environment = run_environment(scenario.source_file.parent if scenario.source_file else Path.cwd())
        self._clock = clock
        self._interruptions = interruptions
        self._listener = listener
        self._runs: list[RunLayout] = []

    def run_all(self, scenario: E2ETestScenario | None = None) -> BenchRun:
        """Run every step. Raises InvalidInputError or CannotRunError when the scenario cannot be run."""
        return self._run(scenario or self.scenario, Selection(), None)

    def run_step(self, step: str, variables: Mapping[str, str], reference: BenchRun) -> BenchRun:
        """Run one step with variables added, on what the steps before it left in the reference run."""
        override = self.scenario.steps.get(step) or StepOverride()
        changed = override.model_copy(update={"environment_variables": {**override.environment_variables, **variables}})
        scenario = self.scenario.model_copy(
            update={
                "steps": {**self.scenario.steps, step: changed},
                "inputs": {**self.scenario.inputs, **_made_before(reference)},
            }
        )
        steps = [item.name for item in reference.plan.steps]
        before = steps[: steps.index(step) + 1]  # what it reads need not be what it says that it depends on
        only = tuple(f"{self.scenario.scenario_name}/{name}" for name in before)
        return self._run(scenario, Selection(only=only), _AllBut(reference.layout, step))

    def close(self) -> None:
        """Put away the outputs of every run."""
        for layout in self._runs:
            remove(layout.work)

    def _run(self, scenario: E2ETestScenario, selection: Selection, earlier: EarlierRuns | None) -> BenchRun:
        prepared = prepare(scenario, selection, self.started_at)
        if isinstance(prepared, RejectedScenario):
            kind = InvalidInputError if prepared.problem == "invalid" else CannotRunError
            raise kind(f"{scenario.scenario_name}: {prepared.error_details}", fix="`readiness check` the scenario")
        layout = RunLayout(self.folder / f"trial-{len(self._runs):03d}")
        self._runs.append(layout)
        layout.folder.mkdir(parents=True)
        gather(
            [prepared],
            layout,
            environment=self.environment,
            clock=self._clock,
            listener=self._listener,
            settings=RunSettings(only=selection.only, baseline="none"),
            memory_bytes=usable_memory_bytes(),
            earlier=earlier,
            interruptions=self._interruptions,
        )
        return BenchRun(layout, prepared.plan, summarise(read_run(layout.folder).scenarios[0]))


def _made_before(reference: BenchRun) -> dict[str, InputBinding]:
    """Synthetic inputs as they lie in the store of the reference run, so that nobody has to make them again."""
    return {
        item.uri: InputBinding(source=f"local:{reference.store.path_of(item.uri)}")
        for item in reference.datasets
        if item.source.startswith("synthetic")
    }
