"""How far a step's Python is from that of its image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cursus_readiness.environments.base import PythonEnvironment
from cursus_readiness.environments.distributions import modules_of
from cursus_readiness.environments.images import KnownImage, known_image, parse_image_uri
from cursus_readiness.model.finding import Finding, Severity

_SHOWN_COUNT = 4
_SAME_MODULE = {"xgboost": "xgboost-cpu"}  # the same code under another name


@dataclass(frozen=True, slots=True)
class _Difference:
    text: str
    is_large: bool


def drift(
    image_uri: str | None,
    environment: PythonEnvironment,
    *,
    step: str | None = None,
    imports: Iterable[str] | None = None,
) -> list[Finding]:
    """One finding on what differs between a step's environment and its image; none when nothing does.

    It is a warning when the interpreter's minor version, or the major or minor version of a package that the step
    ``imports`` (top-level modules; ``None`` when they are not known: any package counts), is another, or the package is
    not there. An image of which nothing is known is a note.
    """
    if image_uri is None:
        return []
    image = known_image(image_uri)
    if image is None:
        repository, tag = parse_image_uri(image_uri)
        message = (
            f"nothing is known of image {repository}{':' + tag if tag else ''}; the step ran with {environment.label}"
        )
        return [Finding(id="unknown-image", severity=Severity.NOTE, message=message, place=image_uri, step=step)]
    found = [*_interpreter(image, environment), *_packages(image, environment, imports)]
    found.sort(key=lambda item: not item.is_large)
    if not found:
        return []
    more = f" and {len(found) - _SHOWN_COUNT} more" if len(found) > _SHOWN_COUNT else ""
    listed = "; ".join(item.text for item in found[:_SHOWN_COUNT])
    return [
        Finding(
            id="environment-drift",
            severity=Severity.WARNING if any(item.is_large for item in found) else Severity.NOTE,
            message=f"{environment.label} stands for {image.name}: {listed}{more}",
            place=image_uri,
            step=step,
            remedy="set environment: uv to run with the image's versions"
            if environment.label.startswith("host")
            else None,
            examples=(*(item.text for item in found), *environment.substitutions),
        )
    ]


def _interpreter(image: KnownImage, environment: PythonEnvironment) -> Iterable[_Difference]:
    if image.python and image.python != environment.minor_version:
        yield _Difference(f"Python {environment.minor_version} (image {image.python})", is_large=True)


def _packages(
    image: KnownImage, environment: PythonEnvironment, imports: Iterable[str] | None
) -> Iterable[_Difference]:
    imported = None if imports is None else set(imports)
    for name, wanted in sorted(image.packages.items()):
        is_used = imported is None or bool(modules_of(name) & imported)
        have = environment.packages.get(name) or environment.packages.get(_SAME_MODULE.get(name, ""))
        if have is None and is_used:
            yield _Difference(f"{name} is not installed (image {wanted})", is_large=True)
        elif have is not None and have != wanted:
            yield _Difference(f"{name} {have} (image {wanted})", is_large=is_used and _minor(have) != _minor(wanted))


def _minor(version: str) -> tuple[int, ...] | str:
    from packaging.version import InvalidVersion, Version  # slow to import

    try:
        release = Version(version).release
    except InvalidVersion:
        return version
    return (*release, 0)[:2]
