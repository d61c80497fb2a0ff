"""A run beside its baseline: which steps are the same, and what can be said of their figures. Pure."""

from __future__ import annotations

from cursus_readiness.analysis.machines import differences, memory_obstacles, obstacles
from cursus_readiness.analysis.standing import Yardstick, compare_figure
from cursus_readiness.model.comparison import (
    Comparison,
    Figure,
    ScenarioComparison,
    Side,
    StepChange,
    StepComparison,
)
from cursus_readiness.model.summary import RunSummary, ScenarioSummary, StepSummary

_TESTED = tuple(figure for figure in Figure if not figure.is_output)


def compare(
    before: RunSummary, now: RunSummary, *, name_before: str, name_now: str, yardstick: Yardstick
) -> Comparison:
    """Every scenario and step of both sides; the same inputs give the same comparison."""
    return Comparison(
        before=_side(before, name_before),
        now=_side(now, name_now),
        obstacles=obstacles(before.environment, now.environment),
        differences=differences(before.environment, now.environment),
        scenarios=tuple(_Sides(before, now, yardstick).scenarios()),
    )


def _side(summary: RunSummary, name: str) -> Side:
    return Side(
        name=name,
        run_ids=tuple(stamp.run_id for stamp in summary.runs),
        verdict=summary.newest.verdict,
        commit=summary.environment.commit,
        forced_because=summary.forced_because,
    )


class _Sides:
    """Two summaries, matched."""

    def __init__(self, before: RunSummary, now: RunSummary, yardstick: Yardstick) -> None:
        self._before = {item.scenario_name: item for item in before.scenarios}
        self._now = {item.scenario_name: item for item in now.scenarios}
        if now.newest.is_selection:  # what was not asked for is not gone
            self._before = {name: item for name, item in self._before.items() if name in self._now}
        self._yardstick = yardstick
        time = obstacles(before.environment, now.environment)
        memory = memory_obstacles(before.environment, now.environment)
        self._obstacles = {
            figure: "; ".join(time if figure.is_time else memory if figure is Figure.PEAK_MEMORY else ())
            for figure in Figure
        }
        measured = sum(bool(step.measurements) for item in now.scenarios for step in item.steps)
        self._level = yardstick.level(measured * len(_TESTED))

    def scenarios(self) -> list[ScenarioComparison]:
        """Those of now in their order, then those that are gone."""
        names = dict.fromkeys([*self._now, *self._before])
        return [self._scenario(name, self._before.get(name), self._now.get(name)) for name in names]

    def _scenario(self, name: str, before: ScenarioSummary | None, now: ScenarioSummary | None) -> ScenarioComparison:
        earlier = {step.step_name: step for step in before.steps} if before else {}
        later = {step.step_name: step for step in now.steps} if now else {}
        renamed = _renamed(
            [step for step in earlier.values() if step.step_name not in later],
            [step for step in later.values() if step.step_name not in earlier],
        )
        taken = {step.step_name for step in renamed.values()}
        gone = [step for step in earlier.values() if step.step_name not in later and step.step_name not in taken]
        steps = [
            self._step(earlier.get(step.step_name) or renamed.get(step.step_name), step) for step in later.values()
        ]
        return ScenarioComparison(
            scenario_name=name,
            succeeded_before=before.success if before else None,
            succeeded_now=now.success if now else None,
            steps=(*steps, *map(_removed, gone)),
        )

    def _step(self, before: StepSummary | None, now: StepSummary) -> StepComparison:
        is_renamed = before is not None and before.step_name != now.step_name
        change = StepChange.ADDED if before is None else StepChange.RENAMED if is_renamed else StepChange.KEPT
        figures = [
            compare_figure(
                figure,
                before,
                now,
                yardstick=self._yardstick,
                level=self._level,
                obstacle=self._obstacles[figure] or None,
            )
            for figure in Figure
        ]
        return StepComparison(
            step_name=now.step_name,
            name_before=before.step_name if before and is_renamed else None,
            change=change,
            status_before=before.status if before else None,
            status_now=now.status,
            figures=tuple(item for item in figures if item is not None),
        )


def _removed(step: StepSummary) -> StepComparison:
    return StepComparison(step_name=step.step_name, change=StepChange.REMOVED, status_before=step.status)


def _renamed(gone: list[StepSummary], new: list[StepSummary]) -> dict[str, StepSummary]:
    """Name now -> the step before, where exactly one that is gone and one that is new run the same command."""
    origins, twins = _by_command(gone), _by_command(new)
    return {
        steps[0].step_name: origins[digest][0]
        for digest, steps in twins.items()
        if len(steps) == len(origins.get(digest, ())) == 1
    }


def _by_command(steps: list[StepSummary]) -> dict[str, list[StepSummary]]:
    found: dict[str, list[StepSummary]] = {}
    for step in steps:
        if step.command_digest is not None:
            found.setdefault(step.command_digest, []).append(step)
    return found
