"""The scenario: one pipeline, the data it runs on, what is expected of it, its limits."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from cursus_readiness.model.base import Model
from cursus_readiness.model.binding import PATH, Fixture, InputBinding
from cursus_readiness.units import GIB, MIB


class EnvironmentKind(StrEnum):
    """Where a step's interpreter and packages come from."""

    HOST = "host"
    UV = "uv"
    CONTAINER = "container"


class EnvironmentSpec(Model):
    """What a step runs with; a plain text is its ``kind``.

    ``python`` is a version (``"3.10"``) or a path. ``requirements`` are a list, or the path of a requirements file;
    without them an environment of kind ``uv`` has what the step's image is known to have, and ``extra_requirements``.
    ``image`` is run by kind ``container`` in the place of the step's own.
    """

    kind: EnvironmentKind = EnvironmentKind.HOST
    python: str | None = None
    requirements: tuple[str, ...] | str | None = None
    extra_requirements: tuple[str, ...] = ()
    image: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][^\s\x00]*$")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("python"), float):
            message = f'python: write the version in quotes, "3.10": YAML reads it as {value["python"]}'
            raise ValueError(message)  # noqa: TRY004 - pydantic's way
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _only_uv_installs(self) -> Self:
        if (self.requirements is not None or self.extra_requirements) and self.kind is not EnvironmentKind.UV:
            raise ValueError(f"kind {self.kind.value!r} installs nothing; requirements need kind 'uv'")
        if self.requirements is not None and self.extra_requirements:
            raise ValueError("'requirements' are all there is; put 'extra_requirements' among them")
        return self

    @model_validator(mode="after")
    def _an_image_has_its_own_python(self) -> Self:
        is_container = self.kind is EnvironmentKind.CONTAINER
        if self.image is not None and not is_container:
            raise ValueError(f"kind {self.kind.value!r} runs no image; 'image' needs kind 'container'")
        if self.python is not None and is_container:
            raise ValueError("kind 'container' runs the Python of the image; leave 'python' out")
        return self


class StepOverride(Model):
    """What one step gets that differs from the scenario.

    ``function`` (``FILE.py:NAME``, relative to the scenario file) is called in the place of a Lambda or Callback.
    ``trials`` is how many training jobs of a Tuning step are run.
    """

    memory_limit_gb: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    timeout_minutes: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    retries: int | None = Field(default=None, ge=0, le=10)
    fixture: Fixture | None = None
    function: str | None = Field(default=None, pattern=r"^[^:\x00]+\.py:[A-Za-z_]\w*$")
    trials: int | None = Field(default=None, ge=1, le=20)
    environment: EnvironmentSpec | None = None
    network: bool | None = None
    environment_variables: dict[str, str] = Field(default_factory=dict)

    @field_validator("environment_variables", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return environment_text(value)


class CursusSettings(Model):
    """Where Cursus is, for a scenario whose ``pipeline_config_path`` is a saved Cursus configuration.

    ``python`` is the interpreter of Cursus's own environment, ``source`` a checkout whose ``src`` goes on its path,
    ``source_dirs`` maps folders that the configuration names to where they are now, relative to the project's root.
    """

    python: str = Field(min_length=1)
    source: str | None = Field(default=None, min_length=1)
    source_dirs: dict[str, str] = Field(default_factory=dict)
    timeout_minutes: float = Field(default=5, gt=0, allow_inf_nan=False, description="For one compile.")


class E2ETestScenario(Model):
    """One pipeline under test. Paths are relative to the file it came from (or to the working directory).

    ``memory_limit_gb`` (GiB) holds for each step, ``timeout_minutes`` for the whole scenario.
    ``expected_steps`` left empty means every step of the definition.
    """

    scenario_name: str = Field(min_length=1, max_length=200)
    pipeline_config_path: str = Field(min_length=1, pattern=PATH)
    expected_steps: list[str]
    data_source: str = "synthetic"
    validation_rules: dict[str, Any] = Field(default_factory=dict)
    timeout_minutes: int = Field(default=30, ge=1)
    memory_limit_gb: float = Field(default=4.0, gt=0, allow_inf_nan=False)
    log_limit_mb: float = Field(default=50.0, gt=0, allow_inf_nan=False, description="MiB kept of each log of a step.")
    disk_limit_gb: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="GiB that the steps may hold in their folders and outputs."
    )
    description: str = ""
    tags: list[str] = Field(default_factory=list)
    environment_variables: dict[str, str] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    inputs: dict[str, InputBinding] = Field(default_factory=dict)
    steps: dict[str, StepOverride] = Field(default_factory=dict)
    retries: int = Field(default=0, ge=0, le=10)
    network: bool = Field(
        default=True, description="Whether steps reach more than the run's own object store on the loopback interface."
    )
    max_flaky: int | None = Field(
        default=None, ge=0, description="How many steps may succeed only when tried again; without it, any number."
    )
    python: str | None = Field(default=None, description="Interpreter of the steps; default: the tool's own.")
    dag_path: str | None = Field(
        default=None, min_length=1, pattern=PATH, description="A Cursus graph: a file, or catalog:NAME."
    )
    cursus: CursusSettings | None = None
    environment: EnvironmentSpec = Field(default_factory=EnvironmentSpec)
    source_file: Path | None = Field(default=None, exclude=True, description="Set by the loader.")

    @field_validator("data_source")
    @classmethod
    def _known_data_source(cls, value: str) -> str:
        if value not in ("synthetic", "local", "s3"):
            raise ValueError(f"unknown data source {value!r}; use 'synthetic', 'local' or 's3'")
        return value

    @field_validator("environment_variables", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return environment_text(value)

    @field_validator("parameters")
    @classmethod
    def _parameters_are_scalars(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name, item in value.items():
            if not isinstance(item, str | bool | int | float):
                raise ValueError(f"{name}: a text, a number, true or false is expected")  # noqa: TRY004 - pydantic's way
        return value

    @field_validator("inputs")
    @classmethod
    def _keys_are_s3_uris(cls, value: dict[str, InputBinding]) -> dict[str, InputBinding]:
        for uri in value:
            if not uri.startswith("s3://"):
                raise ValueError(f"{uri!r} is not an s3:// URI")
        return value

    def fixture_of(self, step: str) -> Fixture | None:
        """What stands for a step, if it is not to be executed."""
        override = self.steps.get(step)
        return override.fixture if override else None

    def path_of(self, relative: str) -> Path:
        """A path of the scenario, resolved against its file's folder."""
        base = self.source_file.parent if self.source_file else Path.cwd()
        return (base / Path(relative).expanduser()).resolve()

    def memory_limit_bytes(self, step: str) -> int:
        """The memory limit of one step, in bytes."""
        override = self.steps.get(step)
        limit_gb = override.memory_limit_gb if override else None
        return int((limit_gb or self.memory_limit_gb) * GIB)

    @property
    def log_limit_bytes(self) -> int:
        """How much is kept of each log of a step, in bytes."""
        return int(self.log_limit_mb * MIB)

    @property
    def disk_limit_bytes(self) -> int | None:
        """What the steps may hold on disk together, in bytes; ``None`` when nothing limits them."""
        return None if self.disk_limit_gb is None else int(self.disk_limit_gb * GIB)

    def time_limit_s(self, step: str) -> float | None:
        """The time limit set for one step, in seconds; ``None`` when only the scenario's holds."""
        override = self.steps.get(step)
        return override.timeout_minutes * 60 if override and override.timeout_minutes else None

    def retries_of(self, step: str) -> int:
        """How often a failed step is tried again."""
        override = self.steps.get(step)
        return override.retries if override and override.retries is not None else self.retries

    def has_network(self, step: str) -> bool:
        """Whether one step reaches more than the run's own object store."""
        override = self.steps.get(step)
        return override.network if override and override.network is not None else self.network

    def python_of(self, step: str) -> EnvironmentSpec:
        """The Python that one step runs with, its paths absolute; ``python`` of the scenario serves kind ``host``."""
        override = self.steps.get(step)
        spec = (override.environment if override else None) or self.environment
        python = spec.python or (self.python if spec.kind is EnvironmentKind.HOST else None)
        if python and "/" in python:
            # not resolved: the link in a virtual environment is what makes the environment
            base = self.source_file.parent if self.source_file else Path.cwd()
            python = os.path.normpath(os.path.abspath(base / Path(python).expanduser()))
        requirements = spec.requirements
        if isinstance(requirements, str):
            requirements = str(self.path_of(requirements))
        return spec.model_copy(update={"python": python, "requirements": requirements})

    def environment_of(self, step: str) -> dict[str, str]:
        """What the scenario adds to the environment of one step."""
        override = self.steps.get(step)
        return {**self.environment_variables, **(override.environment_variables if override else {})}


def environment_text(value: Any) -> Any:
    """YAML scalars as a container's environment would hold them (``true``, ``3``), all strings."""
    if not isinstance(value, dict):
        return value
    for name, item in value.items():
        if not name or "=" in str(name) or "\0" in f"{name}{item}":
            raise ValueError(f"no environment can hold {name!r}")
    return {key: str(item).lower() if isinstance(item, bool) else _scalar_text(item) for key, item in value.items()}


def _scalar_text(item: Any) -> Any:
    return str(item) if isinstance(item, int | float) else item
