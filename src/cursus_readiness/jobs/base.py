"""The seam of step types, and what they share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cursus_readiness.definitions.expressions import text_of
from cursus_readiness.model.job import Job

Json = Any
HOST_NAME = "algo-1"
_PROGRAM_DIRS = ("usr", "etc", "bin", "sbin", "lib", "lib64", "sys", "proc", "dev")


class ArgumentsError(Exception):
    """A step's Arguments lack something or have it in the wrong shape; ``at`` is relative to them."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


class UnsupportedJobError(Exception):
    """A legal job that cannot be executed here (yet); the message says why."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job has to know beyond its own Arguments."""

    job_name: str
    region: str


class JobType(Protocol):
    """How one step type is executed."""

    step_type: str

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments.

        Raises ArgumentsError for mistakes, UnsupportedJobError for what cannot be executed here.
        """
        ...

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """What ``Get: Steps.NAME...`` sees: the shape of the service's Describe response."""
        ...


def member(value: Json, *path: str | int, at: str = "") -> Json:
    """A required member of nested Arguments.

    Raises ArgumentsError with the path of what is missing.
    """
    for key in path:
        at = f"{at}[{key}]" if isinstance(key, int) else f"{at}.{key}"
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            raise ArgumentsError(at, f"{key!r} is missing") from None
    return value


def text_member(value: Json, *path: str | int, at: str = "") -> str:
    """A required member that must be text."""
    found = member(value, *path, at=at)
    if not isinstance(found, str) or not found:
        raise ArgumentsError(at + "".join(f".{key}" for key in path), f"text is expected, not {found!r}")
    return found


def s3_uri(value: str, at: str) -> str:
    """An ``s3://bucket/key`` URI that stays below its bucket.

    Raises ArgumentsError for any other text.
    """
    bucket, _, key = value.removeprefix("s3://").partition("/")
    if not value.startswith("s3://") or not bucket:
        raise ArgumentsError(at, f"{value!r} is not an s3:// URI")
    if bucket in (".", "..") or ".." in key.split("/") or "\0" in value:
        raise ArgumentsError(at, f"{value!r} leaves its bucket")
    return value


def local_path(value: str, at: str) -> str:
    """An absolute path of the container, normalised, without ``..``, that is not a folder of programs.

    Raises ArgumentsError for any other text.
    """
    parts = [part for part in value.split("/") if part not in ("", ".")]
    if not value.startswith("/") or ".." in parts or not parts or "\0" in value:
        raise ArgumentsError(at, f"{value!r} is not an absolute path of the container")
    if parts[0] in _PROGRAM_DIRS:
        raise ArgumentsError(at, f"{value!r} lies in /{parts[0]}, which holds the container's programs")
    return "/" + "/".join(parts)


def text_map(value: Json, at: str) -> dict[str, str]:
    """An object of texts, such as Environment; numbers and booleans become text as the service does it."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ArgumentsError(at, "an object is expected")
    return {str(key): text_of(item) for key, item in value.items()}


def int_of(value: Json, at: str) -> int:
    """A whole number, also when a definition holds it as text."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ArgumentsError(at, f"a whole number is expected, not {value!r}") from None


def resource_config(instance_type: str | None) -> str:
    """``/opt/ml/config/resourceconfig.json`` of a job on one host."""
    config = {
        "current_host": HOST_NAME,
        "hosts": [HOST_NAME],
        "network_interface_name": "eth0",
        "current_instance_type": instance_type,
        "current_group_name": "homogeneousCluster",
        "instance_groups": [
            {"instance_group_name": "homogeneousCluster", "instance_type": instance_type, "hosts": [HOST_NAME]}
        ],
    }
    return json.dumps(config, indent=2)
