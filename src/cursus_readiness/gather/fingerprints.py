"""What tells whether a step would do the same again: a hash of its code, inputs, environment and parameters."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from cursus_readiness.environments.base import PythonEnvironment, StepEnvironment
from cursus_readiness.environments.container import ContainerEnvironment
from cursus_readiness.model.job import Job
from cursus_readiness.objectstore.files import walk_files
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.resources import tool_version

_NO_PART = {"inputs", "outputs", "max_runtime_s", "instance_type", "instance_count", "image_uri"}


class Fingerprints:
    """Fingerprints of one scenario's steps, asked for in their order.

    What an earlier step wrote counts by that step's own fingerprint, what was served by its content. Of an environment
    the interpreter and the names and versions of its packages count, not what somebody has edited in them.
    """

    def __init__(self, store: ObjectStore, served: Iterable[str]) -> None:
        """``served`` are the URIs that sources have served into the store."""
        self._store = store
        self._served = tuple(served)
        self._digests: dict[str, str] = {}
        self._written: list[tuple[str, str]] = []
        self._environments: dict[int, str] = {}

    def of(
        self,
        job: Job,
        variables: Mapping[str, str],
        environment: StepEnvironment,
        repeated: Sequence[str] = (),
        *,
        has_network: bool,
    ) -> str:
        """The fingerprint of a job, 64 hexadecimal digits; ``variables`` are those that the scenario adds.

        ``repeated`` says what a second run of it is for.
        """
        inputs = [
            [item.path, item.packing.value, item.uri, sorted(self._below(item.uri))]
            for item in sorted(job.inputs, key=lambda item: (item.path, item.uri))
        ]
        outputs = [[item.path, item.packing.value, item.uri] for item in job.outputs]
        known = [
            tool_version(),
            job.model_dump_json(exclude=_NO_PART),
            sorted(variables.items()),
            self._environment(environment),
            has_network,
            inputs,
            outputs,
            *([repeated] if repeated else ()),
        ]
        found = hashlib.sha256(json.dumps(known).encode()).hexdigest()
        self._written += [(_as_folder(item.uri), found) for item in job.outputs]
        return found

    def _below(self, uri: str) -> Iterator[str]:
        """What is known of all that lies below a URI, or that it lies below."""
        wanted = _as_folder(uri)
        for written, digest in self._written:
            if _touch(written, wanted):
                yield f"{written} {digest}"
        for served in self._served:
            if _touch(_as_folder(served), wanted):
                narrower = max(uri, served, key=len)
                if narrower not in self._digests:
                    self._digests[narrower] = content_digest(self._store, narrower)
                yield f"{narrower} {self._digests[narrower]}"

    def _environment(self, environment: StepEnvironment) -> str:
        found = self._environments.get(id(environment))
        if found is None:
            found = self._environments[id(environment)] = json.dumps([environment.label, *_parts(environment)])
        return found


def _parts(environment: StepEnvironment) -> Iterator[str]:
    if isinstance(environment, ContainerEnvironment):
        yield environment.image_id
    if isinstance(environment, PythonEnvironment):
        yield str(environment.interpreter)
        for path in environment.paths:
            if os.path.isdir(path):
                yield from sorted(name for name in os.listdir(path) if name.endswith((".dist-info", ".egg-info")))


def content_digest(store: ObjectStore, uri: str) -> str:
    """The hash of everything that the store holds at or below a URI: names and bytes."""
    path = store.path_of(uri)
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else walk_files(path) if path.is_dir() else ():
        name = os.fsencode(file.relative_to(path))
        digest.update(b"%d %s %d " % (len(name), name, file.stat().st_size))
        _update(digest, file)
    return digest.hexdigest()


def _update(digest: hashlib._Hash, file: Path) -> None:
    with file.open("rb") as reader:
        while block := reader.read(1 << 20):
            digest.update(block)


def _touch(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _as_folder(uri: str) -> str:
    return uri.rstrip("/") + "/"
