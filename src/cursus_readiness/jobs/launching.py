"""What a training job starts: a program of script mode, the container's own entry point, or a built-in algorithm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cursus_readiness.jobs.algorithms import built_in, refusal
from cursus_readiness.jobs.base import ArgumentsError, JobContext, UnsupportedJobError, s3_uri, texts_of
from cursus_readiness.jobs.toolkit import command_arguments, decode, service_environment, toolkit_environment
from cursus_readiness.model.job import JobInput, Packing

Json = Any
CODE_DIR = "/opt/ml/code"
_SHELL_START = 'chmod 777 "./$0" && exec "./$0" "$@"'


@dataclass(frozen=True, slots=True)
class Launch:
    """How the process of a training job is started; ``stand_in`` names what runs in the container's place."""

    command: tuple[str, ...]
    working_directory: str
    environment: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)
    inputs: tuple[JobInput, ...] = ()
    stand_in: str | None = None


@dataclass(frozen=True, slots=True)
class TrainingSetup:
    """What a training job is told, whatever starts it."""

    hyperparameters: Mapping[str, str]
    algorithm: Mapping[str, Json]
    channels: Sequence[JobInput]
    input_config: Mapping[str, Mapping[str, str]]
    instance_type: str | None


def launch(setup: TrainingSetup, context: JobContext) -> Launch:
    """How a training job is started.

    Raises ArgumentsError for mistakes, UnsupportedJobError when only the image knows what runs.
    """
    entrypoint = texts_of(setup.algorithm.get("ContainerEntrypoint"), ".AlgorithmSpecification.ContainerEntrypoint")
    if entrypoint:
        arguments = texts_of(setup.algorithm.get("ContainerArguments"), ".AlgorithmSpecification.ContainerArguments")
        return Launch((*entrypoint, *arguments), "/", service_environment(context))
    if "sagemaker_program" in setup.hyperparameters:
        return _script_mode(setup, context)
    algorithm = built_in(str(setup.algorithm.get("TrainingImage", "")))
    if algorithm is None:
        raise UnsupportedJobError(
            "the training image decides what runs: it is given neither a program nor an entry point"
        )
    reason = refusal(setup.hyperparameters, setup.input_config)
    if reason:
        raise UnsupportedJobError(reason)
    return Launch(
        ("python3", algorithm.program.path, *algorithm.arguments),
        "/",
        service_environment(context),
        files=algorithm.program.files,
        stand_in=algorithm.program.stand_in,
    )


def _script_mode(setup: TrainingSetup, context: JobContext) -> Launch:
    """As the training toolkit starts a program: Python by the interpreter, the rest, made executable, by the shell."""
    program = str(decode(setup.hyperparameters["sagemaker_program"]))
    if not program or program.startswith("/") or ".." in program.split("/") or "\0" in program:
        raise ArgumentsError(".HyperParameters.sagemaker_program", f"{program!r} is not a file of the source archive")
    source = str(decode(setup.hyperparameters.get("sagemaker_submit_directory", '""')))
    environment = toolkit_environment(
        context=context,
        program=program,
        source=source,
        hyperparameters=setup.hyperparameters,
        channels={channel.name: channel for channel in setup.channels},
        input_config=setup.input_config,
        instance_type=setup.instance_type,
    )
    start = ("python3", program) if program.endswith(".py") else ("/bin/sh", "-c", _SHELL_START, program)
    return Launch(
        (*start, *command_arguments(setup.hyperparameters)),
        CODE_DIR,
        environment,
        inputs=_source(source, setup.channels),
    )


def _source(source: str, channels: Sequence[JobInput]) -> tuple[JobInput, ...]:
    """The archive with the program; the SDK also lets it name a folder of the container, which a channel fills."""
    at = ".HyperParameters.sagemaker_submit_directory"
    if source.startswith("/") and any(f"{source}/".startswith(f"{channel.path}/") for channel in channels):
        raise UnsupportedJobError(f"the program lies in {source}, which is a channel")
    return (
        JobInput(name="source", uri=s3_uri(source, at), path=CODE_DIR, packing=Packing.TAR_GZ, is_code=True, at=at),
    )
