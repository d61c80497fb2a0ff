"""The seam of step types, and what they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cursus_readiness.definitions.expressions import LATER, is_late, text_of
from cursus_readiness.model.job import Job

Json = Any
HOST_NAME = "algo-1"
FUNCTION_DIR = "/opt/ml/function"
_LARGEST = 2**31 - 1  # as the service stores whole numbers
_PROGRAM_DIRS = ("usr", "etc", "bin", "sbin", "lib", "lib64", "sys", "proc", "dev")


class ArgumentsError(Exception):
    """A step's Arguments lack something or have it in the wrong shape; ``at`` is relative to them."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


class MembersError(ArgumentsError):
    """The same of what stands beside the Arguments; ``at`` is relative to the step."""


class UnsupportedJobError(Exception):
    """A legal job that cannot be executed here (yet); the message says why."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job has to know beyond its own Arguments.

    ``members`` stand beside the Arguments in the definition. ``function`` (``FILE:NAME``, the file at ``FUNCTION_DIR``
    in the container) and ``trial_count`` come from the scenario. ``models`` are the Arguments of the pipeline's Model
    steps, by the name of the model. ``execution_arn`` is what the execution of the pipeline is called.
    """

    job_name: str
    region: str
    members: Mapping[str, Json] = field(default_factory=dict)
    function: str | None = None
    trial_count: int = 2
    models: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    execution_arn: str = ""


class JobType(Protocol):
    """How one step type is executed."""

    step_type: str

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments.

        Raises ArgumentsError for mistakes, UnsupportedJobError for what cannot be executed here.
        """
        ...

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """What ``Get: Steps.NAME...`` sees: the shape of the service's Describe response.

        ``LATER`` stands for values that come from the job's ``results_file`` when it has ended.
        """
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

    One that is known only during the run passes: it is checked again then. Raises ArgumentsError for any other text.
    """
    if is_late(value):
        return value
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
    if parts[:2] == ["var", "tmp"]:
        raise ArgumentsError(at, f"{value!r} lies in /var/tmp, which is the step's /tmp here; use /tmp")
    if parts[0] in _PROGRAM_DIRS:
        raise ArgumentsError(at, f"{value!r} lies in /{parts[0]}, which holds the container's programs")
    return "/" + "/".join(parts)


def mapping_of(value: Json, at: str) -> dict[str, Json]:
    """An optional object: nothing is an empty one.

    Raises ArgumentsError for anything else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ArgumentsError(at, f"an object is expected, not {value!r}")
    return value


def list_of(value: Json, at: str) -> list[Json]:
    """An optional list: nothing is an empty one.

    Raises ArgumentsError for anything else.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise ArgumentsError(at, f"a list is expected, not {value!r}")
    return value


def require_distinct(names: Iterable[str], at: str, what: str) -> None:
    """Raise ArgumentsError for a name that is there twice."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            raise ArgumentsError(f"{at}[{index}]", f"{what} {name!r} is there twice")
        seen.add(name)


def optional_text(value: Json, at: str) -> str | None:
    """An optional text.

    Raises ArgumentsError for anything else.
    """
    if value is not None and not isinstance(value, str):
        raise ArgumentsError(at, f"text is expected, not {value!r}")
    return value


def texts_of(value: Json, at: str) -> tuple[str, ...]:
    """A list of texts, such as a command; numbers become text.

    Raises ArgumentsError for anything else.
    """
    items = list_of(value, at)
    if not all(isinstance(item, str | int | float) and "\0" not in str(item) for item in items):
        raise ArgumentsError(at, "a list of texts is expected")
    return tuple(text_of(item) for item in items)


def text_map(value: Json, at: str) -> dict[str, str]:
    """An object of texts, such as Environment; numbers and booleans become text as the service does it."""
    texts = {}
    for key, item in mapping_of(value, at).items():
        if item is None or isinstance(item, dict | list):
            raise ArgumentsError(f"{at}.{key}", f"text is expected, not {item!r}")
        if not key or "=" in key or "\0" in key or "\0" in text_of(item):
            raise ArgumentsError(f"{at}.{key}", "no environment can hold this name or value")
        texts[key] = text_of(item)
    return texts


def int_of(value: Json, at: str) -> int:
    """A whole number, also when a definition holds it as text; 1 stands for one that is known only during the run."""
    if is_late(value):
        return 1
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = _LARGEST + 1
    if abs(number) > _LARGEST:
        raise ArgumentsError(at, f"a whole number is expected, not {str(value)[:40]!r}")
    return number


def count_of(value: Json, at: str) -> int:
    """A whole number of one or more; nothing is one."""
    count = 1 if value is None else int_of(value, at)
    if count < 1:
        raise ArgumentsError(at, f"one or more is expected, not {value!r}")
    return count


def choice_of(value: Json, choices: tuple[str, ...], at: str) -> str:
    """One of the texts that are known; nothing, or what is known only during the run, is the first of them.

    Raises ArgumentsError for anything else.
    """
    if value is None or is_late(value):
        return choices[0]
    if value not in choices:
        raise ArgumentsError(at, f"{value!r} is none of {', '.join(choices)}")
    return str(value)


def time_limit_of(arguments: Mapping[str, Json]) -> float | None:
    """``StoppingCondition.MaxRuntimeInSeconds``, which need not be there."""
    at = ".StoppingCondition"
    value = mapping_of(arguments.get("StoppingCondition"), at).get("MaxRuntimeInSeconds")
    return None if value is None else count_of(value, f"{at}.MaxRuntimeInSeconds")


def require_files(mode: Json, what: str) -> None:
    """Let pass what a job finds as files, which in FastFile mode are there as well.

    Raises UnsupportedJobError for streams.
    """
    if mode not in (None, "File", "FastFile"):
        raise UnsupportedJobError(f"{what} {mode} mode; only files are read here")


def require_prefix(data_type: Json, what: str) -> None:
    """Let pass what is read as a prefix or an object.

    Raises UnsupportedJobError for manifests, whose text would be taken for the data.
    """
    if data_type not in (None, "S3Prefix"):
        raise UnsupportedJobError(f"{what} is a {data_type}; only S3Prefix is read here")


def later_times(kind: str) -> dict[str, Json]:
    """The instants of a Describe response, which are known when the job has ended."""
    names = ("CreationTime", "LastModifiedTime", f"{kind}StartTime", f"{kind}EndTime")
    return dict.fromkeys(names, LATER)


def arn_of(kind: str, name: str, context: JobContext) -> str:
    """The ARN of a thing of the service, in the account of nobody."""
    return f"arn:aws:sagemaker:{context.region}:000000000000:{kind}/{name}"


def resource_config(instance_type: str | None) -> dict[str, Json]:
    """``resourceconfig.json`` of a job on one host."""
    group = "homogeneousCluster"
    return {
        "current_host": HOST_NAME,
        "hosts": [HOST_NAME],
        "network_interface_name": "eth0",
        "current_instance_type": instance_type,
        "current_group_name": group,
        "instance_groups": [{"instance_group_name": group, "instance_type": instance_type, "hosts": [HOST_NAME]}],
    }


def channel_config(channels: Iterable[Mapping[str, Json]]) -> dict[str, dict[str, str]]:
    """``inputdataconfig.json`` of the channels of InputDataConfig, in File mode; ``ContentType`` only where given."""
    config = {}
    for index, channel in enumerate(channels):
        at = f".InputDataConfig[{index}]"
        source = mapping_of(mapping_of(channel.get("DataSource"), at).get("S3DataSource"), at)
        content_type = optional_text(channel.get("ContentType"), f"{at}.ContentType")
        config[text_member(channel, "ChannelName", at=at)] = {
            "TrainingInputMode": "File",
            "S3DistributionType": text_of(source.get("S3DataDistributionType") or "FullyReplicated"),
            "RecordWrapperType": text_of(channel.get("RecordWrapperType") or "None"),
            **({"ContentType": content_type} if content_type else {}),
        }
    return config
