"""The tool's side of the launcher."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cursus_readiness.errors import CannotRunError
from cursus_readiness.sandbox.messages import Inbox, encode

_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from cursus_readiness.sandbox.launcher import main; main()"
_REMEDY = (
    "allow unprivileged user namespaces (Ubuntu: `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`; "
    "containers: `--security-opt seccomp=unconfined` or `--privileged`), or run as root"
)
_READY_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class StepSpec:
    """What the launcher is told to start. ``root``, ``stdout`` and ``stderr`` are the machine's paths.

    ``shown`` are folders of the machine that the step sees although they lie below one of its own; ``shm_bytes`` is the
    size of its ``/dev/shm``.
    """

    root: str
    binds: tuple[str, ...]
    shown: tuple[str, ...]
    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str
    shm_bytes: int
    stdout: str
    stderr: str
    grace_s: float


@dataclass(frozen=True, slots=True)
class StepEnd:
    """How a step ended, with totals over all of its processes; ``error`` when it never began."""

    exit_code: int | None = None
    signal: int | None = None
    wall_s: float | None = None
    cpu_s: float | None = None
    max_rss_bytes: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None
    error: str | None = None


class LauncherClient:
    """A running launcher, for one step at a time; a context manager, with whose end all of a step has ended."""

    def __init__(self) -> None:
        self.isolation = ""
        self.pid = 0
        self._inbox = Inbox()

    def __enter__(self) -> Self:
        """Start the launcher.

        Raises CannotRunError, with what can be done about it, where steps cannot be isolated.
        """
        if not sys.platform.startswith("linux"):
            raise CannotRunError(
                "steps run in Linux namespaces, which this system does not have", fix="run the tool in a Linux VM"
            )
        self._socket, theirs = socket.socketpair()
        package_root = str(Path(__file__).parents[2])
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _START, package_root, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        message = self._receive(_READY_TIMEOUT_S) or {}
        if "ready" not in message:
            self.__exit__(None, None, None)
            reason = message.get("unavailable", "the launcher did not start")
            raise CannotRunError(f"steps cannot be given a root of their own here: {reason}", fix=_REMEDY)
        ready = message["ready"]
        self.pid = ready["pid"]
        kinds = "user, mount and PID" if ready["user_namespace"] else "mount and PID"
        self.isolation = f"{kinds} namespaces" + ("" if ready["own_proc"] else ", the machine's /proc")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()  # the launcher ends when the socket does
        self._process.wait()

    def start(self, spec: StepSpec) -> None:
        """Start a step."""
        self._send({"start": {field.name: getattr(spec, field.name) for field in fields(spec)}})

    def stop(self, *, now: bool) -> None:
        """Ask the step to end (SIGTERM, SIGKILL after its grace time), or end its whole tree at once."""
        self._send({"stop": {"now": now}})

    def wait(self, timeout_s: float) -> StepEnd | None:
        """The end of the step, or ``None`` when it has not ended within ``timeout_s``.

        Raises CannotRunError when the launcher is gone.
        """
        message = self._receive(timeout_s)
        return StepEnd(**message["ended"]) if message else None

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._socket.sendall(encode(message))
        except OSError as error:
            raise CannotRunError("the process that starts steps is gone", fix="run again") from error

    def _receive(self, timeout_s: float) -> dict[str, Any] | None:
        """The next message, ``None`` when there is none in time."""
        give_up = time.monotonic() + max(timeout_s, 0)
        while (message := self._inbox.next()) is None:
            if not select.select([self._socket], [], [], max(give_up - time.monotonic(), 0))[0]:
                return None
            try:
                data = self._socket.recv(1 << 16)
            except ConnectionError:
                data = b""
            if not data:
                raise CannotRunError("the process that starts steps has ended", fix="run again")
            self._inbox.add(data)
        return message
