"""What a tuning job searches: training job definitions with their ranges, objectives and numbers of trials.

Source: the SageMaker API reference, *CreateHyperParameterTuningJob*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from cursus_readiness.definitions.expressions import is_late
from cursus_readiness.jobs.algorithms import implied_metric
from cursus_readiness.jobs.base import (
    ArgumentsError,
    JobContext,
    count_of,
    list_of,
    mapping_of,
    member,
    optional_text,
    text_map,
    text_member,
)
from cursus_readiness.jobs.ranges import Range, draw_trials, grid_size, ranges_of
from cursus_readiness.jobs.training import metric_patterns

Json = Any
CONFIG = "HyperParameterTuningJobConfig"
_OBJECTIVES = ("Maximize", "Minimize")
_STRATEGIES = ("Bayesian", "Random", "Hyperband", "Grid")


@dataclass(frozen=True, slots=True)
class Search:
    """One training job definition: what it trains with, the ranges that are searched, and the objective.

    ``pattern`` is the regular expression that finds the objective in the log, ``at`` where the definition stands.
    """

    name: str | None
    definition: Mapping[str, Json]
    ranges: list[Range]
    ranges_at: str
    objective: dict[str, str]
    pattern: str
    at: str


@dataclass(frozen=True, slots=True)
class Tuned:
    """The values of one trial."""

    search: Search
    hyperparameters: dict[str, str]


def strategy_of(arguments: Mapping[str, Json]) -> str:
    """How the service would choose the next trial.

    Raises ArgumentsError for a strategy that there is not.
    """
    strategy = text_member(arguments, CONFIG, "Strategy")
    if strategy not in _STRATEGIES:
        raise ArgumentsError(f".{CONFIG}.Strategy", f"{strategy!r} is none of {', '.join(_STRATEGIES)}")
    return strategy


def searches_of(arguments: Mapping[str, Json]) -> list[Search]:
    """The definitions of a tuning job, one or several.

    Raises ArgumentsError when there is none, and for whatever is wrong in one.
    """
    config = mapping_of(member(arguments, CONFIG), f".{CONFIG}")
    if arguments.get("TrainingJobDefinition") is not None:
        return [_search(arguments["TrainingJobDefinition"], config, ".TrainingJobDefinition")]
    several = list_of(arguments.get("TrainingJobDefinitions"), ".TrainingJobDefinitions")
    if not several:
        raise ArgumentsError(".TrainingJobDefinition", "'TrainingJobDefinition' is missing")
    return [_search(item, config, f".TrainingJobDefinitions[{index}]") for index, item in enumerate(several)]


def limits_of(arguments: Mapping[str, Json]) -> dict[str, Json]:
    """What the tuning job as a whole may use."""
    return mapping_of(member(arguments, CONFIG).get("ResourceLimits"), f".{CONFIG}.ResourceLimits")


def most_trials(arguments: Mapping[str, Json], searches: list[Search]) -> int | None:
    """How many training jobs the service would run; ``None`` when only the run tells.

    A grid need not say: it ends with its last combination.
    """
    at = f".{CONFIG}.ResourceLimits"
    most = limits_of(arguments).get("MaxNumberOfTrainingJobs")
    if is_late(most):
        return None
    if strategy_of(arguments) == "Grid":
        size = sum(grid_size(search.ranges, search.ranges_at) for search in searches)
        return size if most is None else min(size, count_of(most, f"{at}.MaxNumberOfTrainingJobs"))
    if most is None:
        raise ArgumentsError(f"{at}.MaxNumberOfTrainingJobs", "'MaxNumberOfTrainingJobs' is missing")
    return count_of(most, f"{at}.MaxNumberOfTrainingJobs")


def tuned_values(arguments: Mapping[str, Json], searches: list[Search], context: JobContext) -> list[Tuned]:
    """The trials to run: ``trial_count`` of them, one of each definition at least, no more than the job allows."""
    most = most_trials(arguments, searches)
    wanted = max(context.trial_count, len(searches))
    count = wanted if most is None else min(wanted, most)
    seed = arguments[CONFIG].get("RandomSeed") or context.job_name
    is_grid = strategy_of(arguments) == "Grid"
    drawn = []
    for index, search in enumerate(searches):
        share = count // len(searches) + (index < count % len(searches))
        values = draw_trials(search.ranges, share, f"{seed}/{index}", is_grid=is_grid, at=search.ranges_at)
        drawn.append([Tuned(search, item) for item in values])
    return [item for turn in zip_longest(*drawn) for item in turn if item is not None]


def _search(definition: Json, config: Mapping[str, Json], at: str) -> Search:
    definition = mapping_of(definition, at)
    objective, objective_at = (
        config.get("HyperParameterTuningJobObjective"),
        f".{CONFIG}.HyperParameterTuningJobObjective",
    )
    if definition.get("TuningObjective") is not None:
        objective, objective_at = definition["TuningObjective"], f"{at}.TuningObjective"
    ranges, ranges_at = config.get("ParameterRanges"), f".{CONFIG}.ParameterRanges"
    if definition.get("HyperParameterRanges") is not None:
        ranges, ranges_at = definition["HyperParameterRanges"], f"{at}.HyperParameterRanges"
    kind = text_member(objective, "Type", at=objective_at)
    if kind not in _OBJECTIVES:
        raise ArgumentsError(f"{objective_at}.Type", f"{kind!r} is none of {', '.join(_OBJECTIVES)}")
    metric = text_member(objective, "MetricName", at=objective_at)
    static = text_map(definition.get("StaticHyperParameters"), f"{at}.StaticHyperParameters")
    found = ranges_of(ranges, ranges_at)
    for item in found:
        if item.name in static:
            raise ArgumentsError(f"{at}.StaticHyperParameters.{item.name}", "it is searched, too: take one of them out")
    return Search(
        name=optional_text(definition.get("DefinitionName"), f"{at}.DefinitionName"),
        definition=definition,
        ranges=found,
        ranges_at=ranges_at,
        objective={"Type": kind, "MetricName": metric},
        pattern=_pattern(definition, metric, at, f"{objective_at}.MetricName"),
        at=at,
    )


def _pattern(definition: Mapping[str, Json], metric: str, at: str, metric_at: str) -> str:
    algorithm = mapping_of(definition.get("AlgorithmSpecification"), f"{at}.AlgorithmSpecification")
    for name, pattern in _patterns(algorithm, at):
        if name == metric and not re.compile(pattern).groups:
            raise ArgumentsError(metric_at, f"the Regex of {metric!r} has no group (...) that captures the value")
        if name == metric:
            return pattern
    implied = implied_metric(str(algorithm.get("TrainingImage", "")), metric)
    if implied is None:
        raise ArgumentsError(metric_at, f"no MetricDefinitions say how {metric!r} is found in the log")
    return implied


def _patterns(algorithm: Mapping[str, Json], at: str) -> Iterator[tuple[str, str]]:
    try:
        yield from metric_patterns(algorithm.get("MetricDefinitions"))
    except ArgumentsError as error:
        raise ArgumentsError(f"{at}{error.at}", error.message) from error
