"""The root directory of a step: the machine's folders read-only, the rest the step's own."""

from __future__ import annotations

import os
import signal

from cursus_readiness.sandbox.program import Program
from cursus_readiness.sandbox.syscalls import (
    CLONE_NEWNS,
    MS_BIND,
    MS_NODEV,
    MS_NOSUID,
    MS_PRIVATE,
    MS_REC,
    change_root,
    make_read_only,
    mount,
    setns,
    unshare,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class RootFileSystem:
    """Starts programs in a root directory that is mounted once and used for one step after the other.

    Each step gets a mount namespace of its own, copied from the one in which the root was mounted: what a step mounts
    is gone with it. This process, which is process 1 for the step, stays in the step's root until ``leave``: through
    ``/proc/1/root`` a step sees nothing but its own.
    """

    def __init__(self) -> None:
        """Must be in a mount namespace of its own already."""
        mount(None, "/", None, MS_REC | MS_PRIVATE)
        self._outside = os.open("/proc/self/ns/mnt", os.O_RDONLY)
        self._mounted: tuple[str, tuple[str, ...]] | None = None
        self._inside = -1
        self.own_proc = self._can_mount_proc()

    def spawn(self, spec: dict[str, Any]) -> int:
        """Start ``spec["argv"]`` as the first process of a step, with its logs as standard output and error.

        Raises OSError when that is not possible.
        """
        with Program(spec) as program:
            self._mount(spec["root"], tuple(spec["binds"]))
            unshare(CLONE_NEWNS)
            try:
                self._enter(spec["root"], spec["shown"], spec["shm_bytes"])
                os.chdir(spec["cwd"])
                return program.start(spec["env"])
            except BaseException:
                self.leave()
                raise

    def kill_all(self) -> None:
        """Kill all of this PID namespace but process 1, which this is (anywhere else it would be the machine)."""
        if os.getpid() != 1:
            raise RuntimeError("the launcher is not process 1 of a PID namespace")
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def leave(self) -> None:
        """Leave the mount namespace of a step that has ended; this puts the working directory back, too."""
        setns(self._inside, CLONE_NEWNS)

    def _mount(self, root: str, binds: tuple[str, ...]) -> None:
        """Mount a root directory unless it is the one that is mounted."""
        if self._mounted == (root, binds):
            return
        setns(self._outside, CLONE_NEWNS)
        self._mounted = None
        unshare(CLONE_NEWNS)
        mount(root, root, None, MS_BIND)
        for path in binds:
            mount(path, root + path, None, MS_BIND | MS_REC)
            make_read_only(root + path)
        mount("/dev", f"{root}/dev", None, MS_BIND | MS_REC)
        make_read_only(f"{root}/dev")  # devices can be used all the same
        if self.own_proc:
            mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV)
        else:
            mount("/proc", f"{root}/proc", None, MS_BIND | MS_REC)
        mount(f"{root}/proc/sys", f"{root}/proc/sys", None, MS_BIND | MS_REC)
        make_read_only(f"{root}/proc/sys")
        if self._inside >= 0:
            os.close(self._inside)
        self._inside = os.open("/proc/self/ns/mnt", os.O_RDONLY)
        self._mounted = (root, binds)

    def _enter(self, root: str, shown: list[str], shm_bytes: int) -> None:
        mount("tmpfs", f"{root}/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, f"size={shm_bytes}")
        if os.path.isdir(f"{root}/var/tmp"):
            mount(f"{root}/tmp", f"{root}/var/tmp", None, MS_BIND)
        for path in shown:
            os.makedirs(root + path, exist_ok=True)
            mount(path, root + path, None, MS_BIND | MS_REC)
            make_read_only(root + path)
        change_root(root)

    def _can_mount_proc(self) -> bool:
        """Whether this PID namespace can have its own ``/proc``; in containers with a masked one it cannot."""
        unshare(CLONE_NEWNS)
        make_read_only("/dev")  # to be refused now, on a kernel without it, and not at the first step
        try:
            mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)
        except OSError:
            return False
        finally:
            setns(self._outside, CLONE_NEWNS)
        return True
