"""The ``/dev`` of a step: what every container has, and accelerators; no disk of the machine."""

from __future__ import annotations

import os

from cursus_readiness.sandbox.syscalls import MS_BIND, MS_NOSUID, MS_REC, make_read_only, mount

_USUAL = ("null", "zero", "full", "random", "urandom", "tty")
_ACCELERATORS = ("nvidia", "kfd", "dri", "neuron", "infiniband", "accel")
_LINKS = {"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}


def mount_devices(folder: str) -> None:
    """Mount them at ``folder``, which cannot be written to, with an empty ``shm`` to mount something on.

    Raises OSError where this is not allowed.
    """
    mount("tmpfs", folder, "tmpfs", MS_NOSUID, "size=64k,mode=755")
    for name in os.listdir("/dev"):
        if name not in _USUAL and not name.startswith(_ACCELERATORS):
            continue
        source, target = f"/dev/{name}", f"{folder}/{name}"
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
            continue
        if os.path.isdir(source):
            os.mkdir(target)
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
        mount(source, target, None, MS_BIND | MS_REC)
    for name, to in _LINKS.items():
        os.symlink(to, f"{folder}/{name}")
    for name in ("shm", "pts"):
        os.mkdir(f"{folder}/{name}")
    mount("devpts", f"{folder}/pts", "devpts", MS_NOSUID, "newinstance,ptmxmode=0666,mode=0620")
    make_read_only(folder)  # devices can be used all the same
