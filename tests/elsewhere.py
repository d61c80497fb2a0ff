"""Run a command as somebody, on a machine with or without namespaces, without harm to this one; takes root and setpriv.

``python tests/elsewhere.py FOLDER UID OPT_ML NAMESPACES COMMAND...``: ``/tmp``, ``/dev/shm`` and ``/opt`` are the
command's own, made below ``FOLDER``; what of this machine is needed stays where it is, and can be read.
``FOLDER/work`` is the user's. ``OPT_ML`` is the user that ``/opt/ml`` belongs to, or ``missing``. ``NAMESPACES`` are
``allowed`` or ``refused``: then a seccomp filter answers unshare(2) as that of a container does.
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
    """Cover /tmp, /dev/shm, /opt and what not everybody may enter, in a mount namespace of this process."""
    unshare(CLONE_NEWNS)
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    needed = {str(path) for path in (REPOSITORY, folder, sys.prefix, sys.base_prefix)}
    closed = {parent for path in needed for parent in Path(path).parents if not parent.stat().st_mode & 0o001}
    needed |= {entry.path for entry in os.scandir("/opt") if entry.is_dir(follow_symlinks=False)} - {"/opt/ml"}
    tops = {"/dev/shm", "/opt", "/tmp", *map(str, closed)}
    tops = {top for top in tops if not any(top.startswith(f"{other}/") for other in tops)}
    for top in tops:
        cover = f"{folder}/cover{top}"
        os.makedirs(cover)
        for path in needed:
            if path.startswith(f"{top}/"):
                inside = cover + path.removeprefix(top)
                os.makedirs(inside, exist_ok=True)
                mount(path, inside, None, MS_BIND | MS_REC)
    for top in sorted(tops, key=lambda top: str(folder).startswith(top)):  # last the one with the covers in it
        mount(f"{folder}/cover{top}", top, None, MS_BIND | MS_REC)
        os.chmod(top, 0o1777 if top in ("/tmp", "/dev/shm") else 0o755)
    if opt_ml != "missing":
        os.mkdir("/opt/ml")
        os.chown("/opt/ml", int(opt_ml), int(opt_ml))
    os.chmod(folder, 0o755)
    os.makedirs(folder / "work")
    os.chown(folder / "work", user, user)


def main(folder: str, user: str, opt_ml: str, namespaces: str, *command: str) -> None:
    take_folders(Path(folder).resolve(), int(user), opt_ml)
    os.chdir(REPOSITORY)  # as it is seen now
    if namespaces == "refused":
        refuse_namespaces()
    if user == "0":
        os.execvp(command[0], command)
    rights = [f"--{kind}=-all" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
    os.execvp("setpriv", ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *rights, *command])


if __name__ == "__main__":
    main(*sys.argv[1:])
