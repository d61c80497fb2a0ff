"""What to do on this machine so that steps can be run in namespaces."""

from __future__ import annotations

from pathlib import Path

OPT_ML_REMEDY = 'give steps /opt/ml: `sudo install -d -o "$USER" /opt/ml`'
_SWITCHES = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),  # Ubuntu 24.04 and GitHub's runners with it
    ("kernel/unprivileged_userns_clone", "0", "1"),  # Debian 10 and older
    ("user/max_user_namespaces", "0", "15000"),  # RHEL 7
)
_CONTAINER_MARKS = (".dockerenv", "run/.containerenv", "run/secrets/kubernetes.io")
_IN_CONTAINER = (
    "start the container with `--privileged`, or with `--security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined`"
)
_ELSEWHERE = "run as root, or allow unprivileged user namespaces"


def namespace_remedy(machine: Path = Path("/")) -> str:
    """One thing to do: the switch of this kernel that forbids user namespaces, the container's options, or else root.

    ``machine`` is where the machine's files are.
    """
    in_container = any((machine / mark).exists() for mark in _CONTAINER_MARKS)
    if not in_container:
        for name, forbidding, allowing in _SWITCHES:
            if _text(machine / "proc/sys" / name) == forbidding:
                return f"`sudo sysctl -w {name.replace('/', '.')}={allowing}`"
    has_filter = "Seccomp:\t2" in _text(machine / "proc/self/status").splitlines()
    return _IN_CONTAINER if in_container or has_filter else _ELSEWHERE


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
