"""The supervisor of one step: sets up its root, starts it, reaps all of its processes, ends what is left.

Runs in a child of the launcher, as process 1 of a PID namespace where one can be had.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from typing import Any, NoReturn

from cursus_readiness.sandbox.syscalls import (
    CLONE_NEWNS,
    MS_BIND,
    MS_NODEV,
    MS_NOSUID,
    MS_PRIVATE,
    MS_REC,
    PR_SET_CHILD_SUBREAPER,
    PR_SET_PDEATHSIG,
    change_root,
    make_read_only,
    mount,
    prctl,
    unshare,
)


def supervise(spec: dict[str, Any], results: int, *, own_pid_namespace: bool) -> NoReturn:
    """Run one step to its end, write the result to ``results`` as JSON, exit.

    The result holds ``exit_code`` or ``signal`` of the step's first process (or ``error`` when it could not be
    started), ``wall_s``, and totals over everything that was reaped: ``user_s``, ``system_s``, ``max_rss_bytes`` of the
    largest process, ``read_bytes``, ``written_bytes``.
    """
    code = 1
    try:
        result = _Supervisor(spec, own_pid_namespace=own_pid_namespace).run()
        os.write(results, json.dumps(result).encode())
        code = 0
    except BaseException as error:  # whatever it was must reach the tool, and this process must not go on
        os.write(results, json.dumps({"error": f"the step could not be set up: {error}"}).encode())
    finally:
        os._exit(code)


def try_own_proc() -> None:
    """Raise OSError unless this process may mount a ``/proc`` of its PID namespace."""
    unshare(CLONE_NEWNS)
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)


class _Supervisor:
    def __init__(self, spec: dict[str, Any], *, own_pid_namespace: bool) -> None:
        self._spec = spec
        self._is_init = own_pid_namespace and os.getpid() == 1
        self._main = 0
        self._is_stopping = False

    def run(self) -> dict[str, Any]:
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGUSR1, self._on_stop_now)
        signal.signal(signal.SIGALRM, self._on_stop_now)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if not self._is_init:
            prctl(PR_SET_CHILD_SUBREAPER, 1)
        out = os.open(self._spec["stdout"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        err = os.open(self._spec["stderr"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        enter_root(self._spec, own_proc=self._is_init)
        os.chdir(self._spec["cwd"])
        read_before, written_before = _io_totals()
        started = time.monotonic()
        try:
            self._start(out, err)
        except OSError as error:
            return {"error": f"cannot start {self._spec['argv'][0]!r}: {error.strerror}", "wall_s": 0.0}
        status = self._reap_until_main_has_ended()
        wall_s = time.monotonic() - started
        self._end_all()
        totals = resource.getrusage(resource.RUSAGE_CHILDREN)
        read_after, written_after = _io_totals()
        code = os.waitstatus_to_exitcode(status)
        return {
            "exit_code": code if code >= 0 else None,
            "signal": -code if code < 0 else None,
            "wall_s": wall_s,
            "user_s": totals.ru_utime,
            "system_s": totals.ru_stime,
            "max_rss_bytes": totals.ru_maxrss * 1024,
            "read_bytes": read_after - read_before,
            "written_bytes": written_after - written_before,
        }

    def _start(self, out: int, err: int) -> None:
        argv, env = self._spec["argv"], self._spec["env"]
        null = os.open("/dev/null", os.O_RDONLY)
        self._main = os.posix_spawn(
            _find_program(argv[0], env.get("PATH", "")),
            argv,
            env,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, null, 0),
                (os.POSIX_SPAWN_DUP2, out, 1),
                (os.POSIX_SPAWN_DUP2, err, 2),
            ],
            setpgroup=0,
            setsigmask=[],
            setsigdef=[signal.SIGINT, signal.SIGPIPE, signal.SIGTERM, signal.SIGUSR1, signal.SIGALRM],
        )
        if self._is_stopping:  # the order came before there was anything to stop
            self._kill_all()

    def _reap_until_main_has_ended(self) -> int:
        while True:
            pid, status = os.waitpid(-1, 0)
            if pid == self._main:
                return status

    def _end_all(self) -> None:
        """Kill what outlived the step's first process, as the end of a container does, and wait for it."""
        while True:
            self._kill_all()
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def _kill_all(self) -> None:
        if self._is_init:
            try:
                os.kill(-1, signal.SIGKILL)  # all of this PID namespace but this process
            except ProcessLookupError:
                pass
            return
        for pid in _descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def _on_stop(self, _number: int, _frame: object) -> None:
        self._is_stopping = True
        if self._main:
            try:
                os.killpg(self._main, signal.SIGTERM)
            except ProcessLookupError:
                pass
            signal.setitimer(signal.ITIMER_REAL, max(self._spec["grace_s"], 0.001))

    def _on_stop_now(self, _number: int, _frame: object) -> None:
        self._is_stopping = True
        if self._main:
            self._kill_all()


def enter_root(spec: dict[str, Any], *, own_proc: bool) -> None:
    """Make ``spec["root"]`` the root directory: the machine's folders read-only, the rest the step's own."""
    root = spec["root"]
    unshare(CLONE_NEWNS)
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount(root, root, None, MS_BIND)
    for path in spec["binds"]:
        mount(path, root + path, None, MS_BIND | MS_REC)
        make_read_only(root + path)
    mount("/dev", f"{root}/dev", None, MS_BIND | MS_REC)
    mount("tmpfs", f"{root}/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV)
    if own_proc:
        mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV)
    else:
        mount("/proc", f"{root}/proc", None, MS_BIND | MS_REC)
    change_root(root)


def _find_program(name: str, search_path: str) -> str:
    """As execvp(3) finds it, with the step's PATH."""
    if "/" in name:
        return name
    for folder in search_path.split(":"):
        candidate = f"{folder}/{name}"
        if os.access(candidate, os.X_OK) and not os.path.isdir(candidate):
            return candidate
    raise FileNotFoundError(2, "not found on the step's PATH")


def _io_totals() -> tuple[int, int]:
    """Bytes that this process and all it has reaped read from and wrote to storage (proc(5), /proc/PID/io)."""
    fields = {}
    try:
        with open("/proc/self/io") as file:
            fields = dict(line.split(": ") for line in file.read().splitlines())
    except OSError:
        pass
    return int(fields.get("read_bytes", 0)), int(fields.get("write_bytes", 0))


def _descendants(pid: int) -> list[int]:
    found = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        for thread in threads:
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found += [int(child) for child in file.read().split()]
    except OSError:
        pass
    return found + [below for child in found for below in _descendants(child)]
