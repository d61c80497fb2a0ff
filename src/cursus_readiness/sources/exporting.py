"""Write the synthetic inputs of a plan where people can look at them, or keep them."""

from __future__ import annotations

from pathlib import Path

from cursus_readiness.model.plan import Plan, ServedInput
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.sources.base import Dataset
from cursus_readiness.sources.synthetic import SyntheticSource


def data_inputs(plan: Plan) -> list[ServedInput]:
    """The inputs of a plan that are not its code."""
    code = {item.uri for step in plan.steps if step.job for item in step.job.inputs if item.is_code}
    named = {served.prefix for served in plan.served if not served.is_for_scripts}
    return [
        served
        for served in plan.served
        if served.uri not in code and not (served.is_for_scripts and served.prefix in named)
    ]


def generate(plan: Plan, out: Path, *, rows: int | None = None, seed: int | None = None) -> list[Dataset]:
    """Write the synthetic inputs of a plan below ``out`` by bucket and key, as ``data_source: local`` finds them.

    ``rows`` are those of each table, ``seed`` that of the first; each of the others has the next. Raises SourceError
    for what cannot be made up, OSError when the disk gives out.
    """
    store = ObjectStore(out)
    wanted = [item for item in data_inputs(plan) if item.binding.source.startswith(f"{SyntheticSource.scheme}:")]
    datasets = []
    for number, served in enumerate(wanted):
        given = {"rows": rows, "seed": None if seed is None else seed + number}
        binding = served.binding.model_copy(update={key: value for key, value in given.items() if value is not None})
        changed = served.model_copy(update={"binding": binding})
        datasets.append(SyntheticSource().materialise(changed, plan.scenario, store.path_of(served.uri)))
    return datasets
