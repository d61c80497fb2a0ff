"""Run a command on a machine that refuses namespaces, without harm to this one: takes root, and setpriv.

``python tests/refusing.py FOLDER UID OPT_ML COMMAND...``: a seccomp filter answers unshare(2) as that of a container
does, and ``/tmp``, ``/dev/shm`` and ``/opt`` are the command's own, made below ``FOLDER``. ``OPT_ML`` is the user that
``/opt/ml`` belongs to, or ``missing``. What of this machine is needed and lies below ``/tmp`` stays where it is.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

from cursus_readiness.sandbox.syscalls import (
    CLONE_NEWNS,
    MS_BIND,
    MS_PRIVATE,
    MS_REC,
    PR_SET_NO_NEW_PRIVS,
    mount,
    prctl,
    unshare,
)

REPOSITORY = Path(__file__).parents[1]
_UNSHARE = {"x86_64": 272, "aarch64": 97}
_PR_SET_SECCOMP, _FILTER = 22, 2
_LOAD_NUMBER, _SKIP_UNLESS, _RETURN = (0x20, 0, 0, 0), 0x15, 0x06
_ALLOW, _FAIL_WITH_EPERM = 0x7FFF0000, 0x00050001


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def refuse_namespaces() -> None:
    """Let unshare(2) fail from now on, for this process and all that it starts (seccomp(2), bpf in linux/filter.h)."""
    steps = (
        _LOAD_NUMBER,
        (_SKIP_UNLESS, 0, 1, _UNSHARE[os.uname().machine]),
        (_RETURN, 0, 0, _FAIL_WITH_EPERM),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = _Program(len(steps), ctypes.addressof(code))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if ctypes.CDLL(None).prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program)) != 0:
        raise OSError("the filter cannot be set")


def take_folders(folder: Path, user: int, opt_ml: str) -> None:
    """Cover /tmp, /dev/shm and /opt in a mount namespace of this process."""
    unshare(CLONE_NEWNS)
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    needed = {str(path) for path in (REPOSITORY, folder, sys.prefix, sys.base_prefix)}
    needed |= {entry.path for entry in os.scandir("/opt") if entry.is_dir(follow_symlinks=False)} - {"/opt/ml"}
    for top in ("/tmp", "/dev/shm", "/opt"):
        cover = f"{folder}{top}"
        os.makedirs(cover)
        for path in needed:
            if path.startswith(f"{top}/"):
                inside = cover + path.removeprefix(top)
                os.makedirs(inside, exist_ok=True)
                mount(path, inside, None, MS_BIND | MS_REC)
    for top in ("/dev/shm", "/opt", "/tmp"):  # /tmp last: the folder may lie below it
        mount(f"{folder}{top}", top, None, MS_BIND | MS_REC)
        os.chmod(top, 0o755 if top == "/opt" else 0o1777)
    if opt_ml != "missing":
        os.mkdir("/opt/ml")
        os.chown("/opt/ml", int(opt_ml), int(opt_ml))
    os.chmod(folder, 0o755)
    os.makedirs(folder / "work")
    os.chown(folder / "work", user, user)


def main(folder: str, user: str, opt_ml: str, *command: str) -> None:
    take_folders(Path(folder).resolve(), int(user), opt_ml)
    os.chdir(REPOSITORY)  # as it is seen now
    refuse_namespaces()
    if user == "0":
        os.execvp(command[0], command)
    rights = "-all,+dac_read_search"  # the interpreter may lie below /root
    options = [f"--{kind}={rights}" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
    os.execvp("setpriv", ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *options, *command])


if __name__ == "__main__":
    main(*sys.argv[1:])
