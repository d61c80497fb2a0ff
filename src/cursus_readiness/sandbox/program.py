"""The first process of a step: nothing as its input, its logs as its output."""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self

HOME = "/home/readiness"  # in a step's root
_DEFAULT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ)  # launchers ignore some


class Program:
    """What ``spec`` says is to be started; a context manager, for the logs have the machine's paths.

    Raises OSError when a log cannot be opened.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        self._argv = spec["argv"]
        self._out = os.open(spec["stdout"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._err = os.open(spec["stderr"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._null = os.open("/dev/null", os.O_RDONLY)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for descriptor in (self._out, self._err, self._null):
            os.close(descriptor)

    def start(self, environment: dict[str, str]) -> int:
        """Start it in the working directory of this process, as the leader of a process group; its number.

        Raises OSError when it is not there or cannot be executed.
        """
        return os.posix_spawn(
            _find_program(self._argv[0], environment.get("PATH", "")),
            self._argv,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, source, target)
                for source, target in ((self._null, 0), (self._out, 1), (self._err, 2))
            ],
            setpgroup=0,
            setsigdef=_DEFAULT,
        )


def _find_program(name: str, search_path: str) -> str:
    """As execvp(3) finds it, with the step's PATH."""
    if "/" in name:
        return name
    for folder in search_path.split(":"):
        candidate = f"{folder}/{name}"
        if os.access(candidate, os.X_OK) and not os.path.isdir(candidate):
            return candidate
    raise FileNotFoundError(2, "not found on the step's PATH")
