"""The tool's side of the launcher."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cursus_readiness.errors import CannotRunError

_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from cursus_readiness.sandbox.launcher import main; main()"


@dataclass(frozen=True, slots=True)
class StepSpec:
    """What the launcher is told to start. Paths of ``stdout`` and ``stderr`` are the machine's, the rest the step's."""

    root: Path
    binds: tuple[str, ...]
    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str
    stdout: Path
    stderr: Path
    grace_s: float


@dataclass(frozen=True, slots=True)
class StepEnd:
    """How the supervisor saw a step end; ``error`` when it never began."""

    exit_code: int | None = None
    signal: int | None = None
    wall_s: float | None = None
    user_s: float | None = None
    system_s: float | None = None
    max_rss_bytes: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None
    error: str | None = None


class LauncherClient:
    """A running launcher; a context manager that ends it, and with it every step that it has started."""

    def __init__(self) -> None:
        self.isolation = ""
        self._next_id = 0
        self._ends: dict[int, StepEnd] = {}
        self._supervisors: dict[int, int] = {}
        self._buffer = b""

    def __enter__(self) -> Self:
        """Start the launcher.

        Raises CannotRunError, with what can be done about it, where steps cannot be isolated.
        """
        if not sys.platform.startswith("linux"):
            raise CannotRunError(
                "steps run in Linux namespaces, which this system does not have", fix="run the tool in a Linux VM"
            )
        ours, theirs = socket.socketpair()
        package_root = str(Path(__file__).parents[2])
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _START, package_root, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._socket = ours
        message = self._receive(timeout_s=60.0)
        if message is None or "ready" not in message:
            reason = (message or {}).get("unavailable", {}).get("reason", "the launcher did not start")
            self.__exit__(None, None, None)
            raise CannotRunError(f"steps cannot be given a root of their own here: {reason}", fix=_REMEDY)
        ready = message["ready"]
        parts = ["user+mount" if ready["user_namespace"] else "mount", *(["pid"] if ready["pid_namespace"] else [])]
        self.isolation = f"namespaces ({'+'.join(parts)})"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()  # the launcher ends when the socket does
        self._process.wait()

    def start(self, spec: StepSpec) -> int:
        """Start a step; its id."""
        self._next_id += 1
        fields = {
            "id": self._next_id,
            "root": str(spec.root),
            "binds": spec.binds,
            "argv": spec.argv,
            "env": spec.env,
            "cwd": spec.cwd,
            "stdout": str(spec.stdout),
            "stderr": str(spec.stderr),
            "grace_s": spec.grace_s,
        }
        self._send({"start": fields})
        return self._next_id

    def stop(self, step_id: int, *, now: bool) -> None:
        """Ask a step to end (SIGTERM, SIGKILL after its grace time), or end its whole tree at once."""
        self._send({"stop": step_id, "now": now})

    def wait(self, step_id: int, timeout_s: float) -> StepEnd | None:
        """The end of a step, or ``None`` when it has not ended within ``timeout_s``.

        Raises CannotRunError when the launcher is gone.
        """
        if step_id not in self._ends:
            self._receive(timeout_s)
        return self._ends.pop(step_id, None)

    def supervisor_of(self, step_id: int) -> int | None:
        """Process id of the supervisor, whose descendants are the step; ``None`` until it is known."""
        return self._supervisors.get(step_id)

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise CannotRunError("the process that starts steps is gone", fix="run again") from error

    def _receive(self, timeout_s: float) -> dict[str, Any] | None:
        """Take in what the launcher says; the last message, ``None`` when there was none in time."""
        if not select.select([self._socket], [], [], max(timeout_s, 0))[0]:
            return None
        try:
            data = self._socket.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            raise CannotRunError("the process that starts steps has ended", fix="run again")
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        message = None
        for line in lines:
            message = json.loads(line)
            if "started" in message:
                self._supervisors[message["started"]] = message["pid"]
            elif "ended" in message:
                self._supervisors.pop(message["ended"], None)
                self._ends[message["ended"]] = StepEnd(**message["result"])
        return message


_REMEDY = (
    "allow unprivileged user namespaces (Ubuntu: `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`; "
    "containers: `--security-opt seccomp=unconfined` or `--privileged`), or run as root"
)
