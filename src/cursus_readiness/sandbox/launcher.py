"""The launcher: a small process that starts steps and stays their ancestor until nothing of them is left.

Steps are not started by the tool itself: a child of a large process inherits that process's high-water mark of memory,
and forking a large process is slow. The launcher is process 1 of a PID namespace, so that its end is the end of
everything that a step has started, and nothing is forked but the steps. The tool talks to it over a socket
(``messages``):

    {"listen": port}                             on the loopback interface of steps that are to have no network
    {"start": {root, binds, shown, folders, argv, env, cwd, shm_bytes, memory_limit_bytes,
               time_limit_s, interrupt_grace_s, terminate_grace_s, network}}
                                                 with the descriptors of both logs (SCM_RIGHTS)
    {"stop": {"now": bool}}

and hears

    {"ready": {pid, user_namespace, own_proc, limited_by, memory_devices}} | {"unavailable": reason}       once
    {"listening": None}, with the descriptor of the socket | {"listening": why there is none}
    {"begun": True}             of a step without a network: what has started it is gone, and need not be told from it
    {"ended": the fields of StepEnd}

When the tool dies the socket closes, the launcher ends, and with it the step.
"""

from __future__ import annotations

import _socket
import gc
import os
import select
import sys
import time

from cursus_readiness.sandbox import signals
from cursus_readiness.sandbox.capabilities import drop_for_children
from cursus_readiness.sandbox.cgroup_places import memory_devices
from cursus_readiness.sandbox.cgroups import find_groups
from cursus_readiness.sandbox.ending import Ending
from cursus_readiness.sandbox.messages import Inbox, encode, send_with
from cursus_readiness.sandbox.namespaces import enter_namespaces
from cursus_readiness.sandbox.precedence import take_precedence
from cursus_readiness.sandbox.rootfs import RootFileSystem
from cursus_readiness.sandbox.syscalls import PR_SET_PDEATHSIG, prctl

TYPE_CHECKING = False
if TYPE_CHECKING:
    import resource
    from typing import Any

    from cursus_readiness.sandbox.base import Enclosure
    from cursus_readiness.sandbox.cgroups import MemoryGroups

_LOGS = 2
_NEVER = float("inf")
_LONG_S = 3600.0
_STAY_S = 0.02  # in the group of a step: leaving it would be noticed in the time of a shorter one


class Launcher:
    """Answers the tool on one socket (its descriptor); ``run`` returns when the tool is gone."""

    def __init__(self, connection: int, enclosure: Enclosure, groups: MemoryGroups | None = None) -> None:
        self._socket = _socket.socket(fileno=connection)
        self._inbox = Inbox()
        self._descriptors: list[int] = []
        self._enclosure = enclosure
        self._groups = groups
        self._main = 0
        try:
            self._io = os.open("/proc/self/io", os.O_RDONLY)
        except OSError:
            self._io = -1  # this kernel does not count

    def run(self) -> None:
        """Serve until the tool closes the socket."""
        try:
            if self._groups:
                self._groups.enter()
            while (message := self._receive()) is not None:
                if "listen" in message:
                    self._listen(message["listen"])
                elif "start" in message and not self._run_step(message["start"]):
                    return
        finally:
            self._socket.close()
            if self._io >= 0:
                os.close(self._io)

    def _listen(self, port: int) -> None:
        try:
            listening = self._enclosure.listen(port)
        except OSError as error:
            self._send({"listening": error.strerror})
            return
        try:
            send_with(self._socket, encode({"listening": None}), [listening])
        except OSError:  # the tool is gone
            pass
        finally:
            os.close(listening)

    def _run_step(self, spec: dict[str, Any]) -> bool:
        """Run one step and report its end; ``False`` when the tool went away meanwhile."""
        read_before, written_before = self._io_totals()
        started = time.monotonic()
        try:
            self._main = self._spawn(spec)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            self._send({"ended": {"error": f"cannot start {spec['argv'][0]!r}: {reason}"}})
            return True
        ending = Ending(
            self._signal,
            self._enclosure.kill_all,
            time_limit_s=spec["time_limit_s"],
            interrupt_grace_s=spec["interrupt_grace_s"],
            terminate_grace_s=spec["terminate_grace_s"],
        )
        if not self._wait_for_main(ending):
            return False
        wall_s = time.monotonic() - started
        code, usages = self._end_all()
        read_after, written_after = self._io_totals()
        self._enclosure.leave()
        ended = {
            "exit_code": code if code >= 0 else None,
            "signal": -code if code < 0 else None,
            "is_over_time": ending.is_over_time,
            "wall_s": wall_s,
            "cpu_s": sum(usage.ru_utime + usage.ru_stime for usage in usages),
            "max_rss_bytes": max(usage.ru_maxrss for usage in usages) * 1024,
            "read_bytes": read_after - read_before,
            "written_bytes": written_after - written_before,
            **(self._groups.totals() if self._groups else {}),
        }
        self._send({"ended": ended})
        if self._groups:
            self._groups.renew()
        return True

    def _spawn(self, spec: dict[str, Any]) -> int:
        logs, self._descriptors = self._descriptors, []
        try:
            if self._groups and spec["memory_limit_bytes"] is not None:
                self._groups.hold(spec["memory_limit_bytes"])
            return self._enclosure.spawn(spec, logs)
        finally:
            for descriptor in logs:
                os.close(descriptor)
            if not spec["network"]:
                self._send({"begun": True})

    def _wait_for_main(self, ending: Ending) -> bool:
        """Wait for the step's first process, and end it when it is time; ``False`` when the tool went away."""
        ended = os.pidfd_open(self._main)
        connection = self._socket.fileno()
        event = [self._groups.event] if self._groups else []
        leave_at = time.monotonic() + _STAY_S if self._groups else _NEVER
        try:
            while True:
                timeout_s = max(min(ending.due_s, leave_at) - time.monotonic(), 0)
                readable, _, changed = select.select([ended, connection, *event], [], event, min(timeout_s, _LONG_S))
                if ended in readable:
                    return True
                if self._groups and (changed or event[0] in readable) and self._groups.is_exhausted():
                    self._enclosure.kill_all()  # the kernel kills one process, and not always the first
                if connection in readable:
                    message = self._receive()
                    if message is None:
                        return False
                    ending.ask(now=message["stop"]["now"])
                if self._groups and time.monotonic() >= leave_at:
                    self._groups.leave()
                    leave_at = _NEVER
                ending.go_on()
        finally:
            os.close(ended)

    def _signal(self, number: int) -> None:
        """Signal the step's process group, and wake it: a process that is stopped could not answer."""
        try:
            os.killpg(self._main, number)
            os.killpg(self._main, signals.SIGCONT)
        except ProcessLookupError:
            pass

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

    def _io_totals(self) -> tuple[int, int]:
        """Bytes that this process and all it has reaped read from and wrote to storage (proc(5), /proc/PID/io)."""
        if self._io < 0:
            return 0, 0
        words = os.pread(self._io, 1024, 0).split()
        return int(words[words.index(b"read_bytes:") + 1]), int(words[words.index(b"write_bytes:") + 1])

    def _send(self, message: dict[str, Any]) -> None:
        send(self._socket.fileno(), message)

    def _receive(self) -> dict[str, Any] | None:
        """The next message; ``None`` when the tool has closed the socket."""
        while (message := self._inbox.next()) is None:
            space = _socket.CMSG_SPACE(_LOGS * 4)
            try:
                data, rights, _, _ = self._socket.recvmsg(1 << 16, space, _socket.MSG_CMSG_CLOEXEC)
            except ConnectionError:
                return None
            if not data:
                return None
            for _, _, packed in rights:
                self._descriptors += memoryview(packed).cast("i")
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


def main() -> None:
    """Serve on the socket whose descriptor is the first argument."""
    signals.signal(signals.SIGINT, signals.SIG_IGN)  # Ctrl-C is the tool's to handle
    connection = int(sys.argv[1])
    os.set_inheritable(connection, False)  # noqa: FBT003 - a step that could write to it could forge its own end
    groups = find_groups()
    try:
        user_namespace = enter_namespaces()
        pid = os.fork()
        if pid == 0:
            _serve(connection, groups, user_namespace=user_namespace)
            os._exit(0)
    except OSError as error:
        send(
            connection,
            {"unavailable": f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)},
        )
    else:
        os.close(connection)
        # after the user namespace: a change of credentials clears it
        signals.signal(signals.SIGTERM, lambda *_: os.kill(pid, signals.SIGKILL))
        prctl(PR_SET_PDEATHSIG, signals.SIGTERM)
        os.waitpid(pid, 0)
    if groups:
        groups.remove_all()
    os._exit(0)


def _serve(connection: int, groups: MemoryGroups | None, *, user_namespace: bool) -> None:
    """Be process 1 of the new PID namespace, which ends with it."""
    prctl(PR_SET_PDEATHSIG, signals.SIGKILL)
    gc.disable()  # a collection would only make pages private that are shared with nobody
    devices = memory_devices() if groups else []
    root = RootFileSystem()
    take_precedence()
    drop_for_children()
    ready = {
        "pid": int(os.readlink("/proc/self")),  # this is still the /proc of the tool's namespace, and so its number
        "user_namespace": user_namespace,
        "own_proc": root.own_proc,
        "limited_by": groups.kind if groups else None,
        "memory_devices": devices,
    }
    send(connection, {"ready": ready})
    Launcher(connection, root, groups).run()
