"""A job: what a container would be given for one step, in the container's own paths."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from cursus_readiness.model.base import Model, Seconds


class Packing(StrEnum):
    """How an input is unpacked after download, or an output packed before upload."""

    NONE = "none"
    TAR_GZ = "tar.gz"


class JobInput(Model):
    """An S3 prefix or object and the folder of the container where its content lands."""

    name: str
    uri: str
    path: str
    packing: Packing = Packing.NONE
    is_code: bool = False
    at: str = Field(default="", description="JSON path in the definition.")


class JobOutput(Model):
    """A folder of the container and the S3 URI it goes to when the job has ended."""

    name: str
    uri: str
    path: str
    packing: Packing = Packing.NONE


class Job(Model):
    """One step, ready to run: command, environment, files of the container contract, inputs, outputs."""

    step_name: str
    step_type: str
    command: tuple[str, ...]
    working_directory: str
    environment: dict[str, str]
    files: dict[str, str] = Field(default_factory=dict, description="Path in the container -> text.")
    directories: tuple[str, ...] = ()
    inputs: tuple[JobInput, ...] = ()
    outputs: tuple[JobOutput, ...] = ()
    message_files: tuple[str, ...] = Field(default=(), description="Where a job leaves word of its failure.")
    instance_type: str | None = None
    instance_count: int = Field(default=1, ge=1)
    image_uri: str | None = None
    max_runtime_s: Seconds | None = None
