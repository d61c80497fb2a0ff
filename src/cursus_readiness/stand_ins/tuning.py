"""Runs the trials of a tuning job one after the other, and says which was best.

``trials.json`` beside it says what they are; the results are what the service would answer when asked about the job.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
from datetime import datetime, timezone

from trial import FAILURE_FILE, Folders, Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_LONGEST_REASON = 1024  # as the service cuts a FailureReason


def main() -> int:
    """Run all trials; the exit code."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "trials.json"), encoding="utf-8") as file:
        told = json.load(file)
    trials, runs = told["trials"], []
    folders = Folders(told["directories"])
    for number, trial in enumerate(trials, 1):
        run = Run(trial, _environment(trial["environment"], trials[0]["environment"]))
        signal.signal(signal.SIGTERM, lambda *_, run=run: run.stop())
        _say(f"--- trial {number} of {len(trials)}: {trial['name']} ---")
        print(f"hyperparameters: {_shown(trial['hyperparameters'])}", flush=True)
        run.place(is_last=all(later["inputs_dir"] != trial["inputs_dir"] for later in trials[number:]))
        run.execute()
        if run.is_stopped:
            return 128 + signal.SIGTERM
        _conclude(run)
        run.keep()
        folders.clear()
        runs.append(run)
    _say("--- all trials ---")
    print(_table(runs), flush=True)
    ranked = _ranked(runs)
    if not ranked:
        return _fail(f"no trial succeeded: trial 1 of {len(runs)} ({trials[0]['name']}): {runs[0].reason}")
    with open(told["results_file"], "w", encoding="utf-8") as file:
        json.dump(_results(told["tuning_job_name"], ranked, runs), file, indent=2)
    return 0


def _environment(own: Mapping[str, str], first: Mapping[str, str]) -> dict[str, str]:
    """The environment of a trial. This program was given the first one's, and perhaps other values for some of it,
    which then hold for every trial.
    """
    found = dict(os.environ)
    for name in {*own, *first}:
        if found.get(name) == first.get(name):
            found.pop(name, None)
            if name in own:
                found[name] = own[name]
    return found


def _conclude(run: Run) -> None:
    """Judge a trial that has ended, and say so."""
    metric = run.told["objective"]["MetricName"]
    if run.reason is None and run.value is None:
        run.reason = f"no objective: no line of its log has {metric} as {run.told['pattern']!r} finds it"
    elif run.reason is None and not math.isfinite(run.value or 0.0):
        run.reason = f"no objective: {metric} is {run.value}"
    if run.reason is None:
        print(f"objective: {metric} is {run.value}", flush=True)
    else:
        _say(f"failed: {run.reason}")


def _ranked(runs: list[Run]) -> list[Run]:
    """The trials that succeeded, the best first."""
    good = [run for run in runs if run.reason is None]
    is_larger_better = bool(good) and good[0].told["objective"]["Type"] == "Maximize"
    return sorted(good, key=lambda run: (run.value or 0.0) * (-1 if is_larger_better else 1))


def _results(name: str, ranked: list[Run], runs: list[Run]) -> dict[str, Any]:
    """What is known of the job now; trials without an objective are not among the summaries, as for the service."""
    summaries = [_summary(name, run) for run in ranked]
    failed = len(runs) - len(ranked)
    return {
        "HyperParameterTuningJobStatus": "Completed",
        "BestTrainingJob": summaries[0],
        "TrainingJobSummaries": summaries,
        "TrainingJobStatusCounters": {
            "Completed": len(ranked),
            "InProgress": 0,
            "RetryableError": 0,
            "NonRetryableError": failed,
            "Stopped": 0,
        },
        "ObjectiveStatusCounters": {"Succeeded": len(ranked), "Pending": 0, "Failed": failed},
        "ConsumedResources": {"RuntimeInSeconds": round(sum(run.ended_s - run.started_s for run in runs))},
        "HyperParameterTuningEndTime": _instant(runs[-1].ended_s),
    }


def _summary(name: str, run: Run) -> dict[str, Any]:
    found = {
        "TrainingJobName": run.told["name"],
        "TrainingJobArn": run.told["arn"],
        "TuningJobName": name,
        "CreationTime": _instant(run.started_s),
        "TrainingStartTime": _instant(run.started_s),
        "TrainingEndTime": _instant(run.ended_s),
        "TrainingJobStatus": "Completed",
        "TunedHyperParameters": run.told["hyperparameters"],
        "FinalHyperParameterTuningJobObjectiveMetric": {**run.told["objective"], "Value": run.value},
        "ObjectiveStatus": "Succeeded",
    }
    if run.told["definition_name"]:
        found["TrainingJobDefinitionName"] = run.told["definition_name"]
    return found


def _table(runs: list[Run]) -> str:
    """One line for each trial, as it was run."""
    best = _ranked(runs)[:1]
    rows = [("trial", "status", "objective", "seconds", "hyperparameters")]
    for number, run in enumerate(runs, 1):
        status = "Failed" if run.reason else "best" if run in best else "Completed"
        value = "-" if run.reason or run.value is None else f"{run.value:g}"
        rows.append(
            (str(number), status, value, f"{run.ended_s - run.started_s:.1f}", _shown(run.told["hyperparameters"]))
        )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[4]]) for row in rows]
    failed = sum(run.reason is not None for run in runs)
    return "\n".join([*lines, f"{len(runs) - failed} of {len(runs)} trials succeeded, {failed} failed"])


def _shown(hyperparameters: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in hyperparameters.items()) or "none"


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()


def _say(line: str) -> None:
    """A line that both logs need to be read alone."""
    print(line, flush=True)
    print(line, file=sys.stderr, flush=True)


def _fail(reason: str) -> int:
    """Say why, where the service and where people look; the exit code."""
    with open(FAILURE_FILE, "w", encoding="utf-8") as file:
        file.write(reason[:_LONGEST_REASON])
    print(reason, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
