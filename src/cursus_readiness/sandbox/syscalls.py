"""Linux system calls that Python has no function for (before 3.12), by way of libc.

Imported by the launcher, which has to stay small: no imports that it does not have anyway.
"""

from __future__ import annotations

import _socket
import ctypes
import os
import sys

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MS_NOSUID = 0x2
MS_NODEV = 0x4
MNT_DETACH = 0x2
PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
_IFREQ_BYTES = 40
_SYS_MOUNT_SETATTR = 442
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MOUNT_ATTR_RDONLY = 0x1
_MOUNT_ATTR_NODEV = 0x4

_libc = ctypes.CDLL(None, use_errno=True)


class _MountAttr(ctypes.Structure):
    _fields_ = [
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    ]


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """unshare(2)."""
    _check(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    """setns(2)."""
    _check(_libc.setns(descriptor, kind), "setns")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2)."""
    arguments = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    options = None if data is None else os.fsencode(data)
    _check(_libc.mount(*arguments, flags, options), f"mount {target}")


def make_read_only(path: str) -> None:
    """A mount and all below it, read-only (Linux 5.12)."""
    _set_attributes(path, _MOUNT_ATTR_RDONLY, _AT_RECURSIVE)


def make_without_devices(path: str) -> None:
    """A mount on which device files are only files."""
    _set_attributes(path, _MOUNT_ATTR_NODEV, 0)


def detach(path: str) -> None:
    """umount2(2), lazily."""
    _check(_libc.umount2(os.fsencode(path), MNT_DETACH), f"umount2 {path}")


def change_root(path: str) -> None:
    """Make a mounted folder the root directory and let go of the old one: pivot_root(2), umount2(2)."""
    os.chdir(path)
    _check(_libc.syscall(_SYS_PIVOT_ROOT[os.uname().machine], b".", b"."), "pivot_root")
    _check(_libc.umount2(b".", MNT_DETACH), "umount2")
    os.chdir("/")


def prctl(option: int, value: int) -> None:
    """prctl(2) with one argument."""
    _check(_libc.prctl(option, value, 0, 0, 0), "prctl")


def bring_up(interface: str) -> None:
    """A network interface of this process's network namespace (netdevice(7)); flags that are its nature stay."""
    request = interface.encode().ljust(16, b"\0") + _IFF_UP.to_bytes(2, sys.byteorder)
    buffer = ctypes.create_string_buffer(request, _IFREQ_BYTES)
    asked = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    try:
        _check(_libc.ioctl(asked.fileno(), ctypes.c_ulong(_SIOCSIFFLAGS), buffer), f"bring up {interface}")
    finally:
        asked.close()


def _set_attributes(path: str, attributes: int, flags: int) -> None:
    """mount_setattr(2)."""
    wanted = _MountAttr(attributes, 0, 0, 0)
    result = _libc.syscall(
        _SYS_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(path), flags, ctypes.byref(wanted), ctypes.sizeof(wanted)
    )
    _check(result, f"mount_setattr {path}")
