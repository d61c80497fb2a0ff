"""Tuning steps: a few trials of the search are run one after the other, each a training job of its own.

Source of names and shapes: the SageMaker API reference, *DescribeHyperParameterTuningJob* and
*ListTrainingJobsForHyperParameterTuningJob*, which the SDK's TuningStep puts together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cursus_readiness.definitions.expressions import LATER
from cursus_readiness.jobs.base import ArgumentsError, JobContext, arn_of, count_of
from cursus_readiness.jobs.programs import PROGRAM_DIR, program
from cursus_readiness.jobs.searches import (
    CONFIG,
    Search,
    Tuned,
    limits_of,
    most_trials,
    searches_of,
    strategy_of,
    tuned_values,
)
from cursus_readiness.jobs.training import Training
from cursus_readiness.model.job import Job, JobInput, JobOutput

Json = Any
TRIALS_FILE = f"{PROGRAM_DIR}/trials.json"
RESULTS_FILE = f"{PROGRAM_DIR}/results.json"
_LONGEST_NAME = 63  # of a training job
# What the definition of a tuned training job calls the members of a training job.
_RENAMED = {"HyperParameters": "StaticHyperParameters", "ResourceConfig": "HyperParameterTuningResourceConfig"}


@dataclass(frozen=True, slots=True)
class Trial:
    """One training job of the search: ``inputs_dir`` is where the inputs of its definition wait for it."""

    name: str
    tuned: Tuned
    job: Job
    inputs_dir: str
    kept_dir: str


class Tuning:
    """A hyperparameter tuning job, by a few of its trials.

    Each is a real training job with its own hyperparameters, environment and arguments, in folders that hold nothing of
    the trial before.
    """

    step_type = "Tuning"

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments."""
        searches = searches_of(arguments)
        trials = list(_trials(name, searches, tuned_values(arguments, searches, context), context))
        runner = program("tuning.py", _label(arguments, searches, trials), "trial.py")
        directories = sorted({path for trial in trials for path in _directories(trial.job)})
        told = {
            "tuning_job_name": context.job_name,
            "results_file": RESULTS_FILE,
            "directories": directories,
            "trials": [_told(trial, context) for trial in trials],
        }
        brought = {path: text for trial in trials for path, text in trial.job.files.items() if _is_program(path)}
        return trials[0].job.model_copy(
            update={
                "step_type": self.step_type,
                "command": ("python3", runner.path),
                "working_directory": "/",
                "files": {**brought, **runner.files, TRIALS_FILE: json.dumps(told)},
                "directories": tuple(directories),
                "inputs": tuple(_inputs(trials)),
                "outputs": tuple(output for trial in trials for output in _outputs(trial)),
                "metric_patterns": {},
                "results_file": RESULTS_FILE,
                "stand_in": runner.stand_in,
                "max_runtime_s": _time_limit(arguments, trials),
            }
        )

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """As DescribeHyperParameterTuningJob answers, with the summaries of the trials beside it."""
        searches = searches_of(arguments)
        summary = {
            "TrainingJobName": LATER,
            "TrainingJobArn": LATER,
            "TrainingJobDefinitionName": LATER,
            "TuningJobName": context.job_name,
            "CreationTime": LATER,
            "TrainingStartTime": LATER,
            "TrainingEndTime": LATER,
            "TrainingJobStatus": LATER,
            "TunedHyperParameters": {item.name: LATER for search in searches for item in search.ranges},
            "FinalHyperParameterTuningJobObjectiveMetric": {"Type": LATER, "MetricName": LATER, "Value": LATER},
            "ObjectiveStatus": LATER,
        }
        counters = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
        return {
            **arguments,
            "HyperParameterTuningJobName": context.job_name,
            "HyperParameterTuningJobArn": arn_of("hyper-parameter-tuning-job", context.job_name, context),
            "HyperParameterTuningJobStatus": "Completed",
            "BestTrainingJob": summary,
            "TrainingJobSummaries": [summary] * len(tuned_values(arguments, searches, context)),
            "TrainingJobStatusCounters": dict.fromkeys(counters, LATER),
            "ObjectiveStatusCounters": dict.fromkeys(("Succeeded", "Pending", "Failed"), LATER),
            "ConsumedResources": {"RuntimeInSeconds": LATER},
            **dict.fromkeys(("CreationTime", "LastModifiedTime", "HyperParameterTuningEndTime"), LATER),
        }


def _trials(name: str, searches: list[Search], values: list[Tuned], context: JobContext) -> Iterator[Trial]:
    for number, tuned in enumerate(values, 1):
        trial_name = _trial_name(context.job_name, number)
        job = _training_job(name, tuned, replace(context, job_name=trial_name))
        inputs_dir = f"{PROGRAM_DIR}/inputs/{searches.index(tuned.search)}"
        yield Trial(trial_name, tuned, job, inputs_dir, f"{PROGRAM_DIR}/trials/{number:03}")


def _trial_name(job_name: str, number: int) -> str:
    """As the service names the training jobs of a tuning job: its name, a number, eight digits."""
    ending = f"-{number:03}-{hashlib.sha256(f'{job_name}/{number}'.encode()).hexdigest()[:8]}"
    return job_name[: _LONGEST_NAME - len(ending)] + ending


def _training_job(name: str, tuned: Tuned, context: JobContext) -> Job:
    """A trial as a training step would be executed."""
    search = tuned.search
    arguments = {**search.definition}
    for member, renamed in _RENAMED.items():
        if renamed in search.definition:
            arguments[member] = arguments.pop(renamed)
    metric = search.objective["MetricName"]
    static = arguments.get("HyperParameters") or {}
    arguments["HyperParameters"] = {**static, **tuned.hyperparameters, "_tuning_objective_metric": metric}
    try:
        return Training().build(name, arguments, context)
    except ArgumentsError as error:
        raise ArgumentsError(_place(search, error.at), error.message) from error


def _place(search: Search, at: str) -> str:
    """Where something of a training job's Arguments stands in those of the tuning job."""
    for member, renamed in _RENAMED.items():
        if at == f".{member}" or at.startswith(f".{member}."):
            at = f".{renamed}{at[len(member) + 1 :]}"
    return f"{search.at}{at}"


def _told(trial: Trial, context: JobContext) -> dict[str, Json]:
    """What the program that runs the trials is told of one."""
    return {
        "name": trial.name,
        "arn": arn_of("training-job", trial.name, context),
        "definition_name": trial.tuned.search.name,
        "hyperparameters": trial.tuned.hyperparameters,
        "objective": trial.tuned.search.objective,
        "pattern": trial.tuned.search.pattern,
        "command": list(trial.job.command),
        "working_directory": trial.job.working_directory,
        "environment": trial.job.environment,
        "files": {path: text for path, text in trial.job.files.items() if not _is_program(path)},
        "inputs_dir": trial.inputs_dir,
        "input_paths": [item.path for item in _placed(trial.job)],
        "kept": {output.path: f"{trial.kept_dir}{output.path}" for output in trial.job.outputs},
        "time_limit_s": trial.job.max_runtime_s,
    }


def _is_program(path: str) -> bool:
    return path.startswith(f"{PROGRAM_DIR}/")


def _directories(job: Job) -> Iterator[str]:
    yield from job.directories
    yield from (output.path for output in job.outputs)


def _placed(job: Job) -> Iterator[JobInput]:
    """The inputs of a trial; it has no checkpoints to go on from, as those of each trial lie apart."""
    return (item for item in job.inputs if not item.is_optional)


def _inputs(trials: list[Trial]) -> Iterator[JobInput]:
    """What the trials of each definition need, where it waits for them."""
    seen = set()
    for trial in trials:
        if trial.inputs_dir not in seen:
            seen.add(trial.inputs_dir)
            for item in _placed(trial.job):
                at = _place(trial.tuned.search, item.at)
                yield item.model_copy(update={"path": f"{trial.inputs_dir}{item.path}", "at": at})


def _outputs(trial: Trial) -> Iterator[JobOutput]:
    number = trial.kept_dir.rpartition("/")[2]
    for output in trial.job.outputs:
        uri = output.uri if trial.name in output.uri.split("/") else f"{output.uri.rstrip('/')}/{trial.name}"
        path = f"{trial.kept_dir}{output.path}"
        yield output.model_copy(
            update={
                "name": f"{output.name}-{number}",
                "uri": uri,
                "path": path,
                "at": _place(trial.tuned.search, output.at),
            }
        )


def _time_limit(arguments: Mapping[str, Json], trials: list[Trial]) -> float | None:
    """That of the tuning job, else those of all trials together."""
    own = limits_of(arguments).get("MaxRuntimeInSeconds")
    if own is not None:
        return count_of(own, f".{CONFIG}.ResourceLimits.MaxRuntimeInSeconds")
    limits = [trial.job.max_runtime_s for trial in trials]
    return None if None in limits else sum(limit for limit in limits if limit is not None)


def _label(arguments: Mapping[str, Json], searches: list[Search], trials: list[Trial]) -> str:
    """In a few words, what is run of what the service would run."""
    strategy, most = strategy_of(arguments), most_trials(arguments, searches)
    count = f"{len(trials)} of {most} trials" if most else f"{len(trials)} trials"
    how = {"Grid": " of the grid", "Random": ""}.get(strategy, f", sampled at random here, not by {strategy} search")
    programs = sorted({trial.job.stand_in for trial in trials if trial.job.stand_in})
    return "; ".join([count + how, *programs])
