"""What an engine is told of a step: mounts, limits, environment, command."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from cursus_readiness.executors.base import Assignment
from cursus_readiness.sandbox.program import HOME

LABEL = "cursus-readiness.run"
_ML = "/opt/ml"


def create_command(assignment: Assignment, image_id: str, *, name: str, run_id: str) -> list[str]:
    """The arguments that make a step's container: as SageMaker starts it, but with this machine's network.

    Values of the environment are arguments and no file: the formats of engines for such files have no line breaks, and
    the engine's own environment would change what it does itself.
    """
    limit = str(assignment.memory_limit_bytes)
    program, *arguments = assignment.argv
    return [
        *("create", "--name", name, "--label", f"{LABEL}={run_id}"),
        *("--user", "0:0", "--workdir", assignment.job.working_directory),
        *("--network", "host"),  # the run's object store answers on the loopback interface
        *("--memory", limit, "--memory-swap", limit, "--shm-size", limit),
        *("--log-driver", "none"),  # its output goes to the step's own logs
        *("--security-opt", "label=disable"),  # SELinux would keep it from the step's folders
        *(part for item in assignment.environment.items() for part in ("--env", "=".join(item))),
        *_mounts(assignment.root, own_folders(assignment)),
        *("--entrypoint", program, image_id, *arguments),
    ]


def hand_back_command(assignment: Assignment, image_id: str, owner: str) -> list[str]:
    """The arguments that give all files of a step to ``owner`` (``user:group``), by the image's own ``chown``."""
    folders = own_folders(assignment)
    return [
        *("run", "--rm", "--network", "none", "--user", "0:0", "--security-opt", "label=disable"),
        *_mounts(assignment.root, folders),
        *("--entrypoint", "chown", image_id, "-R", "-h", owner, *folders),
    ]


def own_folders(assignment: Assignment) -> tuple[str, ...]:
    """Folders of the container that are the step's own, none below another.

    Of ``/opt/ml`` it is each folder that the step was given, and not the whole: what else an image has there stays.
    """
    job, root = assignment.job, assignment.root
    staged = [f"{_ML}/{entry.name}" for entry in os.scandir(f"{root}{_ML}") if entry.is_dir()]
    wanted = {HOME, *staged, *assignment.folders, *(str(Path(file).parent) for file in job.files)}
    return tuple(_outermost(sorted(wanted)))


def _outermost(ordered: Iterable[str]) -> Iterator[str]:
    kept: list[str] = []
    for path in ordered:
        if not any(f"{path}/".startswith(f"{folder}/") for folder in kept):
            kept.append(path)
            yield path


def _mounts(root: Path, folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        yield "--mount"
        yield ",".join(_field(part) for part in ("type=bind", f"source={root}{folder}", f"target={folder}"))


def _field(text: str) -> str:
    """A field of the comma-separated values that engines read mounts as."""
    return '"{}"'.format(text.replace('"', '""')) if any(sign in text for sign in ',"\n') else text
