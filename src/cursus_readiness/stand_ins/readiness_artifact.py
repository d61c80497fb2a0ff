"""Opens the artifact of a model and the archive of its inference script, as the service and its containers do."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
import tarfile
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MODEL_DIR = "/opt/ml/model"
FAILURE_FILE = "/opt/ml/output/failure"
_SHOWN_COUNT = 10
# As the tool's own archives: what people pack is 2 to 20 times smaller, and zeros are 1,000 times.
_LARGEST_RATIO = 200
_ALWAYS_ALLOWED_BYTES = 1 << 30
_MOST_MEMBERS = 500_000


class MistakeError(Exception):
    """What is wrong with the model, in one sentence."""


def end_with(main: Callable[[], None]) -> None:
    """Run a program; a mistake is its failure message, the last line that it says, and exit code 1."""
    try:
        main()
    except MistakeError as error:
        message = " ".join(str(error).split())
        with open(FAILURE_FILE, "w", encoding="utf-8") as file:
            file.write(message)
        print(message, file=sys.stderr, flush=True)
        sys.exit(1)


def instructions() -> dict[str, Any]:
    """What the job tells its program."""
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "instructions.json"), encoding="utf-8") as file:
        told: dict[str, Any] = json.load(file)
    return told


def open_model(container: dict[str, Any]) -> None:
    """Put artifact and code of a container where it finds them; folders of an earlier one are emptied.

    Raises MistakeError for an artifact or an archive that cannot be used.
    """
    for folder in (MODEL_DIR, container["code_dir"]):
        _clear(folder)
    artifact = container["artifact"]
    if artifact and container["is_archive"]:
        unpack(_only_file(artifact), MODEL_DIR, artifact["uri"])
    elif artifact:
        _copy(artifact["folder"], MODEL_DIR, artifact["uri"])
    if container["code"]:
        unpack(_only_file(container["code"]), container["code_dir"], container["code"]["uri"])


def unpack(path: str, folder: str, uri: str) -> None:
    """Unpack an archive and say what was in it.

    Raises MistakeError when it is broken, empty, or has members that leave the folder.
    """
    try:
        with gzip.open(path) as zipped, tarfile.open(fileobj=zipped) as archive:
            most_bytes = max(_ALWAYS_ALLOWED_BYTES, os.path.getsize(path) * _LARGEST_RATIO)
            members, total_bytes = [], 0
            for member in archive:
                _check(member, uri)
                members.append(member)
                total_bytes += member.size
                if total_bytes > most_bytes or len(members) > _MOST_MEMBERS:
                    raise MistakeError(f"{uri} holds far more than its own size: it is made to fill the disk")
            options = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            archive.extractall(folder, **options)  # type: ignore[arg-type]  # noqa: S202
            while zipped.read(1 << 20):  # to the end, where the sum is that tells a broken archive
                pass
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise MistakeError(f"{uri} is not a readable .tar.gz archive: {error}") from error
    files = [member for member in members if not member.isdir()]
    if not files:
        raise MistakeError(f"{uri} is an empty archive")
    _say(uri, [member.name for member in files], sum(member.size for member in files))


def _check(member: tarfile.TarInfo, uri: str) -> None:
    paths = [member.name]
    if member.issym():
        paths.append(os.path.join(os.path.dirname(member.name), member.linkname))
    elif member.islnk():
        paths.append(member.linkname)
    elif not member.isfile() and not member.isdir():
        raise MistakeError(f"{uri} has a member that is neither a file nor a folder: {member.name}")
    for path in paths:
        if os.path.isabs(path) or os.path.normpath(path).split(os.sep)[0] == os.pardir:
            raise MistakeError(f"{uri} has a member that leaves the model's folder: {member.name}")


def _only_file(placed: dict[str, str]) -> str:
    entries = [os.path.join(placed["folder"], name) for name in sorted(os.listdir(placed["folder"]))]
    if len(entries) != 1 or not os.path.isfile(entries[0]):
        raise MistakeError(f"{placed['uri']} is not one object but a prefix of {len(entries)}: an archive is expected")
    return entries[0]


def _copy(source: str, target: str, uri: str) -> None:
    """An artifact that is not packed: the files of a prefix."""
    names, size = [], 0
    for folder, _, files in os.walk(source):
        for name in sorted(files):
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, source)
            os.makedirs(os.path.dirname(os.path.join(target, relative)), exist_ok=True)
            shutil.copyfile(path, os.path.join(target, relative))
            names.append(relative)
            size += os.path.getsize(path)
    if not names:
        raise MistakeError(f"there is no file below {uri}")
    _say(uri, names, size)


def _clear(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder, exist_ok=True)


def _say(uri: str, names: list[str], size_bytes: int) -> None:
    more = f" and {len(names) - _SHOWN_COUNT} more" if len(names) > _SHOWN_COUNT else ""
    files = "1 file" if len(names) == 1 else f"{len(names)} files"
    print(f"{uri}: {files}, {size_bytes} bytes: {', '.join(names[:_SHOWN_COUNT])}{more}", flush=True)
