"""Containers of the images themselves: the seam, without an implementation yet."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from cursus_readiness.environments.base import EnvironmentRequest, PythonEnvironment
from cursus_readiness.errors import CannotRunError

_ENGINES = ("docker", "podman")


class Container:
    """Refuses, and says what to do instead."""

    kind = "container"

    def key(self, request: EnvironmentRequest) -> object:
        """The image."""
        return request.image_uri

    def prepare(self, request: EnvironmentRequest, cache: Path, notify: Callable[[str], None]) -> PythonEnvironment:  # noqa: ARG002
        """Raises CannotRunError."""
        engine = next((name for name in _ENGINES if shutil.which(name)), None)
        what = "no container engine (docker, podman) is on PATH"
        if engine:
            what = f"{engine} is here, but steps cannot be run in containers yet"
        fix = "use environment: uv, which installs what the image is known to have, or environment: host"
        raise CannotRunError(f"step {request.step_name!r} asks for its container: {what}", fix=fix)
