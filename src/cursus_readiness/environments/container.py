"""The image itself, in a container."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cursus_readiness.environments.base import EnvironmentRequest, StepEnvironment
from cursus_readiness.environments.engines import Engine, find_engine
from cursus_readiness.environments.host import host_environment
from cursus_readiness.errors import CannotRunError

_PULL_TIMEOUT_S = 3600.0
_ID_LENGTH = 12


@dataclass(frozen=True, slots=True)
class ContainerEnvironment:
    """An image that is here, and the engine that runs it. ``image_id`` stays the same when a tag moves on."""

    engine: Engine
    image_id: str
    label: str

    def shown(self, own_paths: Iterable[str]) -> tuple[str, ...]:  # noqa: ARG002
        """Nothing of this machine is shown."""
        return ()

    def variables(self, given: Mapping[str, str] | None = None) -> dict[str, str]:
        """What is given; the rest is the image's own."""
        return dict(given or {})

    def command(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The command as it is: ``python3`` is the image's."""
        return argv


class Container:
    """The image of the step, or the one that is named, as it is. One that is not here is pulled."""

    kind = "container"

    def key(self, request: EnvironmentRequest) -> object:
        """The image."""
        return _image(request)

    def prepare(self, request: EnvironmentRequest, cache: Path, notify: Callable[[str], None]) -> StepEnvironment:  # noqa: ARG002
        """The image of the step; a step that has none by its nature (a function) gets the tool's own Python.

        Raises CannotRunError without an engine that can be used, and for an image that cannot be had.
        """
        image = _image(request)
        if image is None:
            python = host_environment(None)
            return replace(python, label=f"{python.label} (the step has no image)")
        try:
            engine = find_engine()
        except CannotRunError as error:
            raise _refusal(request, error.message, error.fix) from error
        try:
            image_id, digests = engine.image(image)
        except CannotRunError:
            image_id, digests = _pulled(engine, image, request, notify)
        return ContainerEnvironment(engine, image_id, f"container: {engine}, {_named(image, image_id, digests)}")


def _image(request: EnvironmentRequest) -> str | None:
    return request.spec.image or request.image_uri


def _refusal(request: EnvironmentRequest, reason: str, fix: str | None) -> CannotRunError:
    return CannotRunError(f"step {request.step_name!r} asks for its container: {reason}", fix=fix)


def _pulled(
    engine: Engine, image: str, request: EnvironmentRequest, notify: Callable[[str], None]
) -> tuple[str, tuple[str, ...]]:
    notify(f"pulling {image}")
    try:
        engine.ask("pull", "--quiet", image, timeout_s=_PULL_TIMEOUT_S)
        return engine.image(image)
    except CannotRunError as error:
        login = "`aws ecr get-login-password` gives the password" if ".dkr.ecr." in image else "if it is private"
        fix = f"log in to its registry with `{engine.name} login` ({login}), or name an image that is here with 'image'"
        raise _refusal(request, f"image {image!r} is not here, and {error.message}", fix) from error


def _named(image: str, image_id: str, digests: tuple[str, ...]) -> str:
    """The image with its digest, as a registry knows it; its id where no registry does."""
    if "@" in image:
        return image
    digest = next((item.partition("@")[2] for item in digests), None)
    short = image_id.removeprefix("sha256:")[:_ID_LENGTH]
    return f"{image}@{digest}" if digest else f"{image} (id {short})"
