"""What a job's command runs, and where the code that it consists of lies in the container."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cursus_readiness.environments.code import ARCHIVES, read_code
from cursus_readiness.model.job import Job, JobInput, Packing
from cursus_readiness.objectstore.archives import UnsafeArchiveError
from cursus_readiness.objectstore.store import ObjectStore

SOURCE_ARCHIVE = "sourcedir.tar.gz"
_SHELLS = ("sh", "bash", "dash")
_PYTHON = re.compile(r"python[\d.]*")
_SHELL_LINE = re.compile(
    r"\bcd\s+(?P<folder>[^\s;&|]+)|\bpython[\d.]*\s+(?P<python>[^;&|\n]+)|(?P<shell>[^\s;&|'\"]+\.sh)\b"
)


@dataclass(frozen=True, slots=True)
class StepCode:
    """A step's code by its path in the container, and the script that the step begins with.

    ``entry`` is ``None`` when the command names none, or one that is not known yet. ``missing`` is a script that the
    command names and no input has. ``folders`` is where the script imports from, first.
    """

    step_name: str
    files: dict[str, bytes]
    entry: str | None
    missing: str | None
    folders: tuple[str, ...]


def step_code(job: Job, store: ObjectStore) -> StepCode:
    """The code of a job whose inputs are in the store."""
    files = {path: text.encode() for path, text in job.files.items() if path.endswith(".py")}  # a stand-in's own
    unknown = []
    for wanted in job.inputs:
        source = store.path_of(wanted.uri)
        if not source.exists():
            unknown.append(wanted.path.rstrip("/") + "/")
        elif _is_code(wanted, job):
            try:
                found = read_code(source)
            except UnsafeArchiveError:  # placing it says what is wrong
                unknown.append(wanted.path.rstrip("/") + "/")
                continue
            files |= {posixpath.join(wanted.path, name): content for name, content in found.items()}
    named = _script(job.command, job.working_directory, files)
    is_missing = named is not None and named not in files and not named.startswith(tuple(unknown))
    entry = named if named in files and named is not None and named.endswith(".py") else None
    given = [folder for folder in job.environment.get("PYTHONPATH", "").split(":") if folder]
    own = [posixpath.dirname(entry)] if entry else []
    return StepCode(job.step_name, files, entry, named if is_missing else None, tuple(dict.fromkeys(own + given)))


def code_inputs(job: Job, store: ObjectStore) -> tuple[Path, ...]:
    """Where the code of a job lies in the store: what ``EnvironmentRequest.code`` takes."""
    return tuple(store.path_of(wanted.uri) for wanted in job.inputs if _is_code(wanted, job))


def _is_code(wanted: JobInput, job: Job) -> bool:
    """Whether an input is what the job runs; of archives, which may be models, only the SDK's source archive is."""
    if wanted.packing is Packing.NONE and wanted.uri.endswith(ARCHIVES):
        return posixpath.basename(wanted.uri) == SOURCE_ARCHIVE
    folder = wanted.path.rstrip("/") + "/"
    return wanted.is_code or any(argument.startswith(folder) for argument in job.command)


def _script(command: tuple[str, ...], folder: str, files: Mapping[str, bytes]) -> str | None:
    """The Python script that a command comes to run; the shell script where that names none."""
    program, *arguments = command
    name = posixpath.basename(program)
    if _PYTHON.fullmatch(name):
        return _python_script(arguments, folder, files)
    if name in _SHELLS:
        if "-c" in arguments[:-1]:
            return _named_in_shell(arguments[arguments.index("-c") + 1], folder, files)
        script = next((argument for argument in arguments if not argument.startswith("-")), None)
        return None if script is None else _shell_script(posixpath.join(folder, script), folder, files)
    if name.endswith(".sh"):
        return _shell_script(posixpath.join(folder, program), folder, files)
    scripts = (posixpath.normpath(posixpath.join(folder, word)) for word in command if word.endswith(".py"))
    return next((path for path in scripts if path in files), None)


def _python_script(arguments: list[str], folder: str, files: Mapping[str, bytes]) -> str | None:
    words = iter(arguments)
    for word in words:
        if word == "-m":
            stem = posixpath.join(folder, next(words, "").replace(".", "/"))
            return next((path for path in (f"{stem}.py", f"{stem}/__main__.py") if path in files), None)
        if word in ("-W", "-X"):
            next(words, None)
        elif word == "-c":
            return None
        elif not word.startswith("-"):
            return posixpath.normpath(posixpath.join(folder, word)) if word.endswith(".py") else None
    return None


def _shell_script(path: str, folder: str, files: Mapping[str, bytes]) -> str | None:
    """What a shell script runs, as ``runproc.sh`` of the SageMaker SDK does: ``cd`` and ``python SCRIPT``."""
    path = posixpath.normpath(path)
    if path not in files:
        return path
    others = {name: content for name, content in files.items() if name != path}
    return _named_in_shell(files[path].decode("utf-8", "replace"), folder, others) or path


def _named_in_shell(text: str, folder: str, files: Mapping[str, bytes]) -> str | None:
    found = None
    for line in text.splitlines():
        for match in _SHELL_LINE.finditer(line.partition("#")[0]):
            if match["folder"]:
                folder = posixpath.normpath(posixpath.join(folder, match["folder"].strip("'\"")))
            elif match["python"]:
                words = [word.strip("'\"") for word in match["python"].split()]
                script = _python_script(words, folder, files)
                found = script if script and "$" not in script else found
            elif posixpath.normpath(posixpath.join(folder, match["shell"])) in files:
                found = _shell_script(posixpath.join(folder, match["shell"]), folder, files)
    return found
