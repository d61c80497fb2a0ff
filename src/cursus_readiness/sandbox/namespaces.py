"""The namespaces of a launcher."""

from __future__ import annotations

import os

from cursus_readiness.sandbox.syscalls import CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, unshare


def _enter_user_namespace() -> None:
    """Become root of a new user namespace, as containers run their steps as root (user_namespaces(7))."""
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def enter_namespaces() -> bool:
    """Enter a mount namespace, and let children be in a PID namespace; whether that took a user namespace.

    Raises OSError where this is not allowed, with what was said to either way.
    """
    try:
        unshare(CLONE_NEWNS | CLONE_NEWPID)
    except OSError as refused:
        try:
            _enter_user_namespace()
            unshare(CLONE_NEWNS | CLONE_NEWPID)
        except OSError as error:
            said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
            raise OSError(error.errno, f"{refused.strerror}, in a user namespace {said}") from error
        return True
    return False
