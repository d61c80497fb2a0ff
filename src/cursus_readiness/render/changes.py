"""What is different from the baseline, in words, what matters most first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cursus_readiness.model.comparison import (
    Comparison,
    FigureComparison,
    Spread,
    Standing,
    StepChange,
    StepComparison,
)
from cursus_readiness.render.anchors import anchor
from cursus_readiness.render.looks import STANDINGS, STATUSES, Look
from cursus_readiness.units import format_ratio

_TOLD = (Standing.REGRESSED, Standing.SUSPECT, Standing.CHANGED, Standing.IMPROVED)
_COUNTED = (*_TOLD, Standing.SAME, Standing.NOT_COMPARABLE, Standing.NOT_MEASURED)


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one step that is not what it was, or might not be."""

    scenario: str
    step: str
    anchor: str
    look: Look
    told: FigureTold


@dataclass(frozen=True, slots=True)
class FigureTold:
    """One figure beside its baseline, in words."""

    figure: str
    before: str
    now: str
    delta: str
    note: str


@dataclass(frozen=True, slots=True)
class ChangesView:
    """A run beside its baseline. ``counts`` are the figures of each standing, ``steps`` what became of steps."""

    counts: list[tuple[Look, int]]
    figures: list[Change]
    steps: list[tuple[str, str, str]]


def changes_view(comparison: Comparison) -> ChangesView:
    """What the page tells of a comparison."""
    return ChangesView(
        counts=[(STANDINGS[standing], count) for standing in _COUNTED if (count := comparison.count(standing))],
        figures=[
            Change(scenario, step.step_name, anchor(scenario, step.step_name), STANDINGS[figure.standing], told(figure))
            for standing in _TOLD
            for scenario, step, figure in comparison.found(standing)
        ],
        steps=list(_steps(comparison)),
    )


def told(figure: FigureComparison) -> FigureTold:
    """One figure in words."""
    return FigureTold(
        figure=figure.figure.value,
        before=_spread(figure.before),
        now=_spread(figure.now),
        delta=_delta(figure),
        note=figure.note or "",
    )


def step_changes(comparison: Comparison | None) -> Mapping[tuple[str, str], StepComparison]:
    """The comparison of each step by scenario and name."""
    if comparison is None:
        return {}
    return {(each.scenario_name, step.step_name): step for each in comparison.scenarios for step in each.steps}


def worst_word(step: StepComparison | None) -> str | None:
    """The word for what matters most of a step's figures; ``None`` when nothing is to be told."""
    if step is None:
        return None
    standings = {figure.standing for figure in step.figures}
    return next((STANDINGS[standing][1] for standing in _TOLD if standing in standings), None)


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return "not measured"
    if spread.count == 1:
        return str(spread.median)
    return f"{spread.median} ({spread.lowest} to {spread.highest}, {spread.count} runs)"


def _delta(figure: FigureComparison) -> str:
    delta, ratio = figure.delta, figure.delta_ratio
    if delta is None:
        return ""
    sign = "+" if delta.value > 0 else ""
    share = "" if ratio is None else f" ({sign}{format_ratio(ratio)})"
    return f"{sign}{delta}{share}"


def _steps(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    """Scenario, step, and what is different about it beside its figures."""
    for scenario in comparison.scenarios:
        for step in scenario.steps:
            if step.change is StepChange.RENAMED:
                yield scenario.scenario_name, step.step_name, f"was called {step.name_before}"
            elif step.change is not StepChange.KEPT:
                yield scenario.scenario_name, step.step_name, step.change.value
            if step.has_other_status and step.status_before and step.status_now:
                before, now = STATUSES[step.status_before][1], STATUSES[step.status_now][1]
                yield scenario.scenario_name, step.step_name, f"{now}, before: {before}"
