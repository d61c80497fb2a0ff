"""What root may do in a step: what it may in a container, by the bounding set (capabilities(7))."""

from __future__ import annotations

import errno

from cursus_readiness.sandbox.syscalls import PR_CAPBSET_DROP, prctl

# Docker's default: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, NET_RAW,
# SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP
_KEPT = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})
_NUMBERS = 64


def drop_for_children() -> None:
    """Whatever this process executes from now on has no more rights than a container's root; it keeps its own.

    Without CAP_SYS_ADMIN no step can change the mounts, and so one root can serve one step after the other; a process
    with fewer rights than the launcher can neither trace it nor look into its ``/proc``.
    """
    for number in range(_NUMBERS):
        if number in _KEPT:
            continue
        try:
            prctl(PR_CAPBSET_DROP, number)
        except OSError as error:
            if error.errno == errno.EINVAL:  # past the last that this kernel has
                return
            raise
