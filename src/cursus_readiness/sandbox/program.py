"""The first process of a step: nothing as its input, its logs as its output."""

from __future__ import annotations

import os

from cursus_readiness.sandbox import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

HOME = "/home/readiness"  # in a step's root
_DEFAULT = (signals.SIGINT, signals.SIGTERM, signals.SIGHUP, signals.SIGPIPE, signals.SIGXFSZ)  # launchers ignore some


def start_program(argv: tuple[str, ...], environment: dict[str, str], logs: Sequence[int]) -> int:
    """Start a program in the working directory of this process, as the leader of a session; its number.

    ``logs`` are the descriptors of its output and its errors.

    Raises OSError when it is not there or cannot be executed.
    """
    null = os.open("/dev/null", os.O_RDONLY)
    try:
        return os.posix_spawn(
            _find_program(argv[0], environment.get("PATH", "")),
            argv,
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, source, target) for target, source in enumerate((null, *logs))],
            setsid=True,
            setsigdef=_DEFAULT,
        )
    finally:
        os.close(null)


def _find_program(name: str, search_path: str) -> str:
    """As execvp(3) finds it, with the step's PATH."""
    if "/" in name:
        return name
    for folder in search_path.split(":"):
        candidate = f"{folder}/{name}"
        if os.access(candidate, os.X_OK) and not os.path.isdir(candidate):
            return candidate
    raise FileNotFoundError(2, "not found on the step's PATH")
