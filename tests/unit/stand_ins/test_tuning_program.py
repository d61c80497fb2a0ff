"""What the program that runs trials makes of how they ended."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace
from typing import Any

import pytest
from tuning import _conclude, _environment, _ranked, _results, _table


def a_run(number: int, value: float | None, *, best: str = "Maximize", reason: str | None = None) -> Any:
    told = {
        "name": f"tune-{number:03}",
        "arn": f"arn/tune-{number:03}",
        "definition_name": "one",
        "hyperparameters": {"depth": str(number)},
        "objective": {"Type": best, "MetricName": "score"},
        "pattern": "score=(.*)",
    }
    return SimpleNamespace(told=told, value=value, reason=reason, started_s=10.0 * number, ended_s=10.0 * number + 4)


@pytest.mark.parametrize(("best", "order"), [("Maximize", [2, 3, 1]), ("Minimize", [1, 2, 3])])
def test_the_best_trial_is_first_and_of_equals_the_earlier_one(best: str, order: list[int]) -> None:
    values = {"Maximize": [0.1, 0.9, 0.5], "Minimize": [0.1, 0.5, 0.5]}[best]
    runs = [a_run(number, value, best=best) for number, value in enumerate(values, 1)]
    runs.append(a_run(4, 7.0, best=best, reason="exit code 1"))
    ranked = _ranked(runs)
    assert [int(run.told["hyperparameters"]["depth"]) for run in ranked] == order
    found = _results("tune", ranked, runs)
    assert found["BestTrainingJob"] == found["TrainingJobSummaries"][0]
    assert found["BestTrainingJob"]["TrainingJobName"] == f"tune-{order[0]:03}"
    assert found["BestTrainingJob"]["TrainingStartTime"] == f"1970-01-01T00:00:{order[0]}0+00:00"
    assert found["TrainingJobStatusCounters"]["NonRetryableError"] == 1
    assert found["ConsumedResources"] == {"RuntimeInSeconds": 16}
    json.dumps(found, allow_nan=False)


def test_the_table_names_every_trial_and_counts() -> None:
    lines = _table([a_run(1, 0.25), a_run(2, 0.5), a_run(3, None, reason="exit code 1")]).splitlines()
    assert [line.split()[:3] for line in lines[1:4]] == [
        ["1", "Completed", "0.25"],
        ["2", "best", "0.5"],
        ["3", "Failed", "-"],
    ]
    assert lines[4] == "2 of 3 trials succeeded, 1 failed"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no objective: no line of its log has score"),
        (float("nan"), "score is nan"),
        (float("inf"), "score is inf"),
    ],
)
def test_a_trial_without_a_number_for_its_objective_has_failed(value: float | None, reason: str) -> None:
    run = a_run(1, value)
    _conclude(run)
    assert reason in run.reason


def test_a_trial_has_its_own_environment_but_for_what_the_scenario_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    first = {"SM_HP_DEPTH": "1", "WHO": "definition", "ONLY_FIRST": "x"}
    for name, value in {**first, "WHO": "scenario"}.items():
        monkeypatch.setenv(name, value)
    found = _environment({"SM_HP_DEPTH": "2", "WHO": "other definition", "ONLY_SECOND": "y"}, first)
    assert (found["SM_HP_DEPTH"], found["WHO"], found["ONLY_SECOND"]) == ("2", "scenario", "y")
    assert "ONLY_FIRST" not in found
    assert found["PATH"] == os.environ["PATH"]
