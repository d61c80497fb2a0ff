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
    is_optional: bool = Field(default=False, description="Nothing has to be there: a checkpoint to go on from, say.")
    at: str = Field(default="", description="JSON path in the definition.")


class JobOutput(Model):
    """A folder of the container and the S3 URI it goes to when the job has ended."""

    name: str
    uri: str
    path: str
    packing: Packing = Packing.NONE
    at: str = Field(default="", description="JSON path in the definition.")


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
    metric_patterns: dict[str, str] = Field(default_factory=dict, description="Metric -> regular expression for logs.")
    results_file: str | None = Field(default=None, description="JSON object: properties known once the job has ended.")
    stand_in: str | None = Field(default=None, description="What runs here in the place of the container's program.")
    own_requirements: tuple[str, ...] = Field(
        default=(), description="Packages of a stand-in that runs none of the pipeline's code: all that it needs."
    )
    instance_type: str | None = None
    instance_count: int = Field(default=1, ge=1)
    image_uri: str | None = None
    max_runtime_s: Seconds | None = None
