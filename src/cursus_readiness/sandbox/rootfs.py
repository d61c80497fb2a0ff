"""The root directory of a step: the machine's folders read-only, the rest the step's own."""

from __future__ import annotations

import os
import select

from cursus_readiness.sandbox import signals
from cursus_readiness.sandbox.devices import mount_devices
from cursus_readiness.sandbox.program import start_program
from cursus_readiness.sandbox.seclusion import Seclusion
from cursus_readiness.sandbox.syscalls import (
    CLONE_NEWIPC,
    CLONE_NEWNS,
    MS_BIND,
    MS_NODEV,
    MS_NOSUID,
    MS_PRIVATE,
    MS_REC,
    change_root,
    detach,
    make_read_only,
    make_without_devices,
    mount,
    setns,
    unshare,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_SHM = "/dev/shm"
_READ_ONLY = ("sys", "bus", "fs", "irq", "sysrq-trigger")  # of /proc, as in containers


class RootFileSystem:
    """Starts programs in a root directory that is mounted once and used for one step after the other.

    A step has no right to mount (``capabilities``), so the mounts serve the next one too, unless that needs others or
    the tool has removed what one was mounted on. This process, which is process 1 for the step, stays in the root.
    """

    def __init__(self) -> None:
        """Must be in a mount namespace of its own already."""
        mount(None, "/", None, MS_REC | MS_PRIVATE)
        self._outside = os.open("/proc/self/ns/mnt", os.O_RDONLY)
        self._machine = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        self._mounted: tuple[str, tuple[str, ...], tuple[str, ...]] | None = None
        self._table = -1
        self._shm_bytes = 0
        self._seclusion = Seclusion()
        self.own_proc = self._can_mount_proc()

    def spawn(self, spec: dict[str, Any], logs: Sequence[int]) -> int:
        """Start ``spec["argv"]`` as the first process of a step, with its logs as standard output and error.

        Raises OSError when that is not possible.
        """
        wanted = (spec["root"], tuple(spec["binds"]), tuple(spec["shown"]))
        if self._mounted != wanted or not self._is_intact(spec["root"]):
            self._mount(*wanted, spec["shm_bytes"])
            self._mounted = wanted
        elif self._shm_bytes != spec["shm_bytes"]:
            self._renew_shm(spec["shm_bytes"])
        unshare(CLONE_NEWIPC)  # segments and queues of System V outlive who made them
        os.chdir(spec["cwd"])
        try:
            if spec["network"]:
                return start_program(spec["argv"], spec["env"], logs)
            return self._seclusion.start(lambda: start_program(spec["argv"], spec["env"], logs))
        finally:
            os.chdir("/")

    def listen(self, port: int) -> int:
        """The descriptor of a socket on the loopback interface of steps that are to have no network.

        Raises OSError where network namespaces are refused.
        """
        return self._seclusion.listen(port)

    def kill_all(self) -> None:
        """Kill all of this PID namespace but process 1, which this is (anywhere else it would be the machine)."""
        if os.getpid() != 1:
            raise RuntimeError("the launcher is not process 1 of a PID namespace")
        try:
            os.kill(-1, signals.SIGKILL)
        except ProcessLookupError:
            pass

    def leave(self) -> None:
        """Let nothing of a step's shared memory be there for the next one."""
        if os.listdir(_SHM):
            self._renew_shm(self._shm_bytes)

    def _is_intact(self, root: str) -> bool:
        """Whether the mounts are as they were made: the tool may have removed what one of them was mounted on."""
        table = select.poll()
        table.register(self._table, select.POLLPRI)
        if table.poll(0):
            return False
        try:
            return os.path.samestat(os.stat(root.lstrip("/"), dir_fd=self._machine), os.stat("/"))
        except OSError:
            return False

    def _mount(self, root: str, binds: tuple[str, ...], shown: tuple[str, ...], shm_bytes: int) -> None:
        """Make a root in a mount namespace of its own, and enter it."""
        setns(self._outside, CLONE_NEWNS)
        self._mounted = None
        unshare(CLONE_NEWNS)
        try:
            mount(root, root, None, MS_BIND)
            make_without_devices(root)
            for path in binds:
                mount(path, root + path, None, MS_BIND | MS_REC)
                make_read_only(root + path)
            mount_devices(f"{root}/dev")
            self._mount_proc(f"{root}/proc")
            if os.path.isdir(f"{root}/var/tmp"):
                mount(f"{root}/tmp", f"{root}/var/tmp", None, MS_BIND)
            for path in shown:
                os.makedirs(root + path, exist_ok=True)
                mount(path, root + path, None, MS_BIND | MS_REC)
                make_read_only(root + path)
            change_root(root)
            self._mount_shm(shm_bytes)
        except BaseException:
            setns(self._outside, CLONE_NEWNS)
            raise
        self._watch()

    def _mount_proc(self, folder: str) -> None:
        if self.own_proc:
            mount("proc", folder, "proc", MS_NOSUID | MS_NODEV)
        else:
            mount("/proc", folder, None, MS_BIND | MS_REC)
        for name in _READ_ONLY:
            path = f"{folder}/{name}"
            if os.path.exists(path):
                mount(path, path, None, MS_BIND | MS_REC)
                make_read_only(path)

    def _renew_shm(self, size_bytes: int) -> None:
        detach(_SHM)
        self._mount_shm(size_bytes)
        self._watch()

    def _mount_shm(self, size_bytes: int) -> None:
        mount("tmpfs", _SHM, "tmpfs", MS_NOSUID | MS_NODEV, f"size={size_bytes}")
        self._shm_bytes = size_bytes

    def _watch(self) -> None:
        """From here on a change of the mount table is an event on its descriptor (proc(5), /proc/PID/mounts)."""
        if self._table >= 0:
            os.close(self._table)
        self._table = os.open("/proc/self/mountinfo", os.O_RDONLY)

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
