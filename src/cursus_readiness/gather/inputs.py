"""Serve what no step of a pipeline writes into the run's object store."""

from __future__ import annotations

from collections.abc import Collection

from cursus_readiness.errors import is_machines_fault
from cursus_readiness.model.base import Model
from cursus_readiness.model.plan import Plan
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.sources.base import Dataset, SourceError
from cursus_readiness.sources.registry import materialise
from cursus_readiness.sources.s3 import Progress


class DatasetRecord(Model):
    """What served the inputs of a scenario."""

    datasets: tuple[Dataset, ...]


def serve_inputs(plan: Plan, selected: Collection[str], store: ObjectStore, tell: Progress) -> DatasetRecord:
    """Serve what the selected steps need, and what scripts may fetch themselves; ``tell`` hears of downloads.

    Raises SourceError when something cannot be served, OSError when the disk gives out.
    """
    needed = {wanted.uri for step in plan.steps if step.job and step.name in selected for wanted in step.job.inputs}
    needed |= {uri for step in plan.steps if step.has_fixture for uri in step.property_files.values()}
    served = tuple(item for item in plan.served if item.is_for_scripts or any(_touch(item.uri, uri) for uri in needed))
    try:
        return DatasetRecord(datasets=tuple(materialise(plan.model_copy(update={"served": served}), store, tell)))
    except OSError as error:
        if is_machines_fault(error):
            raise
        raise SourceError(f"the inputs cannot be served: {error}") from error


def _touch(one: str, other: str) -> bool:
    one, other = one.rstrip("/") + "/", other.rstrip("/") + "/"
    return one.startswith(other) or other.startswith(one)
