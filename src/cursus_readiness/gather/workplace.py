"""Where the steps of a scenario run, one after the other: a root directory, logs, and a way to the objects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cursus_readiness.gather.spare_logs import SpareLogs
from cursus_readiness.objectstore.endpoint import S3Endpoint
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.sandbox.view import remove
from cursus_readiness.store.layout import StepLayout


class Workplace:
    """A root directory and an endpoint of its own, so that what a step asks for is known to be that step's."""

    def __init__(self, root: Path, logs: SpareLogs, store: ObjectStore) -> None:
        self.root = root
        self.logs = logs
        self.endpoint = S3Endpoint(store)
        self.endpoint.__enter__()

    def close(self) -> None:
        """Nothing is left of it."""
        self.endpoint.__exit__(None, None, None)
        self.logs.close()
        remove(self.root)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What one attempt of a step works with: its root, its way to the objects, the objects, its logs."""

    root: Path
    endpoint: S3Endpoint
    store: ObjectStore
    files: StepLayout
