"""The containers of a model: artifact, inference script and environment, as a stand-in opens and serves them.

What a container finds where is that of the public containers ``aws/sagemaker-inference-toolkit``,
``aws/sagemaker-scikit-learn-container`` and ``aws/sagemaker-xgboost-container``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cursus_readiness.jobs.base import (
    ArgumentsError,
    JobContext,
    UnsupportedJobError,
    list_of,
    mapping_of,
    optional_text,
    s3_uri,
    text_map,
    text_member,
)
from cursus_readiness.jobs.programs import PROGRAM_DIR
from cursus_readiness.model.job import JobInput

Json = Any
MODEL_DIR = "/opt/ml/model"
INSTRUCTIONS_FILE = f"{PROGRAM_DIR}/instructions.json"
DIRECTORIES = (MODEL_DIR, "/opt/ml/code", "/opt/ml/output")
_FRAMEWORKS = {"scikit-learn": "scikit-learn", "xgboost": "xgboost"}


@dataclass(frozen=True, slots=True)
class ServedContainer:
    """One container of a model. ``told`` is what its stand-in is told of it, beside the environment."""

    image_uri: str | None
    environment: dict[str, str]
    inputs: tuple[JobInput, ...]
    told: dict[str, Json]

    @property
    def instructions(self) -> dict[str, Json]:
        """All that the stand-in is told."""
        return {**self.told, "environment": self.environment}


def containers_of(definitions: Json, at: str, context: JobContext) -> list[ServedContainer]:
    """The containers of a list of container definitions.

    Raises ArgumentsError for mistakes, UnsupportedJobError when there is nothing in them that could be looked at.
    """
    items = list_of(definitions, at)
    if not items:
        raise ArgumentsError(at, "there is no container")
    found = [_container(item, f"{at}[{index}]", index + 1, context) for index, item in enumerate(items)]
    if not any(container.inputs for container in found):
        raise UnsupportedJobError("the image brings its own model: there is no artifact that could be opened")
    return found


def model_containers(arguments: Mapping[str, Json], context: JobContext) -> list[ServedContainer]:
    """The containers of the Arguments of a Model step, in the order in which they would be called.

    Raises as ``containers_of`` does.
    """
    if "PrimaryContainer" not in arguments:
        return containers_of(arguments.get("Containers"), ".Containers", context)
    at = ".PrimaryContainer"
    found = _container(arguments["PrimaryContainer"], at, 1, context)
    if not found.inputs:
        raise UnsupportedJobError("the image brings its own model: there is no artifact that could be opened")
    return [found]


def _container(item: Json, at: str, number: int, context: JobContext) -> ServedContainer:
    definition = mapping_of(item, at)
    if definition.get("ModelPackageName"):
        raise UnsupportedJobError("a container is a package of the model registry, which is not there")
    if definition.get("Mode") == "MultiModel":
        raise UnsupportedJobError("a container serves many models (Mode MultiModel); only one model is opened here")
    environment = text_map(definition.get("Environment"), f"{at}.Environment")
    folder = f"{PROGRAM_DIR}/container-{number}"
    artifact = _artifact(definition, at, folder)
    code = _code(environment, at, folder)
    code_dir = "/opt/ml/code" if code else _code_dir(environment)
    return ServedContainer(
        image_uri=optional_text(definition.get("Image"), f"{at}.Image"),
        environment={
            "AWS_REGION": context.region,
            "PYTHONPATH": code_dir,
            "SM_MODEL_DIR": MODEL_DIR,
            **environment,
        },
        inputs=tuple(wanted for wanted in (artifact, code) if wanted),
        told={
            "artifact": {"uri": artifact.uri, "folder": artifact.path} if artifact else None,
            "is_archive": _is_archive(definition, at),
            "code": {"uri": code.uri, "folder": code.path} if code else None,
            "code_dir": code_dir,
            "program": _program(environment, at),
            "framework": _framework(definition.get("Image")),
        },
    )


def _artifact(definition: Mapping[str, Json], at: str, folder: str) -> JobInput | None:
    """The artifact: placed as it is and opened by the stand-in, which can say what is wrong with it."""
    source = mapping_of(definition.get("ModelDataSource"), f"{at}.ModelDataSource")
    if definition.get("ModelDataUrl"):
        uri, at = text_member(definition, "ModelDataUrl", at=at), f"{at}.ModelDataUrl"
    elif source:
        at = f"{at}.ModelDataSource.S3DataSource"
        uri, at = text_member(mapping_of(source.get("S3DataSource"), at), "S3Uri", at=at), f"{at}.S3Uri"
    else:
        return None
    return JobInput(name="model", uri=s3_uri(uri, at), path=f"{folder}/model", is_code=True, at=at)


def _is_archive(definition: Mapping[str, Json], at: str) -> bool:
    source = mapping_of(definition.get("ModelDataSource"), f"{at}.ModelDataSource")
    s3 = mapping_of(source.get("S3DataSource"), f"{at}.ModelDataSource.S3DataSource")
    return bool(definition.get("ModelDataUrl")) or s3.get("CompressionType") != "None"


def _code(environment: Mapping[str, str], at: str, folder: str) -> JobInput | None:
    """The archive of the inference script, when it is not in the artifact."""
    source = environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    at = f"{at}.Environment.SAGEMAKER_SUBMIT_DIRECTORY"
    if not source or source.startswith(("/", "file:///")):
        return None
    return JobInput(name="source", uri=s3_uri(source, at), path=f"{folder}/source", is_code=True, at=at)


def _code_dir(environment: Mapping[str, str]) -> str:
    source = environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "").removeprefix("file://")
    return source or f"{MODEL_DIR}/code"


def _program(environment: Mapping[str, str], at: str) -> str | None:
    program = environment.get("SAGEMAKER_PROGRAM")
    if program is not None and (not program or program.startswith("/") or ".." in program.split("/")):
        raise ArgumentsError(f"{at}.Environment.SAGEMAKER_PROGRAM", f"{program!r} is not a file of the code folder")
    return program


def _framework(image: Json) -> str | None:
    """The framework whose container has handlers of its own that are known here."""
    repository = str(image).rpartition("/")[2].partition(":")[0]
    return next((name for word, name in _FRAMEWORKS.items() if word in repository), None)


def all_inputs(containers: list[ServedContainer]) -> Iterator[JobInput]:
    """What the containers read; several inputs of one name are told apart by a number."""
    for number, container in enumerate(containers, 1):
        for wanted in container.inputs:
            yield wanted if len(containers) == 1 else wanted.model_copy(update={"name": f"{wanted.name}-{number}"})
