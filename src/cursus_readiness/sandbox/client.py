"""The tool's side of the launcher."""

from __future__ import annotations

import errno
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cursus_readiness.errors import CannotRunError
from cursus_readiness.sandbox.messages import Inbox, encode
from cursus_readiness.sandbox.remedies import OPT_ML_REMEDY, namespace_remedy

_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from cursus_readiness.sandbox.{} import main; main()"
_READY_TIMEOUT_S = 60.0
_TO_LOG = os.O_WRONLY | os.O_CREAT | os.O_APPEND
SHARED = "root, /tmp and /dev/shm"


@dataclass(frozen=True, slots=True)
class StepSpec:
    """What the launcher is told to start. ``root``, ``stdout`` and ``stderr`` are the machine's paths.

    ``shown`` are folders of the machine that the step sees although they lie below one of its own, ``folders`` those
    that it was given: inputs, outputs and what its contract promises. ``shm_bytes`` is the size of its ``/dev/shm``,
    ``memory_limit_bytes`` what the kernel holds it to, if the kernel does. The grace times are those between a request
    to stop, or the time limit, termination and the end. Without ``network`` it reaches what ``LauncherClient.listen``
    has opened.
    """

    root: str
    binds: tuple[str, ...]
    shown: tuple[str, ...]
    folders: tuple[str, ...]
    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str
    shm_bytes: int
    stdout: str
    stderr: str
    memory_limit_bytes: int | None
    time_limit_s: float
    interrupt_grace_s: float
    terminate_grace_s: float
    network: bool = True


@dataclass(frozen=True, slots=True)
class StepEnd:
    """How a step ended, with totals over all of its processes; ``error`` when it never began.

    The peak of a control group has the page cache in it. ``has_exhausted_memory`` says that the kernel has killed a
    process because the group was at its limit, and not the machine; ``is_over_time`` that the time limit ended it.
    """

    exit_code: int | None = None
    signal: int | None = None
    wall_s: float | None = None
    cpu_s: float | None = None
    max_rss_bytes: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None
    error: str | None = None
    cgroup_peak_bytes: int | None = None
    cgroup_cpu_s: float | None = None
    oom_kill_count: int | None = None
    has_exhausted_memory: bool = False
    is_over_time: bool = False


class LauncherClient:
    """A running launcher, for one step at a time; a context manager, with whose end all of a step has ended.

    ``isolation`` is how steps are kept apart from the machine; ``shared`` is what they share with it that a container
    would not, and why, if they do.
    """

    def __init__(self) -> None:
        self.isolation = ""
        self.shared: str | None = None
        self.pid = 0
        self._limited_by: str | None = None
        self._memory_devices: frozenset[int] = frozenset()
        self._root: Path | None = None
        self._descriptors: list[int] = []

    def __enter__(self) -> Self:
        """Start the launcher; where namespaces are refused, one whose steps have ``/opt/ml`` to themselves.

        Raises CannotRunError, with what can be done about it, where neither is possible.
        """
        if not sys.platform.startswith("linux"):
            fix = "run the container image, or the tool in a Linux virtual machine (Windows: WSL 2)"
            raise CannotRunError("steps run in Linux namespaces, which this system does not have", fix=fix)
        message = self._launch("launcher")
        if "ready" in message:
            ready = message["ready"]
            kinds = "user, mount and PID" if ready["user_namespace"] else "mount and PID"
            self.isolation = f"{kinds} namespaces" + ("" if ready["own_proc"] else ", the machine's /proc")
        else:
            ready = self._launch_exclusively(message["unavailable"])
        self.pid = ready["pid"]
        self._limited_by = ready["limited_by"]
        self._memory_devices = frozenset(ready["memory_devices"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()  # the launcher ends when the socket does
        self._process.wait()

    def root(self, folder: Path) -> Path:
        """The folder to be the root of steps: ``folder``, unless they can have theirs in one place only."""
        return self._root or folder

    def start(self, spec: StepSpec) -> None:
        """Start a step.

        When this returns there is nothing beside the launcher and the step that could be measured as part of it.

        Raises OSError when a log cannot be opened.
        """
        told = {field.name: getattr(spec, field.name) for field in fields(spec)}
        logs = [os.open(told.pop(name), _TO_LOG, 0o644) for name in ("stdout", "stderr")]
        try:
            self._send({"start": told}, logs)
            if not spec.network:
                self._answer()
        finally:
            for descriptor in logs:
                os.close(descriptor)

    def listen(self, port: int) -> socket.socket:
        """A socket that listens on the loopback interface of steps that are to have no network.

        Raises OSError where there can be no such steps.
        """
        self._send({"listen": port})
        refusal = self._answer()["listening"]
        if refusal is not None:
            raise OSError(errno.EPERM, refusal)
        return socket.socket(fileno=self._descriptors.pop())

    @property
    def has_groups(self) -> bool:
        """Whether each step is in a control group of its own, which counts whom the kernel kills."""
        return self._limited_by is not None

    def limited_by(self, root: Path) -> str | None:
        """Which control groups hold the memory limit of a step in ``root``; ``None`` when it has to be watched.

        Files of a root that lies in memory would count for the step, as they do in no container.
        """
        return None if os.stat(root).st_dev in self._memory_devices else self._limited_by

    def stop(self, *, now: bool) -> None:
        """Ask the step to end (SIGINT, then SIGTERM, then SIGKILL of all of it), or end its whole tree at once."""
        self._send({"stop": {"now": now}})

    def wait(self, timeout_s: float) -> StepEnd | None:
        """The end of the step, or ``None`` when it has not ended within ``timeout_s``.

        Raises CannotRunError when the launcher is gone.
        """
        message = self._receive(timeout_s)
        return StepEnd(**message["ended"]) if message else None

    def _launch_exclusively(self, refusal: str) -> dict[str, Any]:
        message = self._launch("exclusive")
        remedy = namespace_remedy()
        if "ready" not in message:
            reason = f"{refusal}; nor can they have /opt/ml to themselves: {message['unavailable']}"
            fix = f"{remedy}; or {message.get('fix', OPT_ML_REMEDY)}"
            raise CannotRunError(f"steps cannot be given a root of their own here: {reason}", fix=fix)
        self.isolation = f"exclusive: /opt/ml under a lock; {SHARED} are the machine's"
        self.shared = (
            f"steps saw this machine's own {SHARED}, and what others left there: namespaces are refused ({refusal})"
        )
        ready: dict[str, Any] = message["ready"]
        self._root = Path(ready["root"])
        return ready

    def _launch(self, module: str) -> dict[str, Any]:
        """Start a launcher; its first message, and ``unavailable`` when it ended without one."""
        self._inbox = Inbox()
        self._socket, theirs = socket.socketpair()
        package_root = str(Path(__file__).parents[2])
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _START.format(module), package_root, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            message = self._receive(_READY_TIMEOUT_S) or {"unavailable": "the launcher does not answer"}
        except CannotRunError:  # a system call that is not allowed may end who makes it
            message = {"unavailable": f"the launcher ended with {self._process.wait()}"}
        if "ready" not in message:
            self.__exit__(None, None, None)
        return message

    def _send(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        data = encode(message)
        try:
            self._socket.sendall(data[socket.send_fds(self._socket, [data], descriptors) :])
        except OSError as error:
            raise CannotRunError("the process that starts steps is gone", fix="run again") from error

    def _answer(self) -> dict[str, Any]:
        """What the launcher says to what it was told last."""
        message = self._receive(_READY_TIMEOUT_S)
        if message is None:
            raise CannotRunError("the process that starts steps does not answer", fix="run again")
        return message

    def _receive(self, timeout_s: float) -> dict[str, Any] | None:
        """The next message, ``None`` when there is none in time."""
        give_up = time.monotonic() + max(timeout_s, 0)
        while (message := self._inbox.next()) is None:
            if not select.select([self._socket], [], [], max(give_up - time.monotonic(), 0))[0]:
                return None
            try:
                data, descriptors, _, _ = socket.recv_fds(self._socket, 1 << 16, 1, socket.MSG_CMSG_CLOEXEC)
                self._descriptors += descriptors
            except ConnectionError:
                data = b""
            if not data:
                raise CannotRunError("the process that starts steps has ended", fix="run again")
            self._inbox.add(data)
        return message
