"""What an environment must have: requirements files, and what an image has that they do not replace."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cursus_readiness.environments.base import EnvironmentRequest, normalised
from cursus_readiness.environments.code import read_code
from cursus_readiness.environments.images import KnownImage, known_image
from cursus_readiness.errors import CannotRunError
from cursus_readiness.objectstore.archives import UnsafeArchiveError

FILE_NAME = "requirements.txt"
_NESTED = re.compile(r"(-r|--requirement|-c|--constraint)[\s=]*(\S+)")


@dataclass(frozen=True, slots=True)
class Requirements:
    """``asked`` must hold as they are. ``pins`` (name, version) are what an image has: held where they can be.

    ``constraints`` bound what is installed for other reasons.
    """

    asked: tuple[str, ...]
    pins: tuple[tuple[str, str], ...] = ()
    constraints: tuple[str, ...] = ()


def requirements_of(request: EnvironmentRequest) -> Requirements:
    """What a step's environment must have: what the scenario says, else what its container would have.

    A requirement of the step's own code replaces the image's version only when that does not satisfy it, as pip does it
    in the container. Raises CannotRunError for a requirements file that cannot be read.
    """
    given = request.spec.requirements
    if isinstance(given, str):
        asked, constraints = read_requirements(Path(given).name, _reader(Path(given)))
        return Requirements(tuple(asked), constraints=tuple(constraints))
    if given is not None:
        return Requirements(given)
    asked, constraints = [*request.framework_requirements, *request.spec.extra_requirements], []
    for path in request.code:
        try:
            files = read_code(path)
        except UnsafeArchiveError:  # placing it says what is wrong
            continue
        if FILE_NAME in files and path.name != FILE_NAME:
            more, bounds = read_requirements(FILE_NAME, _mapping_reader(files))
            asked, constraints = asked + more, constraints + bounds
    image = known_image(request.image_uri)
    pins = _kept(image, asked) if image else {}
    constraints += image.constraints if image else ()
    asked += image.unpinned if image else ()
    return Requirements(_unique(asked), tuple(sorted(pins.items())), _unique(constraints))


def read_requirements(name: str, read: Callable[[str], str]) -> tuple[list[str], list[str]]:
    """Requirements and constraints of a requirements file, with those of the files that it names."""
    asked: list[str] = []
    constraints: list[str] = []
    pending, seen = [(name, asked)], set()
    while pending:
        name, target = pending.pop(0)
        if name in seen:
            continue
        seen.add(name)
        for line in read(name).replace("\\\n", " ").splitlines():
            text = re.sub(r"(^|\s)#.*", "", line).strip()
            nested = _NESTED.fullmatch(text)
            if nested:
                is_constraint = nested[1] in ("-c", "--constraint")
                pending.append((nested[2], constraints if is_constraint else target))
            elif text:
                target.append(text)
    return asked, constraints


def requirement_names(content: bytes) -> set[str]:
    """Normalised names of the distributions that a requirements file asks for."""
    lines = read_requirements(FILE_NAME, _mapping_reader({FILE_NAME: content}))[0]
    found = (re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line) for line in lines)
    return {normalised(match[0]) for match in found if match}


def _reader(file: Path) -> Callable[[str], str]:
    def read(name: str) -> str:
        path = file.parent / name
        try:
            return path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            fix = "correct 'requirements' of the scenario's environment"
            raise CannotRunError(f"requirements file {path}: {reason}", fix=fix) from error

    return read


def _mapping_reader(files: Mapping[str, bytes]) -> Callable[[str], str]:
    return lambda name: files.get(name, b"").decode("utf-8-sig", "replace")


def _kept(image: KnownImage, asked: list[str]) -> dict[str, str]:
    """The image's versions but those that a requirement rules out."""
    from packaging.requirements import InvalidRequirement, Requirement  # slow to import

    kept = dict(image.packages)
    for text in asked:
        try:
            requirement = Requirement(text.split(" --hash")[0])
        except InvalidRequirement:  # an option, a path, a repository: none of the image's packages
            continue
        if requirement.marker and image.python and not requirement.marker.evaluate({"python_version": image.python}):
            continue
        name = normalised(requirement.name)
        if name in kept and (requirement.url or not requirement.specifier.contains(kept[name], prereleases=True)):
            del kept[name]
    return kept


def _unique(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
