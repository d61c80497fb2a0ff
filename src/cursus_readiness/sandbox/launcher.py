"""The launcher: a small process that starts steps and stays their ancestor until nothing of them is left.

Steps are not started by the tool itself: a child of a large process inherits that process's high-water mark of memory,
and forking a large process is slow. The tool talks to the launcher over a socket, one JSON object a line:

    {"start": {id, root, binds, links, argv, env, cwd, stdout, stderr, grace_s}}
    {"stop": id, "now": bool}

and hears

    {"ready": {...}} | {"unavailable": {...}}            once
    {"started": id, "pid": N}                            the supervisor's process id
    {"ended": id, "result": {...}}                       see ``supervisor.supervise``

Each step has a supervisor, forked from the launcher: process 1 of the step's PID namespace, so that its end is the end
of everything the step has started. When the tool dies the socket closes, the launcher ends, and with it all supervisors.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from typing import Any

from cursus_readiness.sandbox import supervisor
from cursus_readiness.sandbox.syscalls import (
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    PR_SET_PDEATHSIG,
    prctl,
    setns,
    unshare,
)


class Launcher:
    """Answers the tool on one socket; ``run`` returns when the tool is gone."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""
        self._steps: dict[int, tuple[int, int]] = {}  # read end of the result pipe -> step id, supervisor
        self._own_pid_namespace = -1
        self._has_pid_namespaces = False

    def run(self) -> None:
        """Serve until the tool closes the socket."""
        ready = self._prepare()
        self._send(ready)
        while "unavailable" not in ready:
            readable, _, _ = select.select([self._connection, *self._steps], [], [])
            for source in readable:
                if source is self._connection:
                    if not self._receive():
                        return
                else:
                    self._finish(source)

    def _prepare(self) -> dict[str, Any]:
        """Get the right to make namespaces, and see which of them work."""
        user_namespace = False
        try:
            try:
                _in_child(lambda: unshare(CLONE_NEWNS))
            except OSError:
                _enter_user_namespace()
                user_namespace = True
                _in_child(lambda: unshare(CLONE_NEWNS))
        except OSError as error:
            return {"unavailable": {"reason": str(error)}}
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # after the user namespace: a change of credentials clears it
        self._own_pid_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self._has_pid_namespaces = self._try_pid_namespace()
        return {"ready": {"user_namespace": user_namespace, "pid_namespace": self._has_pid_namespaces}}

    def _try_pid_namespace(self) -> bool:
        """Whether a PID namespace with its own ``/proc`` can be had (in containers with a masked one it cannot)."""
        try:
            unshare(CLONE_NEWPID)
            try:
                _in_child(supervisor.try_own_proc)
            finally:
                setns(self._own_pid_namespace, CLONE_NEWPID)
        except OSError:
            return False
        return True

    def _send(self, message: dict[str, Any]) -> None:
        self._connection.sendall(json.dumps(message).encode() + b"\n")

    def _receive(self) -> bool:
        data = self._connection.recv(1 << 16)
        if not data:
            return False
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "start" in message:
                self._start(message["start"])
            else:
                self._stop(message["stop"], now=message["now"])
        return True

    def _start(self, spec: dict[str, Any]) -> None:
        result, results = os.pipe()
        if self._has_pid_namespaces:
            unshare(CLONE_NEWPID)
        pid = os.fork()
        if pid == 0:
            os.close(result)
            self._connection.close()
            supervisor.supervise(spec, results, own_pid_namespace=self._has_pid_namespaces)
        if self._has_pid_namespaces:
            setns(self._own_pid_namespace, CLONE_NEWPID)
        os.close(results)
        self._steps[result] = (spec["id"], pid)
        self._send({"started": spec["id"], "pid": pid})

    def _stop(self, step_id: int, *, now: bool) -> None:
        for known, pid in self._steps.values():
            if known == step_id:
                os.kill(pid, signal.SIGUSR1 if now else signal.SIGTERM)

    def _finish(self, source: int) -> None:
        """The result pipe of a supervisor is closed: it has ended, or it has been killed."""
        text = b""
        while chunk := os.read(source, 1 << 16):
            text += chunk
        os.close(source)
        step_id, pid = self._steps.pop(source)
        os.waitpid(pid, 0)
        result = json.loads(text) if text else {"error": "the supervisor of the step was killed"}
        self._send({"ended": step_id, "result": result})


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
            os.write(writer, json.dumps([error.errno, error.strerror]).encode())
            os._exit(1)
    os.close(writer)
    text = os.read(reader, 4096)
    os.close(reader)
    os.waitpid(pid, 0)
    if text:
        raise OSError(*json.loads(text))


def _enter_user_namespace() -> None:
    """Become root of a new user namespace, as containers run their steps as root (user_namespaces(7))."""
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def main() -> None:
    """Serve on the socket whose descriptor is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the tool's to handle
    Launcher(socket.socket(fileno=int(sys.argv[1]))).run()
