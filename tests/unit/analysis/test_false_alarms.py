"""How often a comparison is wrong, on simulated runs of a pipeline with nine steps. Seeds are fixed."""

from __future__ import annotations

import random

import pytest

from builders import an_environment
from cursus_readiness.analysis.comparison import compare
from cursus_readiness.audits.policy import Policy
from cursus_readiness.model.comparison import Comparison, Figure, Standing
from cursus_readiness.model.result import StepStatus
from cursus_readiness.model.summary import Measurement, RunSummary, ScenarioSummary, StepSummary
from cursus_readiness.units import MIB
from earlier_runs import a_summary

STEPS = 9
STAMP = a_summary().newest


def runs(dice: random.Random, count: int, noise: float, *, slower: float = 1.0) -> RunSummary:
    """``count`` runs whose figures vary by ``noise`` (standard deviation, share), the first step ``slower``."""
    steps = []
    for number in range(STEPS):
        factor = slower if number == 0 else 1.0
        measured = tuple(
            Measurement(
                run_id=str(place),
                wall_s=max(20 * factor * dice.gauss(1, noise), 0.0),
                cpu_s=max(15 * factor * dice.gauss(1, noise), 0.0),
                peak_memory_bytes=max(int(600 * MIB * dice.gauss(1, noise)), 0),
            )
            for place in range(count)
        )
        name = f"step-{number}"
        steps.append(
            StepSummary(step_name=name, step_type="Processing", status=StepStatus.SUCCEEDED, measurements=measured)
        )
    scenario = ScenarioSummary(
        scenario_name="churn", success=True, steps_executed=STEPS, steps_failed=0, steps=tuple(steps)
    )
    return RunSummary(runs=(STAMP,), environment=an_environment(), scenarios=(scenario,))


def beside(before: RunSummary, now: RunSummary) -> Comparison:
    return compare(before, now, name_before="main", name_now="now", yardstick=Policy().yardstick)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "noise"), [(7, 0.03), (10, 0.05), (10, 0.3)])
def test_runs_without_a_change_show_a_regression_in_at_most_one_of_a_hundred(count: int, noise: float) -> None:
    dice = random.Random(20260314)
    false_alarms = sum(
        beside(runs(dice, count, noise), runs(dice, count, noise)).count(Standing.REGRESSED) > 0 for _ in range(1000)
    )
    assert false_alarms <= 10


@pytest.mark.parametrize(("count", "noise"), [(7, 0.03), (10, 0.05)])
def test_a_fifth_more_is_found_in_ninety_five_of_a_hundred(count: int, noise: float) -> None:
    dice = random.Random(20260314)
    found = 0
    for _ in range(200):
        comparison = beside(runs(dice, count, noise), runs(dice, count, noise, slower=1.2))
        found += (Figure.WALL, Standing.REGRESSED) in [
            (item.figure, item.standing) for item in comparison.scenarios[0].steps[0].figures
        ]
    assert found >= 190


def test_a_single_noisy_run_proves_nothing() -> None:
    dice = random.Random(20260314)
    for _ in range(200):
        assert beside(runs(dice, 10, 0.05), runs(dice, 1, 0.5)).count(Standing.REGRESSED) == 0
