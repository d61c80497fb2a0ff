"""Container engines of this machine: found, asked, and quoted where they refuse."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

from cursus_readiness.errors import CannotRunError
from cursus_readiness.units import one_line

# What an engine answers only when it can be used, with its version.
_QUESTIONS = {
    "docker": ("version", "--format", "{{.Server.Version}}"),
    "podman": ("info", "--format", "{{.Version.Version}}"),
}
_QUESTION_TIMEOUT_S = 20.0
_INSTEAD = "use environment: uv, which installs what the image is known to have, or environment: host"
_USABLE = "let `{} info` succeed for this user (start the service, join its group), or use environment: uv"


@dataclass(frozen=True, slots=True)
class Engine:
    """A command line that runs containers. ``program`` is its path."""

    name: str
    program: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def ask(self, *arguments: str, timeout_s: float = 120.0, folder: str | None = None) -> str:
        """What a command says on its standard output, without blanks around it; ``folder`` is where it works.

        Raises CannotRunError with the engine's own last words when it fails, or does not answer in time.
        """
        doing = f"`{self.name} {arguments[0]}`"
        fix = _USABLE.format(self.name)
        try:
            outcome = subprocess.run(
                [self.program, *arguments],
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                timeout=timeout_s,
                check=False,
                cwd=folder,
                start_new_session=True,  # Ctrl-C is the tool's to handle
            )
        except subprocess.TimeoutExpired as error:
            raise CannotRunError(f"{doing} does not answer within {timeout_s:.0f} s", fix=fix) from error
        except OSError as error:
            raise CannotRunError(f"{self.program} cannot be started: {error.strerror}", fix=fix) from error
        if outcome.returncode != 0:
            said = [line.strip() for line in outcome.stderr.splitlines() if line.strip()]
            raise CannotRunError(f"{doing}: {one_line(said[-1]) if said else f'exit {outcome.returncode}'}", fix=fix)
        return outcome.stdout.strip()

    def image(self, name: str) -> tuple[str, tuple[str, ...]]:
        """Id and digests (``repository@sha256:...``) of an image that is here.

        Raises CannotRunError when it is not.
        """
        image_id, digests = self.ask("image", "inspect", "--format", "{{.Id}} {{json .RepoDigests}}", name).split(
            " ", 1
        )
        return image_id, tuple(json.loads(digests) or ())

    def state(self, container: str) -> dict[str, Any]:
        """What the engine knows of a container: ``Running``, ``Pid``, ``ExitCode``, ``OOMKilled`` and the like.

        Raises CannotRunError when it knows nothing.
        """
        found: dict[str, Any] = json.loads(self.ask("container", "inspect", "--format", "{{json .State}}", container))
        return found


def find_engine() -> Engine:
    """The first engine on ``PATH`` that can be used.

    Raises CannotRunError when there is none; engines that are there and refuse are quoted.
    """
    refusals = []
    for name, question in _QUESTIONS.items():
        program = shutil.which(name)
        if program is None:
            continue
        try:
            version = Engine(name, program).ask(*question, timeout_s=_QUESTION_TIMEOUT_S)
        except CannotRunError as error:
            refusals.append(error)
        else:
            return Engine(name, program, version)
    if not refusals:
        raise CannotRunError(f"no container engine ({', '.join(_QUESTIONS)}) is on PATH", fix=_INSTEAD)
    raise CannotRunError("; ".join(refusal.message for refusal in refusals), fix=refusals[-1].fix)
