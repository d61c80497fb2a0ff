"""The sums of what a verdict rests on, so that a file that is changed or lost is noticed and makes nothing better."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, Field
from pydantic_core import to_json

from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.base import Model
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.schema import load
from cursus_readiness.store.writing import write_shape

_BLOCK_BYTES = 1 << 20
_Sealed = TypeVar("_Sealed", bound=BaseModel)


class Seal(Model):
    """``seal.json``: path in the run folder -> sha256."""

    files: dict[str, str] = Field(default_factory=dict)


def sha256_of(path: Path) -> str:
    """The sha256 of a file in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def sealed(shape: _Sealed) -> _Sealed:
    """A record with its own sum in ``seal``."""
    return shape.model_copy(update={"seal": _sum(shape)})


def is_whole(shape: BaseModel) -> bool:
    """Whether a record is as it was sealed."""
    return getattr(shape, "seal", "") == _sum(shape)


def _sum(shape: BaseModel) -> str:
    return hashlib.sha256(to_json(shape.model_dump(mode="json", exclude={"seal"}))).hexdigest()


def seal_run(layout: RunLayout) -> None:
    """Write the sums of the files that a verdict rests on; those that are rendered from them are not among them."""
    write_shape(layout.seal, Seal(files={name: sha256_of(layout.folder / name) for name in _verdict_files(layout)}))


def seal_again(layout: RunLayout, path: Path) -> None:
    """Put the sum of one file that was written anew into the seal, if there is one; all others stay as they are."""
    if layout.seal.is_file():
        found = load(Seal, layout.seal.read_text(encoding="utf-8"), str(layout.seal))
        name = path.relative_to(layout.folder).as_posix()
        write_shape(layout.seal, Seal(files={**found.files, name: sha256_of(path)}))


def damage_of(layout: RunLayout) -> tuple[str, ...]:
    """The files of a sealed run that were changed or lost since."""
    try:
        found = load(Seal, layout.seal.read_text(encoding="utf-8"), str(layout.seal))
    except (InvalidInputError, OSError, UnicodeDecodeError):
        return (layout.seal.name,)
    unsealed = set(_verdict_files(layout)) - set(found.files)
    return tuple(sorted(unsealed | {name for name, digest in found.files.items() if not _is(layout, name, digest)}))


def _is(layout: RunLayout, name: str, digest: str) -> bool:
    try:
        return sha256_of(layout.folder / name) == digest
    except OSError:
        return False


def _verdict_files(layout: RunLayout) -> Iterator[str]:
    for path in (layout.manifest, layout.journal, layout.policy, layout.project):
        if path.is_file():
            yield path.name
    for entry in sorted(os.scandir(layout.folder), key=lambda item: item.name):
        if entry.is_dir(follow_symlinks=False) and entry.path not in (str(layout.work), str(layout.signatures)):
            for path in sorted(Path(entry.path).rglob("*.json")):
                yield path.relative_to(layout.folder).as_posix()
