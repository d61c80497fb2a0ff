"""Steps in this machine's own root, where namespaces are refused: ``/opt/ml`` is theirs alone, one after the other.

Two processes, each a child subreaper: this one, and the launcher that it forks. Whichever is killed, the other ends all
of the step and puts ``/opt/ml`` back. When both are killed at once, a step may go on; the next run tidies up.
"""

from __future__ import annotations

import errno
import fcntl
import gc
import os
import stat
import sys

from cursus_readiness.sandbox import signals
from cursus_readiness.sandbox.capabilities import drop_for_children
from cursus_readiness.sandbox.cgroup_places import memory_devices
from cursus_readiness.sandbox.cgroups import find_groups
from cursus_readiness.sandbox.launcher import Launcher, send
from cursus_readiness.sandbox.precedence import take_precedence
from cursus_readiness.sandbox.program import HOME, start_program
from cursus_readiness.sandbox.syscalls import PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, prctl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from cursus_readiness.sandbox.cgroups import MemoryGroups

_ML = "/opt/ml"
_OURS = f"{_ML}/.cursus-readiness"  # below /opt/ml, so that folders are moved there and back and never copied
_ROOT = f"{_OURS}/root"
_PLACED = f"{_OURS}/placed"  # has the names of what was moved up into /opt/ml
_WAS_MISSING = f"{_OURS}/was-missing"
_HOLDER = f"{_OURS}/holder"
_CHILDREN = "/proc/thread-self/children"


class RefusedError(Exception):
    """``/opt/ml`` cannot be had: why, and what to do about it."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.fix = fix


class ExclusiveFolder:
    """Holds ``/opt/ml`` under a lock. It has to be empty or missing, and is so again at the end.

    A step finds the folders of its root's ``/opt/ml`` there, really and not by links, while it runs. All else that it
    sees is the machine's. Raises RefusedError, and OSError, when ``/opt/ml`` cannot be had.
    """

    def __init__(self) -> None:
        with open(_CHILDREN):  # without it no step could be ended, and /opt/ml not be put back
            pass
        self._root = _ROOT
        self._was_missing = self._claim()
        try:
            self._take_over()
        except BaseException:
            os.close(self._lock)
            raise

    def spawn(self, spec: dict[str, Any], logs: Sequence[int]) -> int:
        """Start a step with its folders in place. TMPDIR, HOME and a working directory elsewhere are those of its root.

        Raises OSError when that is not possible, ValueError for folders that are not below ``/opt/ml``.
        """
        outside = [path for path in spec["folders"] if not f"{path}/".startswith(f"{_ML}/")]
        if outside:
            raise ValueError(f"{outside[0]} is not below /opt/ml, and nothing else can be a step's own on this machine")
        self._root = root = spec["root"]
        environment = {"TMPDIR": f"{root}/tmp", **spec["env"]}
        for name, value in environment.items():
            if f"{value}/".startswith(f"{HOME}/"):
                environment[name] = root + value
        try:
            for name in os.listdir(f"{root}{_ML}"):
                os.mkdir(f"{_PLACED}/{name}")
                os.rename(f"{root}{_ML}/{name}", f"{_ML}/{name}")
            os.rmdir(f"{root}{_ML}")
            os.symlink(_ML, f"{root}{_ML}")  # for paths relative to the working directory
            is_placed = f"{spec['cwd']}/".startswith(f"{_ML}/")
            os.chdir(spec["cwd"] if is_placed else root + spec["cwd"])
            return start_program(spec["argv"], environment, logs)
        except BaseException:
            self.leave()
            raise
        finally:
            os.chdir("/")

    def listen(self, port: int) -> int:  # noqa: ARG002 - nowhere, whatever the port
        """Nowhere: a step that is to have no network needs a namespace. Raises OSError."""
        raise OSError(errno.EPERM, "namespaces are refused")

    def kill_all(self) -> None:
        """Kill the children of this process; theirs are its own then.

        Only this process can wait for them, so that no number can be that of somebody else's process by now.
        """
        with open(_CHILDREN) as file:
            for pid in file.read().split():
                os.kill(int(pid), signals.SIGKILL)

    def leave(self) -> None:
        """Move everything in ``/opt/ml`` into the root of the step, whatever that has done to either."""
        if not self._is_held():
            os.close(self._lock)
            self._claim()
        self._restore_mode()
        for folder in (_OURS, _PLACED, self._root, f"{self._root}/opt", f"{self._root}{_ML}"):
            _restore(folder)
        for name in os.listdir(_ML):
            path = f"{_ML}/{name}"
            if path == _OURS:
                continue
            if os.path.isdir(path) and not os.path.islink(path):
                os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) | stat.S_IRWXU)  # to be moved, it must be writable
            _remove(f"{self._root}{path}")
            os.rename(path, f"{self._root}{path}")
        for name in os.listdir(_PLACED):
            os.rmdir(f"{_PLACED}/{name}")

    def end(self) -> None:
        """End everything that is left, put ``/opt/ml`` back unless that has been done, and let go of it."""
        while True:
            self.kill_all()
            try:
                os.wait()
            except ChildProcessError:
                break
        if self._is_held() and os.path.isdir(_OURS):
            self._restore_mode()
            self._clear(os.listdir(_ML))
            if self._was_missing:
                os.rmdir(_ML)
        os.close(self._lock)

    def _take_over(self) -> None:
        if os.path.isdir(_OURS):  # of a run of which every process was killed
            self._was_missing |= os.path.exists(_WAS_MISSING)
            self._clear(os.listdir(_PLACED) if os.path.isdir(_PLACED) else [])
        found = sorted(os.listdir(_ML))
        if found:
            raise RefusedError(f"it is not empty: {', '.join(found[:3])}", "move away what is in /opt/ml")
        self._mode = stat.S_IMODE(os.stat(_ML).st_mode)
        os.mkdir(_OURS)
        os.mkdir(_PLACED)
        _write(_HOLDER, str(os.getppid()))
        if self._was_missing:
            _write(_WAS_MISSING, "")

    def _claim(self) -> bool:
        """Make ``/opt/ml`` where it is missing, and lock it; whether it was missing."""
        while True:
            is_made = False
            if not os.path.isdir(_ML):
                os.mkdir(_ML)
                is_made = True
            self._lock = os.open(_ML, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._lock)
                raise RefusedError(f"another run has it{_holder()}", "wait until that run has ended") from None
            if self._is_held():
                return is_made
            os.close(self._lock)  # it was that of a run which has ended and removed it meanwhile

    def _is_held(self) -> bool:
        """Whether ``/opt/ml`` is the folder that is locked."""
        try:
            return os.path.samestat(os.fstat(self._lock), os.stat(_ML))
        except FileNotFoundError:
            return False

    def _restore_mode(self) -> None:
        if stat.S_IMODE(os.stat(_ML).st_mode) != self._mode:
            os.chmod(_ML, self._mode)

    @staticmethod
    def _clear(names: list[str]) -> None:
        for name in names:
            _remove(f"{_ML}/{name}")
        _remove(_OURS)


def _holder() -> str:
    try:
        with open(_HOLDER) as file:
            return f", process {int(file.read())}"
    except (OSError, ValueError):
        return ""


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _restore(folder: str) -> None:
    """Let there be a folder, whatever a step has put in its place."""
    if os.path.islink(folder) or not os.path.isdir(folder):
        _remove(folder)
        os.mkdir(folder)
    os.chmod(folder, 0o755)


def _remove(path: str) -> None:
    if os.path.islink(path) or os.path.isfile(path):
        os.unlink(path)
    elif os.path.lexists(path):
        from pathlib import Path  # not before: what this process has loaded counts in every step's high-water mark

        from cursus_readiness.sandbox.view import remove

        remove(Path(path))


def main() -> None:
    """Serve on the socket whose descriptor is the first argument."""
    for number in (signals.SIGINT, signals.SIGTERM, signals.SIGHUP):
        signals.signal(number, signals.SIG_IGN)  # the end of the tool is the end of this
    connection = int(sys.argv[1])
    os.set_inheritable(connection, False)  # noqa: FBT003 - a step that could write to it could forge its own end
    try:
        prctl(PR_SET_NO_NEW_PRIVS, 1)  # what became another user's process could not be killed
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        folder = ExclusiveFolder()
    except RefusedError as error:
        send(connection, {"unavailable": str(error), "fix": error.fix})
    except OSError as error:
        send(connection, {"unavailable": f"{error.filename}: {error.strerror}" if error.filename else error.strerror})
    else:
        _serve(connection, folder)


def _serve(connection: int, folder: ExclusiveFolder) -> None:
    groups = find_groups()
    try:
        pid = os.fork()
        if pid == 0:
            _launch(connection, folder, groups)
        else:
            os.close(connection)
            os.waitpid(pid, 0)
    finally:
        folder.end()
        if groups:
            groups.remove_all()


def _launch(connection: int, folder: ExclusiveFolder, groups: MemoryGroups | None) -> None:
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # is not inherited
    gc.disable()  # as the other launcher does
    take_precedence()
    if os.geteuid() == 0:
        drop_for_children()
    limits = {"limited_by": groups.kind if groups else None, "memory_devices": memory_devices() if groups else []}
    send(connection, {"ready": {"pid": os.getpid(), "root": _ROOT, **limits}})
    Launcher(connection, folder, groups).run()
