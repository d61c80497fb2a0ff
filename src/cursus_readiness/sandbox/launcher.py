"""The launcher: a small process that starts steps and stays their ancestor until nothing of them is left.

Steps are not started by the tool itself: a child of a large process inherits that process's high-water mark of memory,
and forking a large process is slow. The launcher is process 1 of a PID namespace, so that its end is the end of
everything that a step has started, and nothing is forked but the steps. The tool talks to it over a socket
(``messages``):

    {"start": {root, binds, shown, folders, argv, env, cwd, shm_bytes, stdout, stderr, grace_s}}
    {"stop": {"now": bool}}

and hears

    {"ready": {pid, user_namespace, own_proc}} | {"unavailable": reason}       once
    {"ended": {exit_code, signal, error, wall_s, cpu_s, max_rss_bytes, read_bytes, written_bytes}}

When the tool dies the socket closes, the launcher ends, and with it the step.
"""

from __future__ import annotations

import gc
import os
import resource
import select
import signal
import sys
import time

from cursus_readiness.sandbox.messages import Inbox, encode
from cursus_readiness.sandbox.rootfs import RootFileSystem
from cursus_readiness.sandbox.syscalls import (
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    PR_SET_PDEATHSIG,
    prctl,
    unshare,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cursus_readiness.sandbox.base import Enclosure


class Launcher:
    """Answers the tool on one socket (its descriptor); ``run`` returns when the tool is gone."""

    def __init__(self, connection: int, enclosure: Enclosure) -> None:
        self._connection = connection
        self._inbox = Inbox()
        self._enclosure = enclosure
        self._main = 0

    def run(self) -> None:
        """Serve until the tool closes the socket."""
        while (message := self._receive()) is not None:
            if "start" in message and not self._run_step(message["start"]):
                return

    def _run_step(self, spec: dict[str, Any]) -> bool:
        """Run one step and report its end; ``False`` when the tool went away meanwhile."""
        read_before, written_before = _io_totals()
        started = time.monotonic()
        try:
            self._main = self._enclosure.spawn(spec)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            self._send({"ended": {"error": f"cannot start {spec['argv'][0]!r}: {reason}"}})
            return True
        if not self._wait_for_main(spec["grace_s"]):
            return False
        wall_s = time.monotonic() - started
        code, usages = self._end_all()
        read_after, written_after = _io_totals()
        self._enclosure.leave()
        ended = {
            "exit_code": code if code >= 0 else None,
            "signal": -code if code < 0 else None,
            "wall_s": wall_s,
            "cpu_s": sum(usage.ru_utime + usage.ru_stime for usage in usages),
            "max_rss_bytes": max(usage.ru_maxrss for usage in usages) * 1024,
            "read_bytes": read_after - read_before,
            "written_bytes": written_after - written_before,
        }
        self._send({"ended": ended})
        return True

    def _wait_for_main(self, grace_s: float) -> bool:
        """Wait for the step's first process, and stop it when told to; ``False`` when the tool went away."""
        ended = os.pidfd_open(self._main)
        kill_at: float | None = None
        try:
            while True:
                timeout_s = None if kill_at is None else max(kill_at - time.monotonic(), 0)
                readable, _, _ = select.select([ended, self._connection], [], [], timeout_s)
                if ended in readable:
                    return True
                if readable:
                    message = self._receive()
                    if message is None:
                        return False
                    if message["stop"]["now"]:
                        self._enclosure.kill_all()
                    elif kill_at is None:
                        try:
                            os.killpg(self._main, signal.SIGTERM)
                        except ProcessLookupError:
                            pass
                        kill_at = time.monotonic() + grace_s
                elif kill_at is not None and time.monotonic() >= kill_at:
                    self._enclosure.kill_all()
                    kill_at = time.monotonic() + 1.0  # something may have been forked meanwhile
        finally:
            os.close(ended)

    def _end_all(self) -> tuple[int, list[resource.struct_rusage]]:
        """Kill what outlived the first process, as the end of a container does; its exit code, usage of all reaped."""
        code = 0
        usages: list[resource.struct_rusage] = []
        while True:
            self._enclosure.kill_all()
            try:
                pid, status, usage = os.wait4(-1, 0)
                while pid:  # all that have ended, before the rest is killed again
                    usages.append(usage)
                    if pid == self._main:
                        code = os.waitstatus_to_exitcode(status)
                    pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return code, usages

    def _send(self, message: dict[str, Any]) -> None:
        send(self._connection, message)

    def _receive(self) -> dict[str, Any] | None:
        """The next message; ``None`` when the tool has closed the socket."""
        while (message := self._inbox.next()) is None:
            try:
                data = os.read(self._connection, 1 << 16)
            except ConnectionError:
                return None
            if not data:
                return None
            self._inbox.add(data)
        return message


def send(connection: int, message: dict[str, Any]) -> None:
    """Send a message to the tool; that it is gone is seen when nothing comes from it any more."""
    data = encode(message)
    try:
        while data:
            data = data[os.write(connection, data) :]
    except OSError:
        pass


def _io_totals() -> tuple[int, int]:
    """Bytes that this process and all it has reaped read from and wrote to storage (proc(5), /proc/PID/io)."""
    fields = {}
    try:
        with open("/proc/self/io") as file:
            fields = dict(line.split(": ") for line in file.read().splitlines())
    except OSError:
        pass
    return int(fields.get("read_bytes", 0)), int(fields.get("write_bytes", 0))


def _in_child(action: Any) -> None:
    """Try something in a child, so that this process stays as it is.

    Raises the child's OSError.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            action()
            os._exit(0)
        except OSError as error:
            os.write(writer, f"{error.errno} {error.strerror}".encode())
            os._exit(1)
    os.close(writer)
    text = os.read(reader, 4096)
    os.close(reader)
    os.waitpid(pid, 0)
    if text:
        number, _, reason = text.decode().partition(" ")
        raise OSError(int(number), reason)


def _enter_user_namespace() -> None:
    """Become root of a new user namespace, as containers run their steps as root (user_namespaces(7))."""
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _enter_namespaces() -> bool:
    """Enter a mount namespace, and let children be in a PID namespace; whether that took a user namespace.

    Raises OSError where this is not allowed, with what was said to either way.
    """
    try:
        _in_child(lambda: unshare(CLONE_NEWNS))
    except OSError as refused:
        try:
            _enter_user_namespace()
            unshare(CLONE_NEWNS | CLONE_NEWPID)
        except OSError as error:
            said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
            raise OSError(error.errno, f"{refused.strerror}, in a user namespace {said}") from error
        return True
    unshare(CLONE_NEWNS | CLONE_NEWPID)
    return False


def main() -> None:
    """Serve on the socket whose descriptor is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the tool's to handle
    connection = int(sys.argv[1])
    os.set_inheritable(connection, False)  # noqa: FBT003 - a step that could write to it could forge its own end
    try:
        user_namespace = _enter_namespaces()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # after the user namespace: a change of credentials clears it
        pid = os.fork()
        if pid == 0:
            _serve(connection, user_namespace=user_namespace)
            return
    except OSError as error:
        send(connection, {"unavailable": error.strerror or str(error)})
        return
    os.close(connection)
    os.waitpid(pid, 0)


def _serve(connection: int, *, user_namespace: bool) -> None:
    """Be process 1 of the new PID namespace, which ends with it."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    gc.disable()  # a collection would only make pages private that are shared with nobody
    root = RootFileSystem()
    ready = {
        "pid": int(os.readlink("/proc/self")),  # this is still the /proc of the tool's namespace, and so its number
        "user_namespace": user_namespace,
        "own_proc": root.own_proc,
    }
    send(connection, {"ready": ready})
    Launcher(connection, root).run()
