"""The seam of data sources."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pydantic import Field

from cursus_readiness.model.base import Bytes, Model
from cursus_readiness.model.plan import ServedInput
from cursus_readiness.model.scenario import E2ETestScenario


class SourceError(Exception):
    """A source that cannot serve what it is asked for; the message is for the scenario's author."""


class Dataset(Model):
    """What a source has put in place. ``row_count`` is ``None`` where nobody counted.

    ``sha256`` is that of the one file, or over the names and checksums of all. ``origin``, ``region`` and
    ``listing_sha256`` (every key with its ETag and size) are those of data on S3.
    """

    uri: str
    source: str
    file_count: int = Field(ge=0)
    size_bytes: Bytes
    row_count: int | None = None
    seed: int | None = None
    sha256: str | None = None
    origin: str | None = Field(default=None, description="Where on S3 it was read from.")
    region: str | None = None
    listing_sha256: str | None = None
    downloaded_bytes: Bytes | None = Field(default=None, description="What the cache did not have.")


class Source(Protocol):
    """Serves S3 URIs of a definition from somewhere else."""

    scheme: str

    def check(self, served: ServedInput, scenario: E2ETestScenario) -> None:
        """Raise SourceError when the source could not serve this, without serving it."""
        ...

    def materialise(self, served: ServedInput, scenario: E2ETestScenario, target: Path) -> Dataset:
        """Make the objects of ``served.uri`` appear at ``target`` (a file or a folder)."""
        ...
